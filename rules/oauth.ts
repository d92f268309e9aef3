/** How access tokens of a service are got: RFC 6749, 4.4 (client credentials) and 6 (refresh token). */
export interface OAuthGrant {
  /** Whose token it is: who uses it, such as `int_crm` or `event/sale_completed`. Not a secret. */
  owner: string;
  tokenUrl: string;
  clientId: string;
  clientSecret: string;
  /** What the service gave when somebody authorised Leadwire; without it the client's own credentials are enough. */
  refreshToken?: string;
  scope?: string;
  /** Where the client's credentials go. Default `body`. */
  clientIn?: 'body' | 'header';
}

export interface TokenRequest {
  headers: Record<string, string>;
  body: string;
}

/** What a token endpoint said. */
export type TokenAnswer =
  | {
      kind: 'token';
      accessToken: string;
      /** How long it is good for, in seconds. */
      expiresIn: number;
      /** Replaces the one it was got with. */
      refreshToken?: string;
    }
  /** Asking again the same way cannot help: somebody has to authorise again, or the client is wrong. */
  | { kind: 'refused'; error: string }
  | { kind: 'failed' };

/** A token whose answer does not say how long it is good for is used for this long. */
const UNKNOWN_SECONDS = 600;
/** The errors of RFC 6749, 5.2. Others are words of the service, which are kept out of logs. */
const REFUSALS = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
]);

/** The request to the token endpoint. */
export function tokenRequest({ clientId, clientSecret, refreshToken, scope, clientIn }: OAuthGrant): TokenRequest {
  const inHeader = clientIn === 'header';
  const fields = new URLSearchParams({
    grant_type: refreshToken === undefined ? 'client_credentials' : 'refresh_token',
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    ...(scope === undefined ? {} : { scope }),
    ...(inHeader ? {} : { client_id: clientId, client_secret: clientSecret }),
  });
  // 2.3.1: both are form-encoded before they become a name and a password.
  const basic = Buffer.from(`${formEncode(clientId)}:${formEncode(clientSecret)}`).toString('base64');
  return {
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      ...(inHeader ? { authorization: `Basic ${basic}` } : {}),
    },
    body: fields.toString(),
  };
}

/** Reads the answer of a token endpoint; its body as it was parsed. */
export function readTokenAnswer(status: number, body: unknown): TokenAnswer {
  const { access_token: token, refresh_token: next, expires_in: seconds, error } = membersOf(body);
  if (status >= 200 && status < 300 && typeof token === 'string' && token !== '') {
    const lifetime = Number(seconds);
    return {
      kind: 'token',
      accessToken: token,
      expiresIn: Number.isFinite(lifetime) && lifetime > 0 ? lifetime : UNKNOWN_SECONDS,
      ...(typeof next === 'string' && next !== '' ? { refreshToken: next } : {}),
    };
  }
  if (typeof error === 'string' && REFUSALS.has(error)) return { kind: 'refused', error };
  return { kind: 'failed' };
}

function membersOf(body: unknown): Record<string, unknown> {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
}

function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}
