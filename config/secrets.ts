import { LRUCache } from 'lru-cache';
import { LeadwireError } from '../errors/leadwire-error.ts';
import type { AuditModel } from '../models/audit.ts';
import type { Secret, SecretModel } from '../models/secret.ts';
import { recordChange } from './audit.ts';
import { keyIdOf, seal, unseal } from './sealing.ts';

const CACHE_MS = 1000;

export interface SecretName {
  integration: string;
  name: string;
  updatedAt: Date;
  /** False when the value was encrypted under another key than this process holds. */
  readable: boolean;
}

export interface SecretStore {
  /** Encrypts and stores a value, replacing an earlier one. */
  set(integrationId: string, name: string, value: string, by: string): Promise<void>;
  /**
   * The values of the named credentials, at most a second old. Throws `secret_missing` naming every one that has no
   * value, `secret_key_missing` when they were encrypted under another key.
   */
  forIntegration(integrationId: string, names: readonly string[]): Promise<Record<string, string>>;
  /** Names and dates; never a value. */
  list(): Promise<SecretName[]>;
}

export interface SecretStoreDeps {
  models: { secrets: SecretModel; audit: AuditModel };
  /** 32 bytes. Without it the first use of a value fails. */
  key: Buffer | undefined;
  now?: () => number;
}

/** Integration credentials, encrypted under the deployment's key with each value bound to its own name. */
export function createSecretStore({ models, key, now = Date.now }: SecretStoreDeps): SecretStore {
  const currentKeyId = key && keyIdOf(key);
  // What is kept is the ciphertext; a value lives as long as its caller needs it.
  const cache = new LRUCache<string, Promise<Map<string, Secret>>>({
    max: 5000,
    ttl: CACHE_MS,
    ttlResolution: 0,
    perf: { now },
  });

  function requireKey(): Buffer {
    if (!key) throw new LeadwireError('secret_key_missing');
    return key;
  }

  const open = (secret: Secret) => unseal(requireKey(), secret._id, secret);

  async function load(integrationId: string): Promise<Map<string, Secret>> {
    // A range over _id stays on its index on every server; ';' is the character after ':'.
    const range = { $gte: `${integrationId}:`, $lt: `${integrationId};` };
    const found = await models.secrets.find({ _id: range }).lean<Secret[]>();
    return new Map(found.map((secret) => [nameOf(secret._id), secret]));
  }

  function cached(integrationId: string): Promise<Map<string, Secret>> {
    const known = cache.get(integrationId);
    if (known) return known;
    const loading = load(integrationId);
    cache.set(integrationId, loading);
    loading.catch(() => cache.delete(integrationId));
    return loading;
  }

  return {
    async set(integrationId, name, value, by) {
      const _id = `${integrationId}:${name}`;
      const at = new Date(now());
      const encrypted = seal(requireKey(), _id, value);
      await models.secrets.updateOne({ _id }, { $set: { ...encrypted, updatedAt: at } }, { upsert: true });
      await recordChange(models.audit, { at, who: by, what: 'secret', kind: 'set', id: _id });
      cache.delete(integrationId);
    },

    async forIntegration(integrationId, names) {
      if (names.length === 0) return {};
      const stored = await cached(integrationId);
      const missing = names.filter((name) => !stored.has(name));
      if (missing.length > 0) {
        const list = missing.join(', ');
        throw new LeadwireError('secret_missing', { message: `${integrationId} has no value for: ${list}` });
      }
      return Object.fromEntries(names.map((name) => [name, open(stored.get(name) as Secret)]));
    },

    async list() {
      const found = await models.secrets.find({}, { keyId: 1, updatedAt: 1 }).sort({ _id: 1 }).lean<Secret[]>();
      return found.map(({ _id, keyId, updatedAt }) => ({
        integration: _id.slice(0, _id.indexOf(':')),
        name: nameOf(_id),
        updatedAt,
        readable: keyId === currentKeyId,
      }));
    },
  };
}

function nameOf(id: string) {
  return id.slice(id.indexOf(':') + 1);
}
