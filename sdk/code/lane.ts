import type { ConnectorOperation } from '../../schema/connector.ts';
import type { CallFailure, CallMessage, CallOutcome } from './messages.ts';

/** Why a call was not even made: too many wait, or the connector's code is left alone for a while. */
export type Refusal = 'busy' | 'paused' | 'closed';

/** A call on its way. */
export interface Call extends Pick<CallMessage, 'half' | 'args'> {
  operation: ConnectorOperation;
  lane: Lane;
  settle(outcome: CallOutcome | { failed: Refusal }): void;
  /** When whoever asked is told that it takes too long. */
  patience?: NodeJS.Timeout;
  /** Made while no other is: it may be the one that the process was lost over. */
  alone?: boolean;
}

/** What one connector is asked, one call after the other. */
export interface Lane {
  readonly connector: string;
  readonly queue: Call[];
  running?: Call;
  script(): Promise<string>;
  /** Functions that it turned out not to have. */
  readonly absent: Set<string>;
  /** When its code last brought its thread down, in milliseconds. */
  strikes: number[];
}

/** What brings a thread down, and a new one up. */
const FATAL: readonly (CallFailure | Refusal)[] = ['deadline', 'memory', 'exit', 'load'];
const REMEMBERED_MS = 60_000;
const FREE = 5;
const PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** Notes what a call came to, as far as it decides whether there will be another thread. */
export function strike(lane: Lane, failed: CallFailure, now: number): void {
  if (!FATAL.includes(failed)) return;
  lane.strikes = [...lane.strikes.filter((at) => at > now - REMEMBERED_MS), now].slice(-20);
}

/**
 * Whether its code is left alone: a thread costs time to start. The first five times within a minute the next call gets
 * another one at once; after that there is a pause, from half a second, doubled each time up to 30 seconds.
 */
export function isPaused({ strikes }: Lane, now: number): boolean {
  const recent = strikes.filter((at) => at > now - REMEMBERED_MS);
  if (recent.length <= FREE) return false;
  const pauseMs = Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** (recent.length - FREE - 1));
  return now < (recent.at(-1) ?? 0) + pauseMs;
}
