import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { seal, unseal } from '../config/sealing.ts';
import { LeadwireError } from '../errors/leadwire-error.ts';
import type { Outbound, OutboundResult } from '../http/outbound.ts';
import { insertOnce, readMajority, untilAnswered } from '../models/fence.ts';
import { native } from '../models/native.ts';
import type { OAuthTokenModel, OAuthTokenRecord } from '../models/oauth-token.ts';
import { readAnswer } from '../rules/mapping/answer.ts';
import { readTokenAnswer, tokenRequest, type OAuthGrant, type TokenAnswer } from '../rules/oauth.ts';

/** A token is renewed this long before it ends: the request that carries it is still on its way then. */
const EARLY_MS = 60_000;
const TIMEOUT_MS = 10_000;
/** Longer than a request to a token endpoint can take. */
const LEASE_MS = 30_000;
/** How long one waits for the node that is getting a token. */
const PATIENCE_MS = 15_000;
const PAUSE_MS = 100;
const MOST_KNOWN = 1000;
/** After a refusal the service is left alone for this long: what was wrong with it is not put right by asking. */
const REFUSED_MS = 10 * 60_000;

export interface OAuthTokens {
  /**
   * An access token that is good for another minute, from MongoDB or from the service.
   *
   * @throws LeadwireError `oauth_authorise_again` when the service refused, `oauth_unavailable` when it did not answer
   */
  tokenFor(grant: OAuthGrant): Promise<string>;
  /** Forgets a token that the service no longer takes, so that the next one asks for another. */
  reject(grant: OAuthGrant, token: string): Promise<void>;
}

export interface OAuthTokensDeps {
  tokens: OAuthTokenModel;
  outbound: Pick<Outbound, 'send'>;
  /** 32 bytes: tokens are kept encrypted. Without it none is got. */
  key: Buffer | undefined;
  /** How far apart the clocks of two nodes may be, in milliseconds. */
  clockSkewMs: number;
  now?: () => number;
}

/**
 * Access tokens of services, got once and used by all nodes. Services may give out a new refresh token with each access
 * token and take the old one back, so that only one node may ask at a time: the one whose lease is in the record. A node
 * that dies between the answer and its record takes the new refresh token with it; the next one is refused then, and
 * says that somebody has to authorise again.
 */
