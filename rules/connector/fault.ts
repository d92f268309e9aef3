import { LeadwireError } from '../../errors/leadwire-error.ts';

/** Longest code that a connector may say; with more digits it could be somebody's number. */
const MAX_LENGTH = 64;
const MAX_DIGITS = 3;

/**
 * The code of a connector could not go on: it said so with a ConnectorError, or it failed. `reason` is what records and
 * operators see: `connector_failed`, with what the connector said behind a colon (`connector_failed:service_down`).
 */
export class ConnectorFault extends LeadwireError {
  /** Whether asking again later may help. What failed without saying so may work again: another version, more time. */
  override readonly retryable: boolean;
  readonly reason: string;

  constructor({ said, retryable = true }: { said?: unknown; retryable?: boolean } = {}) {
    super('connector_failed');
    this.retryable = retryable;
    this.reason = isCode(said) && said !== this.code ? `${this.code}:${said}` : this.code;
  }
}

/** What a function threw, as far as it may be known. A ConnectorError is told by its name: connectors bring their own. */
export function faultOf(error: unknown): LeadwireError {
  if (error instanceof LeadwireError) return error;
  if (!(error instanceof Error) || error.name !== 'ConnectorError') return new ConnectorFault();
  const { code, retryable } = error as { code?: unknown; retryable?: unknown };
  return new ConnectorFault({ said: code, retryable: retryable === true });
}

function isCode(said: unknown): said is string {
  if (typeof said !== 'string' || said.length > MAX_LENGTH || !/^[a-z][a-z0-9_]*$/.test(said)) return false;
  return said.replace(/\D/g, '').length <= MAX_DIGITS;
}
