import type { AccessTokenModel } from '../models/access-token.ts';
import type { ApiKey, ApiKeyModel, KeySecret } from '../models/api-key.ts';
import { insertFence, untilAnswered } from '../models/fence.ts';
import type { AuditModel } from '../models/audit.ts';
import { LeadwireError } from '../errors/leadwire-error.ts';
import { recordChange } from './audit.ts';
import type { KeyHolder } from './key-holder.ts';
import { createKeyLookup, holderOf, type Grant } from './key-lookup.ts';
import type { KeyOrder } from './key-order.ts';
import { hashOf, newKey, newKeyId, newSigningSecret, newToken } from './key-text.ts';
import { seal } from './sealing.ts';

export { KEY_KINDS, mayRead } from './key-holder.ts';
export type { BrowserKey, BuyerKey, KeyHolder, KeyKind, OperatorKey, SellerKey } from './key-holder.ts';
export type { Grant } from './key-lookup.ts';
export type { KeyOrder } from './key-order.ts';

/** How long an access token is good, at most. */
const TOKEN_MS = 3_600_000;

/** A key's secrets as they are handed out, this once. */
export interface IssuedKey {
  id: string;
  key: string;
  /** What its requests have to be signed with. */
  signingSecret?: string;
}

export type ListedKey = KeyHolder & {
  networks: readonly string[];
  createdAt: Date;
  revokedAt: Date | null;
  /** While a rotation overlaps: until when the last secret before it is good. */
  oldUntil: Date | null;
};

export interface ApiKeys {
  /** Makes a key. This is the only time anyone sees it: only its hash is stored. */
  create(order: KeyOrder): Promise<IssuedKey>;
  /**
   * Gives a key a new secret; those before it are good for another `overlapMs`. `undefined` when there is no such key,
   * or it was revoked.
   */
  rotate(id: string, overlapMs: number, by: string): Promise<IssuedKey | undefined>;
  /** What a key or an access token gives; `undefined` when it is unknown, expired or revoked. At most 1.5 s old. */
  lookup(credential: string): Promise<Grant | undefined>;
  /** Hands out an access token, good for an hour and no longer than the key and the secret it was asked with. */
  issueToken(grant: Grant): Promise<{ token: string; expiresAt: Date }>;
  /** False when there is no such key or it was revoked before. Its tokens end with it. */
  revoke(id: string, by: string): Promise<boolean>;
  list(): Promise<ListedKey[]>;
}

export interface ApiKeysDeps {
  models: { apiKeys: ApiKeyModel; accessTokens: AccessTokenModel; audit: AuditModel };
  /** Seals what requests are signed with. Without it no key can demand signatures. */
  secretKey?: Buffer | undefined;
  now?: () => number;
}

/** The keys that the API is used with. */
export function createApiKeys({ models, secretKey, now = Date.now }: ApiKeysDeps): ApiKeys {
  const { lookup, forget } = createKeyLookup({ models, secretKey, now });

  function issue(id: string, signed: boolean, createdAt: Date): { issued: IssuedKey; secret: KeySecret } {
    const key = newKey(id);
    const secret: KeySecret = { hash: hashOf(key), createdAt, until: null };
    if (!signed) return { issued: { id, key }, secret };
    if (!secretKey) throw new LeadwireError('secret_key_missing', { message: 'Signing needs LEADWIRE_SECRET_KEY' });
    const signingSecret = newSigningSecret();
    return { issued: { id, key, signingSecret }, secret: { ...secret, signing: seal(secretKey, id, signingSecret) } };
  }

  const audit = (kind: string, id: string, who: string, at: Date) =>
    recordChange(models.audit, { at, who, what: 'api_key', kind, id });

  return {
    lookup,

    async create({ by, signed = false, networks, expiresAt, mode, ...holder }) {
      const createdAt = new Date(now());
      const id = newKeyId(holder.kind, mode);
      const { issued, secret } = issue(id, signed, createdAt);
      const record = { _id: id, ...holder, mode, signed, ...(networks?.length ? { networks } : {}), secrets: [secret] };
      const dates = { createdAt, expiresAt: expiresAt ?? null, revokedAt: null };
      await models.apiKeys.create({ ...record, turn: 0, ...dates } as ApiKey);
      await audit('created', id, by, createdAt);
      forget();
      return issued;
    },

    async rotate(id, overlapMs, by) {
      for (;;) {
        const at = new Date(now());
        const found = await models.apiKeys.findById(id).lean<ApiKey>();
        if (!found || found.revokedAt) return undefined;
        const { issued, secret } = issue(id, found.signed, at);
        const { modifiedCount } = await models.apiKeys.updateOne(
          { _id: id, turn: found.turn, revokedAt: null },
          { $set: { secrets: [...ending(found.secrets, at.getTime(), overlapMs), secret] }, $inc: { turn: 1 } },
        );
        if (modifiedCount === 0) continue; // Somebody else rotated or revoked it meanwhile.
        await audit('rotated', id, by, at);
        forget();
        return issued;
      }
    },

    async issueToken({ holder: { id }, secret, until: end }) {
      const token = newToken();
      const until = new Date(Math.min(now() + TOKEN_MS, end?.getTime() ?? Infinity));
      const record = { _id: hashOf(token), key: id, secret, expiresAt: until };
      await insertFence(models.accessTokens, record, () => true);
      return { token, expiresAt: until };
    },

    async revoke(id, by) {
      const at = new Date(now());
      const { modifiedCount } = await untilAnswered(() =>
        models.apiKeys.updateOne({ _id: id, revokedAt: null }, { $set: { revokedAt: at } }).exec(),
      );
      if (modifiedCount === 0) return false;
      await audit('revoked', id, by, at);
      forget();
      return true;
    },

    async list() {
      const found = await models.apiKeys.find().sort({ createdAt: 1 }).lean<ApiKey[]>();
      return found.map((record) => ({
        ...holderOf(record),
        networks: record.networks ?? [],
        createdAt: record.createdAt,
        revokedAt: record.revokedAt,
        oldUntil: lastEnd(record.secrets, now()),
      }));
    },
  };
}

/** The secrets so far: each ends with the overlap, if it does not end before; what has ended is dropped. */
function ending(secrets: readonly KeySecret[], now: number, overlapMs: number): KeySecret[] {
  return secrets
    .map((secret) => ({ ...secret, until: new Date(Math.min(secret.until?.getTime() ?? Infinity, now + overlapMs)) }))
    .filter(({ until }) => until.getTime() > now);
}

function lastEnd(secrets: readonly KeySecret[], now: number): Date | null {
  const ends = secrets.flatMap(({ until }) => (until && until.getTime() > now ? [until.getTime()] : []));
  return ends.length > 0 ? new Date(Math.max(...ends)) : null;
}
