import { timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { LeadwireError } from '../errors/leadwire-error.ts';
import type { AccessToken, AccessTokenModel } from '../models/access-token.ts';
import type { ApiKey, ApiKeyModel, KeySecret } from '../models/api-key.ts';
import type { KeyHolder } from './key-holder.ts';
import { hashOf, isToken, keyIdIn } from './key-text.ts';
import { createNetworkList } from './network-list.ts';
import { unseal } from './sealing.ts';

const CACHE_MS = 1500;

/** What a key, or a token asked with it, gives its bearer. */
export interface Grant {
  holder: KeyHolder;
  /** Hash of the secret that was shown, or that the token was asked with. */
  secret: string;
  /** When the key, this secret of it, or the token ends; null: never. */
  until: Date | null;
  /** Whether it may be used from this address. */
  admits(address: string): boolean;
  /** What its requests may be signed with. Throws `secret_key_missing`. */
  signingSecrets(): readonly string[];
}

export interface KeyLookup {
  /** What a key or an access token gives; `undefined` when it is unknown, expired or revoked. At most 1.5 s old. */
  lookup(credential: string): Promise<Grant | undefined>;
  /** Makes the next lookup read everything anew. */
  forget(): void;
}

export interface KeyLookupDeps {
  models: { apiKeys: ApiKeyModel; accessTokens: AccessTokenModel };
  /** Opens the signing secrets. */
  secretKey: Buffer | undefined;
  now: () => number;
}

interface Known {
  record: ApiKey;
  holder: KeyHolder;
  admits: Grant['admits'];
}

/** Finds keys and tokens, each by its id, and keeps what it found, also that there is none, for 1.5 seconds. */
export function createKeyLookup({ models, secretKey, now }: KeyLookupDeps): KeyLookup {
  const keys = remembering((id) => models.apiKeys.findById(id).lean<ApiKey>().exec().then(knownOf), now);
  const tokens = remembering((hash) => models.accessTokens.findById(hash).lean<AccessToken>().exec(), now);

  function grant(known: Known | undefined, hash: string, tokenUntil: Date | null = null): Grant | undefined {
    if (!known || known.record.revokedAt || hasPassed(known.record.expiresAt)) return undefined;
    const { record, holder, admits } = known;
    const valid = record.secrets.filter(({ until }) => !hasPassed(until));
    const shown = valid.find((secret) => equal(secret.hash, hash));
    if (!shown) return undefined;
    return {
      holder,
      secret: hash,
      until: earliest([record.expiresAt, shown.until, tokenUntil]),
      admits,
      signingSecrets: () => openSigning(record._id, valid, secretKey),
    };
  }

  const hasPassed = (until: Date | null) => until !== null && until.getTime() <= now();

  return {
    async lookup(credential) {
      const id = keyIdIn(credential);
      if (id !== undefined) return grant(await keys.get(id), hashOf(credential));
      if (!isToken(credential)) return undefined;
      const token = await tokens.get(hashOf(credential));
      if (!token || hasPassed(token.expiresAt)) return undefined;
      return grant(await keys.get(token.key), token.secret, token.expiresAt);
    },
    forget() {
      keys.forget();
      tokens.forget();
    },
  };
}

function remembering<Value>(load: (id: string) => Promise<Value>, now: () => number) {
  const cache = new LRUCache<string, Promise<Value>>({ max: 20_000, ttl: CACHE_MS, ttlResolution: 0, perf: { now } });
  return {
    get(id: string): Promise<Value> {
      const known = cache.get(id);
      if (known) return known;
      const loading = load(id);
      cache.set(id, loading);
      loading.catch(() => cache.delete(id));
      return loading;
    },
    forget: () => cache.clear(),
  };
}

function knownOf(record: ApiKey | null): Known | undefined {
  if (!record) return undefined;
  const { networks } = record;
  return { record, holder: holderOf(record), admits: networks ? createNetworkList(networks) : () => true };
}

export function holderOf(record: ApiKey): KeyHolder {
  const { _id: id, kind, mode, signed, expiresAt, seller = '', source, buyer = '', origins = [] } = record;
  const held = { id, mode, signed, expiresAt };
  if (kind === 'operator') return { ...held, kind };
  if (kind === 'buyer') return { ...held, kind, buyer };
  if (kind === 'browser') return { ...held, kind, seller, source: source ?? '', origins };
  return { ...held, kind, seller, ...(source === undefined ? {} : { source }) };
}

function openSigning(id: string, secrets: readonly KeySecret[], key: Buffer | undefined): string[] {
  try {
    return secrets.flatMap(({ signing }) => {
      if (!signing) return [];
      if (!key) throw new LeadwireError('secret_key_missing');
      return [unseal(key, id, signing)];
    });
  } catch (cause) {
    // Which keys there are is nobody's business outside.
    throw new LeadwireError('secret_key_missing', { cause });
  }
}

function earliest(dates: readonly (Date | null)[]): Date | null {
  const times = dates.flatMap((date) => (date ? [date.getTime()] : []));
  return times.length > 0 ? new Date(Math.min(...times)) : null;
}

function equal(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
