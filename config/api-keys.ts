import { createHash, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { ApiKey, ApiKeyModel, KeyMode } from '../models/api-key.ts';
import type { AuditModel } from '../models/audit.ts';
import { recordChange } from './audit.ts';

const CACHE_MS = 1500;
/** `lw_live_` and 8 public digits, then the 128 secret bits. */
const KEY_FORM = /^(lw_(?:live|test)_[0-9a-f]{8})[0-9a-f]{32}$/;

/** Whom a key is for: a seller, a buyer, or a seller's page in a browser, whose key everybody can read. */
export const KEY_KINDS = ['seller', 'buyer', 'browser'] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

export interface KeyHolder {
  /** Public start of the key; safe to log. */
  id: string;
  kind: KeyKind;
  source: string;
  mode: KeyMode;
}

export interface ListedKey extends KeyHolder {
  createdAt: Date;
  revokedAt: Date | null;
}

export interface ApiKeys {
  /** Makes a key. This is the only time anyone sees it: only its hash is stored. */
  create(wanted: { source: string; mode: KeyMode; by: string }): Promise<{ key: string; id: string }>;
  /** Whom a key belongs to; `undefined` when it is unknown or revoked. At most 1.5 s old. */
  lookup(key: string): Promise<KeyHolder | undefined>;
  /** False when there is no such key or it was revoked before. */
  revoke(id: string, by: string): Promise<boolean>;
  list(): Promise<ListedKey[]>;
}

export interface ApiKeysDeps {
  models: { apiKeys: ApiKeyModel; audit: AuditModel };
  now?: () => number;
}

/** The keys sellers post with. */
export function createApiKeys({ models, now = Date.now }: ApiKeysDeps): ApiKeys {
  const cache = new LRUCache<string, Promise<KeyHolder | undefined>>({
    max: 20_000,
    ttl: CACHE_MS,
    ttlResolution: 0,
    perf: { now },
  });

  async function find(hash: string): Promise<KeyHolder | undefined> {
    const found = await models.apiKeys.findOne({ _id: hash, revokedAt: null }).lean<ApiKey>();
    return found ? { id: found.prefix, kind: 'seller', source: found.source, mode: found.mode } : undefined;
  }

  return {
    async create({ source, mode, by }) {
      const at = new Date(now());
      const id = `lw_${mode}_${randomBytes(4).toString('hex')}`;
      const key = id + randomBytes(16).toString('hex');
      await models.apiKeys.create({ _id: hashOf(key), prefix: id, source, mode, createdAt: at, revokedAt: null });
      await recordChange(models.audit, { at, who: by, what: 'api_key', kind: 'created', id });
      return { key, id };
    },

    async lookup(key) {
      if (!KEY_FORM.test(key)) return undefined;
      const hash = hashOf(key);
      const known = cache.get(hash);
      if (known) return known;
      const looking = find(hash);
      cache.set(hash, looking);
      looking.catch(() => cache.delete(hash));
      return looking;
    },

    async revoke(id, by) {
      const at = new Date(now());
      const { modifiedCount } = await models.apiKeys.updateOne(
        { prefix: id, revokedAt: null },
        { $set: { revokedAt: at } },
      );
      if (modifiedCount === 0) return false;
      await recordChange(models.audit, { at, who: by, what: 'api_key', kind: 'revoked', id });
      cache.clear();
      return true;
    },

    async list() {
      const found = await models.apiKeys.find().sort({ createdAt: 1 }).lean<ApiKey[]>();
      return found.map(({ prefix, source, mode, createdAt, revokedAt }) => ({
        id: prefix,
        kind: 'seller',
        source,
        mode,
        createdAt,
        revokedAt,
      }));
    },
  };
}

function hashOf(key: string) {
  return createHash('sha256').update(key).digest('hex');
}
