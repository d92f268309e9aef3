import type { Middleware } from 'koa';
import type { ApiKeys, Grant, KeyHolder, KeyKind } from '../../config/api-keys.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { clientAddress } from '../access/client-address.ts';
import { presentedCredential, unauthorized } from '../access/credential.ts';

export interface AccessState {
  key: KeyHolder;
  grant: Grant;
}

/**
 * Lets a request pass with a key of one of these kinds, or a token asked with one, from an address it may be used
 * from. Who it is stands in the state as soon as that is known, for the request's log.
 */
export function requireKey(keys: Pick<ApiKeys, 'lookup'>, kinds: readonly KeyKind[]): Middleware<AccessState> {
  return async (context, next) => {
    const grant = await keys.lookup(presentedCredential(context.headers));
    if (!grant) throw unauthorized('unknown_key');
    context.state.grant = grant;
    context.state.key = grant.holder;
    if (!grant.admits(clientAddress(context))) throw new LeadwireError('address_not_allowed');
    if (!kinds.includes(grant.holder.kind)) throw new LeadwireError('key_not_allowed');
    await next();
  };
}
