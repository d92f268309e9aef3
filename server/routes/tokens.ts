import { z } from 'zod';
import type { ApiKeys } from '../../config/api-keys.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { clientAddress } from '../access/client-address.ts';
import { clientKeyOf, oauthErrorMembers, wrongClient } from '../access/token-request.ts';
import { operation, type Operation } from '../api/operation.ts';

const tokenRequest = z.object({
  grant_type: z.literal('client_credentials'),
  client_id: z.string().optional().describe('Public start of the key; not with Authorization: Basic'),
  client_secret: z.string().optional().describe('The rest of the key, or all of it; not with Authorization: Basic'),
});

/** `POST /oauth/token` trades a key for an access token (RFC 6749, 4.4). */
export function tokenOperations(keys: Pick<ApiKeys, 'lookup' | 'issueToken'>): Operation[] {
  return [
    operation(
      {
        id: 'issueToken',
        method: 'post',
        path: '/oauth/token',
        tag: 'Access',
        summary: 'Trade a key for an access token: OAuth 2.0 client credentials',
        description: 'The client may authenticate with HTTP Basic instead of naming itself in the body.',
        access: [],
        headers: z.object({ authorization: z.string().optional() }),
        body: { schema: tokenRequest },
        answers: {
          200: {
            description: 'A token for Authorization: Bearer',
            schema: z.object({
              access_token: z.string(),
              token_type: z.literal('Bearer'),
              expires_in: z.int().describe('Seconds'),
            }),
          },
        },
        errors: [
          'invalid_token_request',
          'invalid_client',
          'address_not_allowed',
          'unauthorized_client',
          'unsupported_grant_type',
          'invalid_scope',
        ],
        errorMembers: oauthErrorMembers,
      },
      async ({ body, header, context }) => {
        const grant = await keys.lookup(clientKeyOf(body, header('authorization')));
        if (!grant) throw wrongClient();
        // For the log of requests: this one is the key's as well.
        context.state['key'] = grant.holder;
        if (!grant.admits(clientAddress(context))) throw new LeadwireError('address_not_allowed');
        if (grant.holder.kind === 'browser') throw new LeadwireError('unauthorized_client');
        const { token, expiresAt } = await keys.issueToken(grant);
        const seconds = Math.max(1, Math.floor((expiresAt.getTime() - Date.now()) / 1000));
        return {
          status: 200,
          headers: { 'cache-control': 'no-store', pragma: 'no-cache' },
          body: { access_token: token, token_type: 'Bearer', expires_in: seconds },
        };
      },
    ),
  ];
}
