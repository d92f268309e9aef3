import { createHash } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import type { Context, Middleware } from 'koa';
import { LRUCache } from 'lru-cache';
import type { ConfigurationRuntime } from '../../config/runtime.ts';
import type { KeyHolder } from '../../config/key-holder.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { policiesOf, rateHeaders, secondsUntil, type RatePolicy } from '../../rules/rate-window.ts';
import type { RateLimit } from '../../schema/campaign.ts';
import type { Metrics } from '../metrics.ts';
import { createLocalLimit } from './local-limit.ts';
import type { RateDecision, SharedLimit } from './shared-limit.ts';

const MINUTE_MS = 60_000;
const KEPT_CREDENTIALS = 20_000;

export interface LimitsDeps {
  shared: SharedLimit;
  config: Pick<ConfigurationRuntime, 'current'>;
  /** What holds for a key whose source, seller or buyer has no `rateLimit`. */
  defaults: Required<RateLimit>;
  /** Requests a minute of one address without a key, or with one browser key. */
  addressPerMinute: number;
  /** Refused keys a minute of one address. */
  refusedPerMinute: number;
  /** The client's address as the deployment's proxies tell it. */
  addressOf: (context: Context) => string;
  metrics: Pick<Metrics, 'rateLimited'>;
  now?: () => number;
}

/** How many requests are taken from whom: passages that operations put before their handlers. */
export interface Limits {
  /**
   * Goes before the key is looked up: an address that brought too many refused keys gets no more answers about keys
   * until the minute is over. Credentials that were good before pass: others may share the address.
   */
  refusals: Middleware;
  /** Goes after the key is known, and takes one request from what it may make. */
  keyed: Middleware;
  /** For requests without a key. */
  open: Middleware;
}

export function createLimits(deps: LimitsDeps): Limits {
  const { shared, config, defaults, addressOf, metrics, now = Date.now } = deps;
  const perAddress = createLocalLimit({ limit: deps.addressPerMinute, windowMs: MINUTE_MS }, now);
  const refused = createLocalLimit({ limit: deps.refusedPerMinute, windowMs: MINUTE_MS }, now);
  const accepted = new LRUCache<string, true>({ max: KEPT_CREDENTIALS });
  const policies = new WeakMap<object, RatePolicy[]>();

  function policiesFor(key: KeyHolder): RatePolicy[] {
    const limit = limitOf(key) ?? defaults;
    let found = policies.get(limit);
    if (!found) policies.set(limit, (found = policiesOf(limit, defaults)));
    return found;
  }

  function limitOf(key: KeyHolder): RateLimit | undefined {
    const { buyers, sources, sellers } = config.current();
    if (key.kind === 'operator') return undefined;
    if (key.kind === 'buyer') return buyers.get(key.buyer)?.rateLimit;
    return sources.get(key.source ?? '')?.rateLimit ?? sellers.get(key.seller)?.rateLimit;
  }

  function pass(context: Context, by: 'key' | 'address' | 'refusals', { admitted, standings }: RateDecision): void {
    context.set(rateHeaders(standings, now()));
    if (admitted) return;
    metrics.rateLimited.inc({ by });
    // The longest wait of those that are used up: trying sooner would be refused again.
    const resetAt = Math.max(...standings.filter(({ remaining }) => remaining <= 0).map((used) => used.resetAt));
    const seconds = Number.isFinite(resetAt) ? secondsUntil(resetAt, now()) : 1;
    throw new LeadwireError('rate_limited', { headers: { 'retry-after': String(seconds) } });
  }

  return {
    async refusals(context, next) {
      const address = networkOf(addressOf(context));
      const credential = credentialOf(context);
      const standing = refused.look(address);
      if (!standing.admitted && !accepted.has(credential)) pass(context, 'refusals', standing);
      try {
        await next();
      } catch (error) {
        if (isRefusal(error) && !context.state['counted']) {
          context.set(rateHeaders(refused.take(address).standings, now()));
        }
        throw error;
      } finally {
        if (context.state['counted']) accepted.set(credential, true);
      }
    },

    async keyed(context, next) {
      const key = context.state['key'] as KeyHolder;
      if (key.kind === 'browser')
        pass(context, 'address', perAddress.take(`${key.id} ${networkOf(addressOf(context))}`));
      pass(context, 'key', await shared.take(key.id, policiesFor(key)));
      context.state['counted'] = true;
      await next();
    },

    async open(context, next) {
      pass(context, 'address', perAddress.take(networkOf(addressOf(context))));
      await next();
    },
  };
}

function isRefusal(error: unknown): boolean {
  return error instanceof LeadwireError && (error.status === 401 || error.status === 403);
}

/** What the client presents itself with, not kept as it is. */
function credentialOf(context: Context): string {
  const presented = `${context.get('x-api-key')}\n${context.get('authorization')}`;
  return createHash('sha256').update(presented).digest('base64');
}

/** Whom an address stands for: one IPv6 client usually has a whole /64. */
function networkOf(address: string): string {
  if (!address.includes(':') || !ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed.kind() === 'ipv4' ? parsed.toString() : parsed.toNormalizedString().split(':').slice(0, 4).join(':');
}
