import { errors } from 'undici';
import type { AmbiguousCode, NotSentCode } from './contract.ts';

/** A socket that could not be opened, with the reason already known. */
export class ConnectFailure extends Error {
  override readonly name = 'ConnectFailure';
  readonly reason: NotSentCode;
  /** What the system or the TLS library called it. */
  readonly code: string | undefined;

  constructor(reason: NotSentCode, code?: string) {
    super(reason);
    this.reason = reason;
    this.code = code;
  }
}

/** The error's own code, such as `ECONNREFUSED`: never its message, which may hold addresses or names. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Why a request ended before its socket was handed over. */
export function notSentCode(error: unknown): NotSentCode {
  if (error instanceof ConnectFailure) return error.reason;
  switch (errorCode(error)) {
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return 'connect_timeout';
    case 'UND_ERR_CLOSED':
    case 'UND_ERR_DESTROYED':
      return 'pool_closed';
    case 'UND_ERR_INVALID_ARG':
    case 'UND_ERR_NOT_SUPPORTED':
      return 'invalid_header';
    default:
      return 'connect_failed';
  }
}

/** Why a request ended after its socket was handed over; `answering` once the answer's headers are in. */
export function ambiguousCode(error: unknown, answering: boolean): AmbiguousCode {
  switch (errorCode(error)) {
    case 'UND_ERR_HEADERS_OVERFLOW':
      return 'too_large';
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return 'truncated';
    case 'UND_ERR_SOCKET':
      if (error instanceof Error && error.message.startsWith('bad ')) return 'bad_response';
      return answering ? 'truncated' : 'reset';
    case 'ETIMEDOUT':
      return 'timeout';
    default:
      if (!(error instanceof errors.HTTPParserError)) return 'reset';
      // The parser's errors carry no code: a chunked body that was cut is told apart by its words.
      return error.message.includes('Invalid EOF state') ? 'truncated' : 'bad_response';
  }
}
