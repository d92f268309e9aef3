import { setTimeout as delay } from 'node:timers/promises';
import type { CodeFunctions } from '../../rules/connector/code.ts';
import type { MappingContext } from '../../rules/mapping/context.ts';
import type { ConnectorValues } from '../compile.ts';
import { credentialsIn } from './credentials.ts';
import type { Say } from './finding.ts';
import type { Output } from './output.ts';

const LATE = new Error('does not return');
const LONGEST_MS = 2_000;

/** Rejects after a while. Code that loops is beyond it: who runs that of others does so in a process of its own. */
function tooLate(signal: AbortSignal): Promise<never> {
  return delay(LONGEST_MS, undefined, { signal }).then(() => Promise.reject(LATE));
}

/**
 * Functions that say once what they throw, other than a ConnectorError, that they do not return, and what they print or
 * throw that nobody may read.
 */
export function watch(
  functions: NonNullable<ConnectorValues['functions']>,
  output: Output,
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
  const read = (printed: string, { secrets }: Pick<MappingContext, 'secrets'>, at: string) => {
    if (printed === '') return;
    for (const name of credentialsIn(printed, secrets)) say('secrets/not-logged', 'error', `prints ${name}`, at);
    say(
      'secrets/not-logged',
      'warning',
      'prints: of a real lead that would be its values, and nodes show it nowhere',
      at,
    );
  };
  const readError = (error: unknown, { secrets }: Pick<MappingContext, 'secrets'>, at: string) => {
    const { message = '', code = '' } = (error ?? {}) as { message?: unknown; code?: unknown };
    for (const name of credentialsIn(`${String(message)} ${String(code)}`, secrets))
      say('secrets/never-shown', 'error', `gives ${name} away in what it throws`, at);
  };
  const guard = <Args extends unknown[], Result>(
    call: ((...args: Args) => Result) | undefined,
    at: string,
    contextOf: (...args: Args) => MappingContext,
  ) =>
    call &&
    (async (...args: Args): Promise<Awaited<Result>> => {
      const limit = new AbortController();
      const printed = { text: '' };
      const context = contextOf(...args);
      try {
        if (stuck.has(at)) throw LATE;
        return await output.during(printed, () => Promise.race([call(...args), tooLate(limit.signal)]));
      } catch (error) {
        if (error === LATE) stuck.add(at);
        report(error, at);
        readError(error, context, at);
        throw error;
      } finally {
        limit.abort();
        read(printed.text, context, at);
      }
    });
  return Object.fromEntries(
    Object.entries(functions).map(([name, { request, response }]: [string, CodeFunctions]) => [
      name,
      {
        ...(request ? { request: guard(request, `${name}.request`, (context) => context) } : {}),
        ...(response ? { response: guard(response, `${name}.response`, (_, context) => context) } : {}),
      },
    ]),
  );
}
