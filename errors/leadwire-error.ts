import { ERRORS, type ErrorCode } from './registry.ts';

/** One mistake in something a person wrote: where it stands and what is wrong with it. */
export interface Issue {
  /** Dotted path from the root of what was checked, e.g. `integrations[2].post.request.url`. */
  path: string;
  code: string;
  message: string;
  /** `warning` does not stop the configuration from being saved. Default `error`. */
  severity?: 'error' | 'warning';
}

export interface ErrorDetails {
  /** Replaces the registry's message. Never holds a lead's values. */
  message?: string;
  issues?: readonly Issue[];
  /** Extra members of the answer's body, such as `missingFields`. */
  body?: Record<string, unknown>;
  headers?: Record<string, string>;
  cause?: unknown;
}

/** A fault with a code from the registry. Expected business outcomes are values, not errors. */
export class LeadwireError extends Error {
  override readonly name = 'LeadwireError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly retryable: boolean;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    super(details.message ?? ERRORS[code].message, { cause: details.cause });
    this.code = code;
    this.status = ERRORS[code].status;
    this.retryable = ERRORS[code].retryable;
    this.details = details;
  }
}
