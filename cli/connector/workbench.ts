import { previewOf } from '../../http/exchange.ts';
import type { Exchange, Outbound } from '../../http/outbound.ts';
import type { MappingContext } from '../../rules/mapping/context.ts';
import { fixtureSchema, runFixture, type Fixture, type FixtureRun, type Subject } from '../../sdk/index.ts';
import { compileConnector } from '../../sdk/compile.ts';
import { outgoing } from './record.ts';

/** What an author has filled in: a fixture that need not say yet what comes of it. */
export type Trial = Pick<Fixture, 'operation' | 'config' | 'secrets' | 'input' | 'response'>;

/** What comes of it. Secrets are masked as they are for operators. */
export interface Tried {
  request?: Pick<Exchange, 'method' | 'url' | 'requestHeaders' | 'requestBody'>;
  /** Code of why there is no request, or no result. */
  error?: string;
  result?: FixtureRun['result'];
  /** What was really answered, when it was really sent. */
  answer?: Pick<Exchange, 'status' | 'responseHeaders' | 'responseBody' | 'code' | 'durationMs'>;
}

const trialSchema = fixtureSchema.transform(({ operation, config, secrets, input, response }) => ({
  operation,
  ...{ config, secrets, input, response },
}));

/** @throws ZodError when it is none */
export function readTrial(input: unknown): Trial {
  // A fixture has a request and a result; a trial is there to find them.
  const whole = { ...(input as object), error: { code: 'not_known_yet' } };
  return trialSchema.parse(whole);
}

/** Renders the request of a trial and reads its answer, without a network. */
export async function tryOut(subject: Subject, trial: Trial): Promise<Tried> {
  const made = await make(subject, trial);
  if (!made.request) return { error: made.error };
  const { connector, functions } = subject;
  const run = connector && (await runFixture(connector, structuredClone(trial), functions));
  return {
    request: previewOf(made.request),
    ...(run?.result ? { result: run.result } : {}),
    ...(run?.error && trial.response ? { error: run.error.code } : {}),
  };
}

/** Sends the request of a trial to the real service and reads what it answers. */
export async function sendOut(subject: Subject, trial: Trial, outbound: Outbound): Promise<Tried> {
  const made = await make(subject, trial);
  if (!made.request) return { error: made.error };
  const answer = await outbound.send(made.request);
  const { status, responseHeaders, responseBody, code, durationMs } = answer.exchange();
  const answered = { status, responseHeaders, responseBody, code, durationMs };
  const shown = { request: previewOf(made.request), answer: answered };
  if (answer.kind !== 'response') return { ...shown, error: answer.code };
  const response = { status: answer.status, headers: answer.headers, body: answer.body.toString() };
  const { result, error } = await tryOut(subject, { ...trial, response });
  return { ...shown, ...(result ? { result } : {}), ...(error ? { error } : {}) };
}

async function make({ connector, functions }: Subject, trial: Trial) {
  if (!connector) return { error: 'connector_unreadable' };
  const { operation: name, config, secrets, input } = structuredClone(trial);
  const run = compileConnector(connector, { config, secrets, functions });
  const operation = run.operation(name);
  if (!operation) return { error: 'no_such_operation' };
  const context = run.context(input as Partial<MappingContext> | undefined);
  try {
    const rendered = await operation.render(context);
    return { request: { ...outgoing(rendered), secrets: Object.values(context.secrets) } };
  } catch (error) {
    const { code } = error as { code?: unknown };
    return { error: typeof code === 'string' ? code : 'connector_failed' };
  }
}
