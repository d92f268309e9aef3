import type { IncomingHttpHeaders } from 'node:http';
import { LeadwireError } from '../../errors/leadwire-error.ts';

/**
 * The key or access token that a request carries, in `x-api-key` or as `Authorization: Bearer`.
 *
 * @throws LeadwireError `missing_key`, or `conflicting_keys` when the two differ.
 */
export function presentedCredential(headers: IncomingHttpHeaders): string {
  const key = headers['x-api-key'] as string | undefined;
  const bearer = /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  if (key && bearer && key !== bearer) throw new LeadwireError('conflicting_keys');
  const presented = key || bearer;
  if (!presented) throw unauthorized('missing_key');
  return presented;
}

/** A 401 says how to authenticate (RFC 9110). */
export function unauthorized(
  code: 'missing_key' | 'unknown_key' | 'missing_signature' | 'stale_signature' | 'invalid_signature',
): LeadwireError {
  const error = code === 'missing_key' ? '' : ', error="invalid_token"';
  return new LeadwireError(code, { headers: { 'www-authenticate': `Bearer realm="leadwire"${error}` } });
}
