import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { ConnectorOperation } from '../../schema/connector.ts';
import { runFixture } from '../run-fixture.ts';
import type { Say } from './finding.ts';
import { aDelivery, answerOf, attempt, type Probe } from './probe.ts';
import type { Subject } from './subject.ts';

/** Long enough for a clock to be seen. */
const A_MOMENT_MS = 3;
const REPEATED = /^(?:request: is another one|input: was changed)/;

/** Every fixture says what happens, and those that are shown have a yes and a no of each operation. */
export async function checkFixtures({ connector, fixtures, unread, functions }: Subject, say: Say): Promise<void> {
  for (const { file, message } of unread) say('fixtures/readable', 'error', message, file);
  if (!connector) return;
  for (const { file, fixture } of fixtures) {
    const { mistakes } = await runFixture(connector, structuredClone(fixture), functions);
    for (const line of mistakes) if (!REPEATED.test(line)) say('fixtures/match', 'error', line, file);
  }
  const shown = fixtures.filter(({ kind }) => kind === 'exemplary').map(({ fixture }) => fixture);
  for (const name of Object.keys(connector.operations) as ConnectorOperation[]) {
    const outcomes = shown.filter(({ operation }) => operation === name).map(({ result }) => result?.outcome);
    for (const outcome of ['accepted', 'rejected'] as const) {
      if (outcomes.includes(outcome)) continue;
      say('fixtures/accept-and-reject', 'error', `no exemplary fixture is ${outcome}`, `operations.${name}`);
    }
  }
}

/** Asked twice, the same comes out, and what was given is as it was. */
export async function checkPurity(probe: Probe, say: Say): Promise<void> {
  const { operation, context, fixture, file } = probe;
  const before = structuredClone(context);
  const rendered = await attempt(() => operation.render(context));
  await delay(A_MOMENT_MS);
  const again = await attempt(() => operation.render(before));
  if (!isDeepStrictEqual(rendered, again)) say('deterministic', 'error', 'makes another request the second time', file);
  if (fixture.response) {
    const answer = answerOf(fixture.response);
    const kept = structuredClone({ status: answer.status, headers: answer.headers });
    const read = await attempt(() => operation.interpret(answer, context));
    const reread = await attempt(() => operation.interpret(answerOf(fixture.response ?? {}), context));
    if (!isDeepStrictEqual(read, reread)) say('deterministic', 'error', 'reads the answer otherwise again', file);
    if (!isDeepStrictEqual({ status: answer.status, headers: answer.headers }, kept))
      say('input/not-mutated', 'error', 'changes the answer that it is given', file);
  }
  const fresh = probe.withSecrets(fixture.secrets ?? {}).context;
  if (!isDeepStrictEqual(context, fresh)) say('input/not-mutated', 'error', 'changes what it is given', file);
}

const LATER = '2026-01-15T12:07:31.000Z';

/** A repetition says that it is one: the same key for the same delivery, whenever it is made, and no other's. */
export async function checkRetry(
  { name, operation, context, file }: Probe,
  idempotent: boolean,
  say: Say,
): Promise<void> {
  if (name !== 'post' && name !== 'deliver') return;
  const keyOf = async (delivery: string, now = context.now) => {
    const rendered = await attempt(() => operation.render({ ...context, now, delivery: aDelivery(delivery) }));
    // What Leadwire sends, where the mapping does not set the header itself.
    return rendered.value && (rendered.value.headers['idempotency-key'] ?? delivery);
  };
  const [first, repeated, other] = [await keyOf('dlv_one'), await keyOf('dlv_one', LATER), await keyOf('dlv_two')];
  if (first === undefined) return;
  const grade = idempotent ? 'error' : 'warning';
  if (first !== repeated) say('retry/same-key', grade, 'has another idempotency key when it is sent again', file);
  if (first === other) say('retry/same-key', grade, 'has the same idempotency key for another delivery', file);
}
