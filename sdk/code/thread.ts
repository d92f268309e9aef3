import { parentPort, workerData } from 'node:worker_threads';
import type { CodeFunctions } from '../../rules/connector/code.ts';
import { evaluateCode } from './evaluate.ts';
import { MAX_RESULT, type CallMessage, type CallOutcome } from './messages.ts';

/**
 * What runs in the thread of a connector. It is made a script of its own, since threads do not load TypeScript.
 * `console` goes nowhere: what code prints may be a lead's values.
 */
const silent = new Proxy({}, { get: () => () => undefined });
const hidden = { require: undefined, module: undefined, exports: undefined, fetch: undefined, WebSocket: undefined };
Object.assign(globalThis, hidden, { console: silent });

const port = parentPort;
const functions = load();
port?.postMessage({ loaded: functions !== undefined });
port?.on('message', (call: Pick<CallMessage, 'operation' | 'half' | 'args'>) => {
  void answer(call).then((outcome) => port.postMessage({ outcome }));
});

function load() {
  try {
    return evaluateCode((workerData as { script: string }).script);
  } catch {
    return undefined;
  }
}

async function answer({
  operation,
  half,
  args,
}: Pick<CallMessage, 'operation' | 'half' | 'args'>): Promise<CallOutcome> {
  let given: unknown;
  try {
    const own = functions?.[operation] as Record<string, unknown> | undefined;
    const call = own?.[half] as ((...args: unknown[]) => ReturnType<NonNullable<CodeFunctions['request']>>) | undefined;
    if (typeof call !== 'function') return { absent: true };
    given = await call.apply(own, JSON.parse(args) as unknown[]);
  } catch (error) {
    return declared(error) ?? { failed: 'threw' };
  }
  try {
    // A function or a symbol in it is a mistake that JSON would hide.
    const value = JSON.stringify(structuredClone(given)) as string | undefined;
    return value === undefined || value.length > MAX_RESULT ? { failed: 'result' } : { value };
  } catch {
    return { failed: 'result' };
  }
}

function declared(error: unknown): CallOutcome | undefined {
  const { name, code, retryable } = (error ?? {}) as { name?: unknown; code?: unknown; retryable?: unknown };
  if (name !== 'ConnectorError') return undefined;
  return { declared: { code: String(code), retryable: retryable === true } };
}
