import { setTimeout as delay } from 'node:timers/promises';
import type { SellerKey } from '../../config/key-holder.ts';
import type { AuctionRecord } from '../../models/auction.ts';
import { insertFence, untilAnswered } from '../../models/fence.ts';
import type { PingRecord } from '../../models/ping.ts';
import { pingIdOf } from '../../rules/ping-id.ts';
import { newTransactionId } from '../../rules/transaction-id.ts';
import type { Campaign } from '../../schema/campaign.ts';
import type { IngressDeps, LeadSubmission } from './accept-lead.ts';
import type { LeadAnswer } from './answer.ts';
import { claimId, isClaimed } from './claims.ts';
import { beginIdempotent } from './idempotency.ts';
import { pingAnswer } from './ping-answer.ts';
import { destinationOf, payoutTermsOf, readSubmission } from './submission.ts';
import { within } from './wait.ts';

const POLL_MS = 250;

/**
 * Takes a ping in: validates what a ping needs, makes it durable, asks the buyers and answers with their bids, up to
 * the campaign's deadline. A ping claims no place among duplicates: it is no lead yet.
 */
export async function acceptPing(
  deps: IngressDeps,
  { cid, key, raw, body, idempotencyKey }: LeadSubmission & { key: SellerKey },
): Promise<LeadAnswer> {
  const configuration = deps.config.current();
  const { campaign, source, seller } = destinationOf(configuration, cid, key, body['pid']);
  const values = readSubmission(campaign, body, 'ping');
  const { deadlineMs, pingAnswer: show } = campaign.settings;
  const receivedAt = new Date();
  const begun = await beginIdempotent(
    deps.models,
    `ping/${source}:${key.mode}:${cid}`,
    idempotencyKey,
    raw,
    deadlineMs,
    { id: newTransactionId(), find: (id) => findPing(deps, id), isDone: ({ auction }) => auction !== undefined },
  );
  if (begun.replay) return pingAnswer(begun.replay.ping, begun.replay.auction, show, deps.publicUrl);
  const ping: PingRecord = {
    _id: pingIdOf(begun.id),
    lead: begun.id,
    campaign: cid,
    seller,
    source,
    mode: key.mode,
    revision: configuration.revision,
    ...values,
    ...payoutTermsOf(configuration, { campaign, source }),
    receivedAt,
  };
  const isDuplicate = key.mode === 'live' && (await duplicates(deps, campaign.campaign, values.fields));
  if (isDuplicate) return refuseDuplicate(deps, ping);
  const stored = await storePing(deps, ping);
  const auction = await startAndWait(deps, stored, receivedAt.getTime() + deadlineMs);
  const answer = pingAnswer(stored, auction, show, deps.publicUrl);
  if (key.mode === 'live') deps.metrics.pingAnswers.inc({ outcome: String(answer.body['outcome']) });
  return answer;
}

/** Whether the campaign wants its pings checked, and had this lead before. A ping that lacks one of the fields is none. */
async function duplicates(
  { models, pepper }: IngressDeps,
  campaign: Campaign,
  fields: PingRecord['fields'],
): Promise<boolean> {
  const { dedupe } = campaign;
  if (dedupe?.pings !== 'check' || dedupe.fields.some((name) => fields[name] === undefined)) return false;
  return isClaimed(models, claimId(campaign, fields, pepper), dedupe.against);
}

/** Answers a ping for a lead that the campaign had: nobody is asked, and the answer is kept as that of any other ping. */
async function refuseDuplicate(deps: IngressDeps, ping: PingRecord): Promise<LeadAnswer> {
  const { models, records, metrics, publicUrl } = deps;
  const fenced = await insertFence(
    models.pings,
    ping,
    (found) => found.receivedAt.getTime() === ping.receivedAt.getTime(),
  );
  const stored = fenced.ours ? ping : fenced.record;
  const nobody = { prepared: [], captured: {}, participants: [], ranked: [], dropped: [] };
  const { lead, revision } = stored;
  const refused = { _id: `${stored._id}:1`, lead, revision, at: new Date(), ...nobody, duplicate: true as const };
  const auction = await insertFence<AuctionRecord>(models.auctions, refused, () => false);
  const answered = auction.ours ? refused : auction.record;
  records.rememberAuction(answered);
  const answer = pingAnswer(stored, answered, 'best', publicUrl);
  metrics.pingAnswers.inc({ outcome: String(answer.body['outcome']) });
  return answer;
}

/** A ping and, once it is answered, its auction. */
export async function findPing(
  { models, records }: Pick<IngressDeps, 'models' | 'records'>,
  transactionId: string,
): Promise<{ ping: PingRecord; auction?: AuctionRecord } | null> {
  const id = pingIdOf(transactionId);
  const [ping, auction] = await Promise.all([
    untilAnswered(() => models.pings.findById(id).lean().exec()),
    records.findAuction(`${id}:1`),
  ]);
  return ping && { ping, ...(auction ? { auction } : {}) };
}

/** Both writes at once: a row without its ping is dropped, and without the row nothing has been answered yet. */
async function storePing({ models, outbox }: IngressDeps, ping: PingRecord): Promise<PingRecord> {
  const [fenced] = await Promise.all([
    insertFence(models.pings, ping, (found) => found.receivedAt.getTime() === ping.receivedAt.getTime()),
    outbox.write({ _id: `ping:${ping.lead}`, kind: 'ping', lead: ping.lead, at: new Date() }),
  ]);
  return fenced.ours ? ping : fenced.record;
}

async function startAndWait(deps: IngressDeps, ping: PingRecord, deadline: number): Promise<AuctionRecord | undefined> {
  deps.records.rememberPing(ping);
  const asking = deps.beginPing(ping.lead);
  const starting = deps.outbox.startLead({ ...ping, _id: ping.lead }, 'ping');
  try {
    const auction = await within(asking, deadline);
    await deps.outbox.keepPace(starting, deadline);
    return auction;
  } catch {
    return pollAuction(deps, `${ping._id}:1`, deadline);
  }
}

/** Asking the buyers failed here; the workflow asks again. */
async function pollAuction({ records }: IngressDeps, id: string, deadline: number): Promise<AuctionRecord | undefined> {
  while (Date.now() < deadline) {
    const found = await records.findAuction(id).catch(() => undefined);
    if (found) return found;
    await delay(POLL_MS);
  }
  return undefined;
}