export function createOAuthTokens({
  tokens,
  outbound,
  key,
  clockSkewMs,
  now = Date.now,
}: OAuthTokensDeps): OAuthTokens {
  /** What this node knows to be good, and requests of it that wait for the same. */
  const known = new LRUCache<string, { token: string; until: number }>({ max: MOST_KNOWN });
  const waiting = new Map<string, Promise<string>>();
  const collection = native<OAuthTokenRecord>(tokens);

  function requireKey(): Buffer {
    if (!key) throw new LeadwireError('secret_key_missing');
    return key;
  }

  const open = (id: string, sealed: OAuthTokenRecord['access']) => sealed && unseal(requireKey(), id, sealed);

  async function obtain(grant: OAuthGrant, id: string): Promise<string> {
    const giveUpAt = now() + PATIENCE_MS;
    for (;;) {
      const record = await readMajority<OAuthTokenRecord>(tokens, id);
      if (!record) {
        await insertOnce(tokens, { _id: id, epoch: 0, changedAt: new Date(now()) });
        continue;
      }
      const token = open(id, record.access);
      const until = (record.expiresAt?.getTime() ?? 0) - EARLY_MS;
      if (token !== undefined && until > now()) {
        known.set(id, { token, until });
        return token;
      }
      if ((record.refusedUntil?.getTime() ?? 0) > now()) throw refused(record.refusal);
      const isHeld = record.holder !== undefined && (record.leaseUntil?.getTime() ?? 0) + clockSkewMs > now();
      if (isHeld && now() >= giveUpAt) throw new LeadwireError('oauth_unavailable');
      if (isHeld) await delay(PAUSE_MS);
      else await renew(grant, record);
    }
  }

  /** Takes the lease and asks for a token, unless somebody was faster. What comes of it stands in the record. */
  async function renew(grant: OAuthGrant, { _id, epoch, refresh }: OAuthTokenRecord): Promise<void> {
    const holder = randomUUID();
    const leaseUntil = new Date(now() + LEASE_MS);
    await untilAnswered(() =>
      collection.updateOne({ _id, epoch }, { $set: { holder, leaseUntil }, $inc: { epoch: 1 } }),
    );
    // Read back: the answer to a change that was made may be lost, and repeating it then finds nothing to change.
    const held = await readMajority<OAuthTokenRecord>(tokens, _id);
    if (held?.holder !== holder) return;
    const current = open(_id, refresh) ?? grant.refreshToken;
    const answer = await ask({ ...grant, ...(current === undefined ? {} : { refreshToken: current }) }, leaseUntil);
    await conclude(_id, holder, answer);
    if (answer.kind === 'failed') throw new LeadwireError('oauth_unavailable');
  }

  async function ask(grant: OAuthGrant, leaseUntil: Date): Promise<TokenAnswer> {
    const { headers, body } = tokenRequest(grant);
    const result: OutboundResult = await outbound.send({
      method: 'POST',
      url: grant.tokenUrl,
      headers,
      body,
      timeoutMs: TIMEOUT_MS,
      // A node that was frozen with the lease must not ask when another one may.
      sendBy: leaseUntil.getTime() - TIMEOUT_MS,
    });
    if (result.kind !== 'response') return { kind: 'failed' };
    return readTokenAnswer(result.status, readAnswer(result).body);
  }

  /** Writes what the service said; a lease that somebody else has by now is left alone. */
  async function conclude(_id: string, holder: string, answer: TokenAnswer): Promise<void> {
    const at = now();
    const end = { holder: '', leaseUntil: '' } as const;
    const update =
      answer.kind === 'token'
        ? {
            $set: {
              access: seal(requireKey(), _id, answer.accessToken),
              accessHash: hashOf(answer.accessToken),
              expiresAt: new Date(at + lifetimeMs(answer.expiresIn)),
              ...(answer.refreshToken === undefined ? {} : { refresh: seal(requireKey(), _id, answer.refreshToken) }),
              changedAt: new Date(at),
            },
            $unset: { ...end, refusal: '' as const, refusedUntil: '' as const },
          }
        : answer.kind === 'refused'
          ? {
              $set: { refusal: answer.error, refusedUntil: new Date(at + REFUSED_MS), changedAt: new Date(at) },
              $unset: end,
            }
          : { $unset: end };
    await untilAnswered(() =>
      collection.updateOne({ _id, holder }, update, { writeConcern: { w: 'majority', j: true } }),
    );
  }

  return {
    tokenFor(grant) {
      const id = idOf(grant);
      const found = known.get(id);
      if (found && found.until > now()) return Promise.resolve(found.token);
      const underWay = waiting.get(id);
      if (underWay) return underWay;
      const obtaining = obtain(grant, id).finally(() => waiting.delete(id));
      waiting.set(id, obtaining);
      return obtaining;
    },
    async reject(grant, token) {
      const id = idOf(grant);
      if (known.get(id)?.token === token) known.delete(id);
      await untilAnswered(() =>
        collection.updateOne(
          { _id: id, accessHash: hashOf(token) },
          { $unset: { access: '', accessHash: '', expiresAt: '' } },
        ),
      );
    },
  };
}

/** A token that is good for less than the time it is renewed before its end would never be. */
function lifetimeMs(seconds: number): number {
  return Math.max(seconds * 1000, EARLY_MS + 1_000);
}

function refused(error = 'invalid_grant'): LeadwireError {
  return new LeadwireError('oauth_authorise_again', { message: `The service refuses to give a token: ${error}` });
}

function idOf({ owner, tokenUrl, clientId, clientSecret, refreshToken = '', scope = '' }: OAuthGrant): string {
  return `${owner}:${hashOf(JSON.stringify([tokenUrl, clientId, clientSecret, refreshToken, scope]))}`;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
