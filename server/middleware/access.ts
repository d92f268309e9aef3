import type { Middleware } from 'koa';
import type { ApiKeys, KeyHolder } from '../../config/api-keys.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';

export interface AccessState {
  key: KeyHolder;
}

/** Lets a request pass with a seller's API key in `x-api-key`. */
export function requireKey(keys: ApiKeys): Middleware<AccessState> {
  return async (context, next) => {
    const presented = context.get('x-api-key');
    if (!presented) throw new LeadwireError('missing_key');
    const key = await keys.lookup(presented);
    if (!key) throw new LeadwireError('unknown_key');
    context.state.key = key;
    await next();
  };
}
