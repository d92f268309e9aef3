import type { Context } from 'koa';
import type { ApiKeys, BrowserKey } from '../../config/api-keys.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { clientAddress } from '../access/client-address.ts';
import { unauthorized } from '../access/credential.ts';
import { checkOrigin } from './origins.ts';

/**
 * Whose page asks: a publishable key may stand in the address, so that browsers ask without a preflight. Any other kind
 * of key there would be a secret given away.
 *
 * @throws LeadwireError `unknown_key`, `key_not_allowed`, `address_not_allowed`, `origin_not_allowed`
 */
export async function pageKey(
  keys: Pick<ApiKeys, 'lookup'>,
  credential: string,
  context: Context,
): Promise<BrowserKey> {
  const grant = await keys.lookup(credential);
  if (!grant) throw unauthorized('unknown_key');
  if (!grant.admits(clientAddress(context))) throw new LeadwireError('address_not_allowed');
  if (grant.holder.kind !== 'browser') throw new LeadwireError('key_not_allowed');
  checkOrigin(grant.holder, context.get('origin'));
  return grant.holder;
}
