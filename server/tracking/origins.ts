import type { Middleware } from 'koa';
import type { KeyHolder } from '../../config/key-holder.ts';
import type { ConfigurationRuntime } from '../../config/runtime.ts';
import type { AccessState } from '../middleware/access.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';

const REQUEST_HEADERS = 'content-type, idempotency-key, x-api-key';
const ANSWER_HEADERS = 'retry-after, ratelimit-limit, ratelimit-remaining, ratelimit-reset, x-request-id';
/** How long a browser may remember what a preflight was answered, in seconds. */
const REMEMBERED_S = 600;

/** Where the campaign of a request stands: its path, or for operations without one, any campaign's pages may ask. */
function campaignIn(path: string, pattern: string): string | undefined {
  const at = pattern.split('/').indexOf('{cid}');
  return at < 0 ? undefined : path.split('/')[at];
}

/**
 * Lets pages of other origins talk to an operation: those the campaign in its path lists, and no other. The key of a
 * page may come from fewer; `checkOrigin` sees to that. Preflight requests end here.
 *
 * @throws LeadwireError `origin_not_allowed` for the preflight of a page that is not listed.
 */
export function answerPages(
  config: Pick<ConfigurationRuntime, 'current'>,
  { method, path }: { method: string; path: string },
): Middleware {
  return async (context, next) => {
    context.vary('Origin');
    const origin = context.get('origin');
    const listed = origin !== '' && isListed(config, campaignIn(context.path, path), origin);
    if (listed) {
      context.set('access-control-allow-origin', origin);
      context.set('access-control-expose-headers', ANSWER_HEADERS);
    }
    const asks = context.method === 'OPTIONS' && origin !== '' && context.get('access-control-request-method') !== '';
    if (!asks) return next();
    if (!listed) throw new LeadwireError('origin_not_allowed');
    context.set('access-control-allow-methods', method.toUpperCase());
    context.set('access-control-allow-headers', REQUEST_HEADERS);
    context.set('access-control-max-age', String(REMEMBERED_S));
    context.status = 204;
  };
}

function isListed(config: Pick<ConfigurationRuntime, 'current'>, cid: string | undefined, origin: string): boolean {
  const { campaigns } = config.current();
  const asked = cid === undefined ? [...campaigns.values()] : [campaigns.get(cid)];
  return asked.some((found) => found?.campaign.tracking?.allowedOrigins?.includes(origin));
}

/**
 * Holds a page's key to its origins. A browser tells the truth about where a page is from; somebody else's program need
 * not, which is why such a key can submit and nothing else.
 *
 * @throws LeadwireError `origin_not_allowed`
 */
export function checkOrigin(key: KeyHolder, origin: string): void {
  if (key.kind === 'browser' && !key.origins.includes(origin)) throw new LeadwireError('origin_not_allowed');
}

/** Lets a request pass whose key is not a page's, or comes from one of its pages. */
export function requireOrigin(): Middleware<AccessState> {
  return async (context, next) => {
    checkOrigin(context.state.key, context.get('origin'));
    await next();
  };
}
