import type { Issue } from '../../errors/leadwire-error.ts';

/** What a check knows about the integration that the operation belongs to. */
export interface Known {
  /** Names of its secrets. */
  secrets: readonly string[];
  /** The names a path can start with. Default those of an integration's request. */
  roots?: readonly string[];
}

/** Takes down one mistake; `at` is relative to the operation. */
export type Report = (at: string, code: string, message: string, severity?: Issue['severity']) => void;
