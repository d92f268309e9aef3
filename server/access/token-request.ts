import { keyOf } from '../../config/key-text.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';

/**
 * The key that a client credentials request (RFC 6749, 4.4) names, by Basic authentication or in the body.
 *
 * @throws LeadwireError `invalid_token_request`, `unsupported_grant_type`, `invalid_scope`, `invalid_client`.
 */
export function clientKeyOf(body: Record<string, unknown>, authorization: string | undefined): string {
  const grantType = textIn(body, 'grant_type');
  if (grantType === undefined) throw malformed('grant_type is missing');
  if (grantType !== 'client_credentials') throw new LeadwireError('unsupported_grant_type');
  if (textIn(body, 'scope') !== undefined) throw new LeadwireError('invalid_scope');
  const [id, secret] = [textIn(body, 'client_id'), textIn(body, 'client_secret')];
  if (authorization !== undefined && secret !== undefined) {
    throw malformed('Send the client either in the body or as Authorization: Basic');
  }
  const client = authorization === undefined ? { id, secret } : basicClient(authorization);
  if (client.id === undefined || client.secret === undefined) throw wrongClient();
  // RFC 6749, 3.2.1: a client may name itself in the body as well.
  if (id !== undefined && id !== client.id) throw malformed('client_id is not the client that authenticated');
  const key = keyOf(client.id, client.secret);
  if (key === undefined) throw wrongClient();
  return key;
}

/** RFC 6749, 5.2: a refused client is told which authentication is known. */
export function wrongClient(): LeadwireError {
  return new LeadwireError('invalid_client', { headers: { 'www-authenticate': 'Basic realm="leadwire"' } });
}

const OAUTH_NAMES: Readonly<Record<string, string>> = {
  invalid_client: 'invalid_client',
  address_not_allowed: 'invalid_client',
  unauthorized_client: 'unauthorized_client',
  unsupported_grant_type: 'unsupported_grant_type',
  invalid_scope: 'invalid_scope',
};

/** The members that RFC 6749, 5.2 asks of an error answer. */
export function oauthErrorMembers(error: LeadwireError): { error: string; error_description: string } {
  const name = OAUTH_NAMES[error.code] ?? (error.retryable ? 'temporarily_unavailable' : 'invalid_request');
  return { error: name, error_description: error.message };
}

/** An empty parameter is the same as none (RFC 6749, 3.2). */
function textIn(body: Record<string, unknown>, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw malformed(`${name} is no text`);
  return value;
}

function basicClient(authorization: string): { id?: string; secret?: string } {
  const encoded = /^basic +([A-Za-z0-9+/=]+) *$/i.exec(authorization)?.[1];
  if (encoded === undefined) return {};
  const [id, ...secret] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  try {
    return { id: formDecoded(id ?? ''), secret: formDecoded(secret.join(':')) };
  } catch {
    return {};
  }
}

/** RFC 6749, 2.3.1: both are form-encoded before they go into Basic. */
function formDecoded(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}

function malformed(message: string): LeadwireError {
  return new LeadwireError('invalid_token_request', { message });
}
