import { z } from 'zod';

/** Names of the secrets that an access token is got with. */
export const OAUTH_SECRETS = ['client_id', 'client_secret', 'refresh_token'] as const;

/** A service whose access tokens Leadwire gets and renews by itself (OAuth 2.0). */
export const oauthSchema = z
  .strictObject({
    tokenUrl: z.string().max(500).describe('Token endpoint of the service'),
    grant: z
      .enum(['refresh_token', 'client_credentials'])
      .describe('refresh_token: somebody has authorised Leadwire. client_credentials: the client stands for itself'),
    scope: z.string().min(1).max(500).optional(),
    clientIn: z
      .enum(['body', 'header'])
      .optional()
      .describe('Where the token request names the client: as form fields (default) or by Basic authentication'),
  })
  .describe(
    'Access token of the service, seen as secrets.access_token; got with the secrets client_id, client_secret and, by grant, refresh_token',
  );
export type OAuthSettings = z.infer<typeof oauthSchema>;

/** The secrets that have to be there. */
export function oauthSecrets({ grant }: OAuthSettings): readonly string[] {
  return grant === 'refresh_token' ? OAUTH_SECRETS : OAUTH_SECRETS.filter((name) => name !== 'refresh_token');
}
