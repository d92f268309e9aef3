import type { Issue } from '../../errors/leadwire-error.ts';

/** What a check knows about the integration that the operation belongs to. */
export interface Known {
  /** Names of its secrets. */
  secrets: readonly string[];
  /** The names a path can start with. Default those of an integration's request. */
  roots?: readonly string[];
  /** The host of every address is compared with a list before anything is sent, so that it may come from a lead. */
  gated?: boolean;
}

/** Takes down one mistake; `at` is relative to the operation. */
export type Report = (at: string, code: string, message: string, severity?: Issue['severity']) => void;
