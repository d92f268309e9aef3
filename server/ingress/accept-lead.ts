import { randomUUID } from 'node:crypto';
import type { BrowserKey, SellerKey } from '../../config/key-holder.ts';
import type { ConfigurationRuntime } from '../../config/runtime.ts';
import type { LeadRecords } from '../../activities/lead-records.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { Logger } from '../../log/logger.ts';
import type { AuctionRecord } from '../../models/auction.ts';
import { insertFence, untilAnswered } from '../../models/fence.ts';
import type { LeadRecord } from '../../models/lead.ts';
import type { LeadModels } from '../../models/models.ts';
import { newTransactionId } from '../../rules/transaction-id.ts';
import type { Metrics } from '../metrics.ts';
import type { OutcomeBoard } from '../outcome-board.ts';
import type { Outbox } from '../outbox.ts';
import { leadAnswer, type LeadAnswer } from './answer.ts';
import { claimHolds, claimId, claimLead, releaseClaim } from './claims.ts';
import { visitOf, withVisit, type Visit } from './click.ts';
import { beginIdempotent, isRepeated, releaseKey, type Begun } from './idempotency.ts';
import { destinationOf, payoutTermsOf, readSubmission, type Destination } from './submission.ts';
import { waitForOutcome } from './wait.ts';

export interface IngressDeps {
  models: LeadModels;
  records: LeadRecords;
  config: ConfigurationRuntime;
  board: OutcomeBoard;
  outbox: Outbox;
  /** Begins the sale before the workflow of the lead is started. */
  beginSale: (lead: string) => void;
  /** Begins to answer a ping before its workflow is started. */
  beginPing: (transactionId: string) => Promise<AuctionRecord>;
  metrics: Metrics;
  log: Logger;
  publicUrl: string;
  clockSkewMs: number;
  /** Keys the hashes by which duplicates are found. */
  pepper: string;
}

export interface LeadSubmission {
  cid: string;
  key: SellerKey | BrowserKey;
  /** The body as sent, for the idempotency key, and as read. */
  raw: Buffer;
  body: Record<string, unknown>;
  idempotencyKey: string | undefined;
}

/**
 * Takes a lead in: validates it, makes it durable, starts its workflow and waits for its outcome up to the campaign's
 * deadline. Nothing is written before everything about the request has been checked.
 */
export async function acceptLead(deps: IngressDeps, submission: LeadSubmission): Promise<LeadAnswer> {
  const { cid, key, body, idempotencyKey } = submission;
  const configuration = deps.config.current();
  if (!configuration.campaigns.has(cid)) throw new LeadwireError('unknown_campaign');
  const visit = await visitOf(deps.models, body['transaction_id'], cid, key);
  const destination = destinationOf(configuration, cid, key, body['pid'] ?? visit?.click.source);
  if (visit && destination.source !== visit.click.source) throw new LeadwireError('unknown_click');
  const values = withVisit(readSubmission(destination.campaign, body, 'post'), visit);
  const { deadlineMs, sellWithinMs } = destination.campaign.settings;
  const receivedAt = new Date();
  const scope = `${destination.source}:${key.mode}:${cid}`;
  const request = idempotencyKey === undefined ? randomUUID() : `${scope}:${idempotencyKey}`;
  const begun = await beginLead(deps, submission, { scope, request, visit, deadlineMs });
  if (begun.replay) return leadAnswer(begun.replay, deps.publicUrl);
  const lead: LeadRecord = {
    _id: begun.id,
    campaign: cid,
    seller: destination.seller,
    source: destination.source,
    mode: key.mode,
    revision: configuration.revision,
    ...values,
    ...payoutTermsOf(configuration, destination),
    ...(visit ? { click: { request } } : {}),
    receivedAt,
    sellBy: new Date(receivedAt.getTime() + sellWithinMs),
    state: 'received',
    turn: 0,
    sales: [],
  };
  const stored = await storeLead(deps, destination, lead);
  if (stored.click?.request !== lead.click?.request) {
    await releaseKey(deps.models, scope, idempotencyKey, lead._id);
    throw new LeadwireError('click_already_used');
  }
  if (stored.state === 'concluded') return leadAnswer(stored, deps.publicUrl);
  return startAndWait(deps, stored, receivedAt.getTime() + deadlineMs);
}

