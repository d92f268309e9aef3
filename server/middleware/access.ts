import type { Middleware } from 'koa';
import type { ApiKeys, KeyHolder, KeyKind } from '../../config/api-keys.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';

export interface AccessState {
  key: KeyHolder;
}

/** Lets a request pass with an API key of one of these kinds in `x-api-key`. */
export function requireKey(keys: ApiKeys, kinds: readonly KeyKind[]): Middleware<AccessState> {
  return async (context, next) => {
    const presented = context.get('x-api-key');
    if (!presented) throw new LeadwireError('missing_key');
    const key = await keys.lookup(presented);
    if (!key) throw new LeadwireError('unknown_key');
    if (!kinds.includes(key.kind)) throw new LeadwireError('key_not_allowed');
    context.state.key = key;
    await next();
  };
}
