import { z } from 'zod';

const value = (about: string) => z.string().min(1).max(2000).describe(`${about} (Handlebars over config and secrets)`);
const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'must be the name of a header');

const oauth = {
  tokenUrl: value('Where tokens are issued'),
  clientId: value('Client id'),
  clientSecret: value('Client secret'),
  clientIn: z
    .enum(['body', 'header'])
    .optional()
    .describe('Where the token request names the client: as form fields (default) or by Basic authentication'),
  scope: value('Scopes, separated by spaces').optional(),
};

/** How requests are authenticated. Leadwire does it once a request is rendered, so no mapping has to. */
export const authenticationSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind: z.literal('custom') }).describe('The mappings or the request function do it themselves'),
  z.strictObject({
    kind: z.literal('api_key'),
    in: z.enum(['header', 'query']),
    name: z.string().min(1).max(200).describe('Name of the header or parameter'),
    value: value('The key, with what goes before it'),
  }),
  z.strictObject({ kind: z.literal('basic'), username: value('User'), password: value('Password').optional() }),
  z.strictObject({ kind: z.literal('bearer'), token: value('Token') }),
  z.strictObject({
    kind: z.literal('oauth2_client_credentials'),
    ...oauth,
  }),
  z.strictObject({
    kind: z.literal('oauth2_refresh_token'),
    ...oauth,
    refreshToken: value('Refresh token that someone was given when they authorised it'),
  }),
  z.strictObject({
    kind: z.literal('hmac'),
    secret: value('Key of the HMAC'),
    algorithm: z.enum(['sha1', 'sha256', 'sha512']).optional().describe('Default sha256'),
    encoding: z.enum(['hex', 'base64']).optional().describe('Of the signature. Default hex'),
    content: z
      .string()
      .min(1)
      .max(500)
      .optional()
      .describe('What is signed, of {{method}}, {{path}}, {{timestamp}} and {{body}}. Default {{body}}'),
    header: headerName.describe('Header that carries the signature'),
    prefix: z.string().max(100).optional().describe('Before the signature, such as sha256='),
    timestampHeader: headerName.optional().describe('Header that carries {{timestamp}}, seconds since 1970'),
  }),
]);
export type Authentication = z.infer<typeof authenticationSchema>;

/**
 * A host that may be called: `api.acme.example`, with * for a part without dots (`*.acme.example`), with a port where it
 * is not the usual one, or `{{config.<name>}}` for the host that an integration's configuration names.
 */
export const hostSchema = z
  .string()
  .max(300)
  .refine((host) => isHostPattern(host), 'must be a host such as api.acme.example, *.acme.example or {{config.host}}');

const CONFIGURED = /\{\{config\.[a-z][a-zA-Z0-9_]*\}\}/g;

function isHostPattern(host: string): boolean {
  const [, name = '', port] = /^(.*?)(:\d{1,5})?$/.exec(host.replace(CONFIGURED, 'x')) ?? [];
  const isName = /^(?:[a-z0-9-]+|\*|[a-z0-9-]*\*[a-z0-9-]*)(?:\.[a-z0-9*-]+)*$/.test(name);
  // A pattern of stars alone would allow every host there is.
  return (isName || /^\[[0-9a-f:.]+\]$/.test(name)) && /[a-z0-9]/.test(name.split('.').at(-1) ?? '') && port !== ':';
}
