/**
 * Something that should not be: a response that no mapping can make sense of, an upstream that is down. A buyer's "no"
 * is none: it is a result. The message is for the author; neither it nor the code may hold values of a lead.
 */
export class ConnectorError extends Error {
  override readonly name = 'ConnectorError';
  /** Lower case and `_`, such as `rate_limited`. */
  readonly code: string;
  /** Whether asking again later may help. */
  readonly retryable: boolean;

  constructor(code: string, { retryable = false, message = code }: { retryable?: boolean; message?: string } = {}) {
    super(message);
    this.code = /^[a-z][a-z0-9_]{0,63}$/.test(code) ? code : 'connector_failed';
    this.retryable = retryable;
  }
}
