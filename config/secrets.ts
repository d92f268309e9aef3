import { LRUCache } from 'lru-cache';
import { LeadwireError } from '../errors/leadwire-error.ts';
import type { AuditModel } from '../models/audit.ts';
import type { Sealed, Secret, SecretModel } from '../models/secret.ts';
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
  /** Takes a value away; false when there was none. */
  remove(integrationId: string, name: string, by: string): Promise<boolean>;
  /**
   * The values of the named credentials, at most a second old. Throws `secret_missing` naming every one that has no
   * value, `secret_key_missing` when they were encrypted under another key.
   */
  forIntegration(integrationId: string, names: readonly string[]): Promise<Record<string, string>>;
  /** Encrypts a text that is to be read later under the same name; undefined in a deployment without a key. */
  seal(name: string, text: string): Sealed | undefined;
  /** @throws LeadwireError `secret_key_missing` */
  unseal(name: string, sealed: Sealed): string;
  /** Names and dates, of one integration or of all; never a value. */
  list(integrationId?: string): Promise<SecretName[]>;
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
    const found = await models.secrets.find({ _id: ownedBy(integrationId) }).lean<Secret[]>();
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

    async remove(integrationId, name, by) {
      const _id = `${integrationId}:${name}`;
      const { deletedCount } = await models.secrets.deleteOne({ _id });
      if (deletedCount === 0) return false;
      await recordChange(models.audit, { at: new Date(now()), who: by, what: 'secret', kind: 'removed', id: _id });
      cache.delete(integrationId);
      return true;
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

    seal: (name, text) => key && seal(key, name, text),
    unseal: (name, sealed) => unseal(requireKey(), name, sealed),

    async list(integrationId) {
      const filter = integrationId === undefined ? {} : { _id: ownedBy(integrationId) };
      const found = await models.secrets.find(filter, { keyId: 1, updatedAt: 1 }).sort({ _id: 1 }).lean<Secret[]>();
      return found.map(({ _id, keyId, updatedAt }) => ({
        integration: _id.slice(0, _id.indexOf(':')),
        name: nameOf(_id),
        updatedAt,
        readable: keyId === currentKeyId,
      }));
    },
  };
}

/** A range over _id stays on its index on every server; ';' is the character after ':'. */
function ownedBy(integrationId: string) {
  return { $gte: `${integrationId}:`, $lt: `${integrationId};` };
}

function nameOf(id: string) {
  return id.slice(id.indexOf(':') + 1);
}