/** Begins the post of a lead: of a new one, of a visit's, or again of one that was posted before. */
async function beginLead(
  { models }: IngressDeps,
  { raw, idempotencyKey }: LeadSubmission,
  { scope, request, visit, deadlineMs }: { scope: string; request: string; visit?: Visit; deadlineMs: number },
): Promise<Begun<LeadRecord>> {
  const isUsed = visit?.lead && visit.lead.click?.request !== request;
  // A repeated post is answered as it was, even though its visit has a lead by now.
  if (isUsed && !(await isRepeated(models, scope, idempotencyKey))) throw new LeadwireError('click_already_used');
  return beginIdempotent(models, scope, idempotencyKey, raw, deadlineMs, {
    id: visit?.click._id ?? newTransactionId(),
    find: async (id) => {
      const found = await untilAnswered(() => models.leads.findById(id).lean().exec());
      return found?.click && found.click.request !== request ? null : found;
    },
    isDone: ({ state }) => state === 'concluded',
  });
}

/**
 * Claims the lead's place among its duplicates, then writes its outbox row and the lead itself.
 *
 * @returns the lead as it is stored: of several posts of one ping, that of the first one.
 */
export async function storeLead(
  deps: IngressDeps,
  { campaign }: Pick<Destination, 'campaign'>,
  lead: LeadRecord,
): Promise<LeadRecord> {
  const { models, outbox, clockSkewMs } = deps;
  const { dedupe } = campaign.campaign;
  // A sandbox lead neither is a duplicate nor makes one.
  const claim = lead.mode === 'test' ? undefined : claimId(campaign.campaign, lead.fields, deps.pepper);
  if (requestOf(lead) && claim) lead.claim = claim;
  const claimed = await claimLead(models, claim, lead._id, dedupe?.withinDays ?? 0, clockSkewMs, dedupe?.against);
  if (!claimed.ok) return insertLead(models, asDuplicate(lead, claimed.duplicateOf));
  let stored: LeadRecord;
  try {
    await outbox.write({
      _id: `lead:${lead._id}`,
      kind: 'lead',
      lead: lead._id,
      at: new Date(),
      ...(claim ? { claim } : {}),
    });
    stored = await insertLead(models, lead);
  } catch (error) {
    // Uncertain writes keep the claim: the sweeper may find the lead after all, or a duplicate takes the claim over.
    if (!(error instanceof LeadwireError)) await releaseClaim(models.claims, claim, lead._id);
    throw error;
  }
  if (requestOf(stored) !== requestOf(lead)) {
    // Another post of the ping, or another lead of the visit, was first. What this one claimed beside it is nobody's.
    if (claim !== stored.claim) await releaseClaim(models.claims, claim, lead._id);
    return stored;
  }
  if (!(await claimHolds(models, claim, lead._id, claimed.takenAt))) {
    return (await untilAnswered(() => models.leads.findById(lead._id).lean().exec())) ?? stored;
  }
  return stored;
}

function asDuplicate(lead: LeadRecord, duplicateOf: string): LeadRecord {
  const concluded = { state: 'concluded', outcome: 'duplicate', reason: 'duplicate', concludedAt: new Date() } as const;
  return { ...lead, ...concluded, duplicateOf };
}

async function insertLead(models: LeadModels, lead: LeadRecord): Promise<LeadRecord> {
  const fenced = await insertFence(
    models.leads,
    lead,
    (found) => found.receivedAt.getTime() === lead.receivedAt.getTime() && requestOf(found) === requestOf(lead),
  );
  return fenced.ours ? lead : fenced.record;
}

/** Which request posted the lead, for a lead whose id others may post as well. */
function requestOf({ ping, click }: LeadRecord): string | undefined {
  return ping?.request ?? click?.request;
}

/** Starts the lead's workflow and its sale, and waits for the outcome until `deadline` (epoch milliseconds). */
export async function startAndWait(deps: IngressDeps, lead: LeadRecord, deadline: number): Promise<LeadAnswer> {
  deps.records.remember(lead);
  const waiting = deps.board.expect(lead._id);
  deps.beginSale(lead._id);
  try {
    const starting = deps.outbox.startLead(lead);
    const concluded = await waitForOutcome(deps.models.leads, lead._id, waiting.concluded, deadline, {
      soldHere: true,
    });
    await deps.outbox.keepPace(starting, deadline);
    return leadAnswer({ ...lead, ...concluded }, deps.publicUrl);
  } finally {
    waiting.forget();
  }
}
