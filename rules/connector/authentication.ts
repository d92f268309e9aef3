import { createHmac } from 'node:crypto';
import type { Authentication } from '../../schema/authentication.ts';
import type { MappingContext } from '../mapping/context.ts';
import { escapeHeader, escapeUrl } from '../mapping/escape.ts';
import type { OAuthGrant } from '../oauth.ts';
import type { RenderedRequest } from '../mapping/request.ts';
import { compileTemplate, type Template } from '../mapping/template.ts';

/** Adds what proves who asks. Changes neither argument. */
export type Authenticate = (request: RenderedRequest, context: MappingContext) => RenderedRequest;

/** The secret that holds the access token of an integration that gets one by OAuth 2.0. */
export const ACCESS_TOKEN = 'access_token';

/** Compiles how requests are authenticated; undefined where there is nothing to add. */
export function compileAuthentication(authentication: Authentication): Authenticate | undefined {
  switch (authentication.kind) {
    case 'none':
    case 'custom':
      return undefined;
    case 'api_key': {
      const value = compileTemplate(authentication.value, 'text');
      return authentication.in === 'header'
        ? addHeader(authentication.name, value)
        : addParameter(authentication.name, value);
    }
    case 'basic': {
      const username = compileTemplate(authentication.username, 'text');
      const password = compileTemplate(authentication.password ?? '', 'text');
      return addHeader('authorization', (context) => basic(username(context), password(context)));
    }
    case 'bearer': {
      const token = compileTemplate(authentication.token, 'text');
      return addHeader('authorization', (context) => `Bearer ${token(context)}`);
    }
    case 'oauth2_client_credentials':
    case 'oauth2_refresh_token':
      // Some services want the token after another word: a mapping that writes the header itself says which.
      return unlessWritten(
        'authorization',
        addHeader('authorization', ({ secrets }) => `Bearer ${secrets[ACCESS_TOKEN] ?? ''}`),
      );
    case 'hmac':
      return sign(authentication);
  }
}

/**
 * How the access token of an integration is got, for those that need one.
 *
 * @param owner the integration's id
 */
export function compileGrant(authentication: Authentication | undefined, owner: string) {
  if (!authentication || !('tokenUrl' in authentication)) return undefined;
  const template = (text: string) => compileTemplate(text, 'text');
  const { scope, clientIn } = authentication;
  const tokenUrl = template(authentication.tokenUrl);
  const clientId = template(authentication.clientId);
  const clientSecret = template(authentication.clientSecret);
  const renderScope = scope === undefined ? undefined : template(scope);
  const refreshToken = 'refreshToken' in authentication ? template(authentication.refreshToken) : undefined;
  return (context: Pick<MappingContext, 'config' | 'secrets'>): OAuthGrant => ({
    owner,
    tokenUrl: tokenUrl(context),
    clientId: clientId(context),
    clientSecret: clientSecret(context),
    ...(refreshToken ? { refreshToken: refreshToken(context) } : {}),
    ...(renderScope ? { scope: renderScope(context) } : {}),
    ...(clientIn === undefined ? {} : { clientIn }),
  });
}

/** Credentials of HTTP basic authentication. */
export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function addHeader(name: string, value: (context: MappingContext) => string): Authenticate {
  const header = name.toLowerCase();
  return (request, context) => ({
    ...request,
    headers: { ...request.headers, [header]: escapeHeader(value(context)).trim() },
  });
}

function unlessWritten(header: string, authenticate: Authenticate): Authenticate {
  return (request, context) => (request.headers[header] === undefined ? authenticate(request, context) : request);
}

function addParameter(name: string, value: Template): Authenticate {
  const parameter = `${escapeUrl(name)}=`;
  return (request, context) => ({
    ...request,
    url: `${request.url}${request.url.includes('?') ? '&' : '?'}${parameter}${escapeUrl(value(context))}`,
  });
}

function sign(authentication: Extract<Authentication, { kind: 'hmac' }>): Authenticate {
  const { algorithm = 'sha256', encoding = 'hex', content = '{{body}}', prefix = '' } = authentication;
  const header = authentication.header.toLowerCase();
  const timestampHeader = authentication.timestampHeader?.toLowerCase();
  const secret = compileTemplate(authentication.secret, 'text');
  return (request, context) => {
    const { pathname, search } = new URL(request.url);
    const timestamp = String(Math.floor(Date.parse(context.now) / 1000));
    const parts: Record<string, string> = {
      method: request.method,
      path: pathname + search,
      timestamp,
      body: request.body ?? '',
    };
    const signed = content.replace(/\{\{(method|path|timestamp|body)\}\}/g, (_, name: string) => parts[name] ?? '');
    const signature = createHmac(algorithm, secret(context)).update(signed).digest(encoding);
    return {
      ...request,
      headers: {
        ...request.headers,
        [header]: prefix + signature,
        ...(timestampHeader === undefined ? {} : { [timestampHeader]: timestamp }),
      },
    };
  };
}
