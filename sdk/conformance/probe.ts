import { setTimeout as delay } from 'node:timers/promises';
import type { CodeFunctions } from '../../rules/connector/code.ts';
import type { MappingContext } from '../../rules/mapping/context.ts';
import type { Answer, CompiledOperation } from '../../rules/mapping/operation.ts';
import type { Connector, ConnectorOperation } from '../../schema/connector.ts';
import { compileConnector, type ConnectorValues } from '../compile.ts';
import type { Fixture } from '../fixture.ts';
import type { NamedFixture } from '../read-fixtures.ts';
import { withToken } from '../run-fixture.ts';
import type { Say } from './finding.ts';
import type { Subject } from './subject.ts';

/** An operation of the connector with the values of one fixture. */
export interface Probe {
  name: ConnectorOperation;
  file: string;
  fixture: Fixture;
  operation: CompiledOperation;
  context: MappingContext;
  /** The same operation with other credentials, and what it sees then. */
  withSecrets(secrets: Record<string, string>): Pick<Probe, 'operation' | 'context'>;
}

/** A delivery as posts and follow-ups see it. */
export function aDelivery(id: string): NonNullable<MappingContext['delivery']> {
  const token = `token-of-${id}`;
  return { id, token, idempotency_key: id, postback_url: `https://leadwire.example/api/postback/${token}` };
}

/** The fixtures that can be run. */
export function probesOf({ connector, fixtures, functions }: Subject): Probe[] {
  if (!connector) return [];
  return fixtures.flatMap((named) => probeOf(connector, named, functions) ?? []);
}

function probeOf(
  connector: Connector,
  named: NamedFixture,
  functions: ConnectorValues['functions'],
): Probe | undefined {
  const { fixture, file } = named;
  const { operation: name, config, secrets = {}, input = {} } = fixture;
  const withSecrets = (given: Record<string, string>) => {
    const run = compileConnector(connector, { config, secrets: withToken(connector, given), functions });
    const operation = run.operation(name);
    return operation && { operation, context: run.context(structuredClone(input) as Partial<MappingContext>) };
  };
  const first = withSecrets(secrets);
  // The operation is there whatever the credentials are.
  return first && { name, file, fixture, ...first, withSecrets: (given) => withSecrets(given) ?? first };
}

const LATE = new Error('does not return');
const LONGEST_MS = 2_000;

/** Rejects after a while. Code that loops is beyond it: who runs that of others does so in a process of its own. */
function tooLate(signal: AbortSignal): Promise<never> {
  return delay(LONGEST_MS, undefined, { signal }).then(() => Promise.reject(LATE));
}

/** Functions that say once what they throw, other than a ConnectorError, and that they do not return. */
export function watch(
  functions: NonNullable<ConnectorValues['functions']>,
  say: Say,
): NonNullable<ConnectorValues['functions']> {
  const said = new Set<string>();
  const stuck = new Set<string>();
  const report = (error: unknown, at: string) => {
    if (error instanceof Error && error.name === 'ConnectorError') return;
    if (said.has(at)) return;
    said.add(at);
    const kind = error instanceof Error ? error.name : typeof error;
    const what = error === LATE ? 'does not return' : `throws a ${kind}: throw a ConnectorError, or give a result`;
    say('faults/declared', 'error', what, at);
  };
  const guard = <Args extends unknown[], Result>(call: ((...args: Args) => Result) | undefined, at: string) =>
    call &&
    (async (...args: Args): Promise<Awaited<Result>> => {
      const limit = new AbortController();
      try {
        if (stuck.has(at)) throw LATE;
        return await Promise.race([call(...args), tooLate(limit.signal)]);
      } catch (error) {
        if (error === LATE) stuck.add(at);
        report(error, at);
        throw error;
      } finally {
        limit.abort();
      }
    });
  return Object.fromEntries(
    Object.entries(functions).map(([name, { request, response }]: [string, CodeFunctions]) => [
      name,
      {
        ...(request ? { request: guard(request, `${name}.request`) } : {}),
        ...(response ? { response: guard(response, `${name}.response`) } : {}),
      },
    ]),
  );
}

/** What came of a call: its value, or the code of the fault. */
export async function attempt<Value>(work: () => Promise<Value>): Promise<{ value?: Value; fault?: string }> {
  try {
    return { value: await work() };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return { fault: typeof code === 'string' ? code : 'connector_failed' };
  }
}

/** The answer of a fixture as the outbound client hands it over. */
export function answerOf({ status = 200, headers = {}, body = '' }: NonNullable<Fixture['response']>): Answer {
  return { status, headers, body: Buffer.from(textOf(body)) };
}

/** The body of a fixture's answer as it goes over the line. */
export function textOf(body: NonNullable<Fixture['response']>['body'] = ''): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}
