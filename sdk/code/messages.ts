import type { ConnectorOperation } from '../../schema/connector.ts';

/** One call of one function. Values go as JSON text: what comes out of the thread is plain, and its size is known. */
export interface CallMessage {
  id: number;
  /** `leadwire-connector-acme@1.4.2` */
  connector: string;
  operation: ConnectorOperation;
  half: 'request' | 'response';
  /** The arguments, a list. */
  args: string;
  /** Its script, when the process does not have it yet. */
  script?: string;
}

/** Why a call came to nothing, where the connector did not say so itself. */
export type CallFailure =
  /** Took longer than it may. */
  | 'deadline'
  /** Took more memory than it may. */
  | 'memory'
  /** Ended its thread. */
  | 'exit'
  /** Its script does not load, or not in time. */
  | 'load'
  /** Threw something else than a ConnectorError. */
  | 'threw'
  /** Gave what cannot be handed over: a function, a loop, too much of it. */
  | 'result';

/** What came of a call. */
export type CallOutcome =
  | { value: string }
  /** There is no such function. */
  | { absent: true }
  /** A ConnectorError. */
  | { declared: { code: string; retryable: boolean } }
  | { failed: CallFailure };

export interface OutcomeMessage {
  id: number;
  outcome: CallOutcome;
  /** A thread was started for it. */
  started?: boolean;
}

/** Characters of arguments and of results, as JSON. An answer of a service has at most 1 MB, and is there twice. */
export const MAX_ARGUMENTS = 8_000_000;
export const MAX_RESULT = 1_000_000;
