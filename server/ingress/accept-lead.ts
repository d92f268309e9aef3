import type { KeyHolder } from '../../config/api-keys.ts';
import type { ConfigurationRuntime } from '../../config/runtime.ts';
import type { LeadRecords } from '../../activities/lead-records.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { Logger } from '../../log/logger.ts';
import { insertFence, untilAnswered } from '../../models/fence.ts';
import type { LeadRecord } from '../../models/lead.ts';
import type { LeadModels } from '../../models/models.ts';
import type { Metrics } from '../metrics.ts';
import type { OutcomeBoard } from '../outcome-board.ts';
import type { Outbox } from '../outbox.ts';
import { leadAnswer, type LeadAnswer } from './answer.ts';
import { claimHolds, claimId, claimLead, releaseClaim } from './claims.ts';
import { beginIdempotent } from './idempotency.ts';
import { destinationOf, readSubmission, type Destination } from './submission.ts';
import { waitForOutcome } from './wait.ts';

export interface IngressDeps {
  models: LeadModels;
  records: LeadRecords;
  config: ConfigurationRuntime;
  board: OutcomeBoard;
  outbox: Outbox;
  /** Begins the sale while the workflow of the lead is being started. */
  beginSale: (lead: string) => void;
  metrics: Metrics;
  log: Logger;
  publicUrl: string;
  clockSkewMs: number;
  /** Keys the hashes by which duplicates are found. */
  pepper: string;
}

export interface LeadSubmission {
  cid: string;
  key: KeyHolder;
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
  const { cid, key, raw, body, idempotencyKey } = submission;
  const configuration = deps.config.current();
  const destination = destinationOf(configuration, cid, key);
  const values = readSubmission(destination.campaign, body);
  const { deadlineMs, sellWithinMs } = destination.campaign.settings;
  const receivedAt = new Date();
  const begun = await beginIdempotent(
    deps.models,
    `${key.source}:${key.mode}:${cid}`,
    idempotencyKey,
    raw,
    deadlineMs + 5_000,
  );
  if (begun.replay) return leadAnswer(begun.replay, deps.publicUrl);
  const lead: LeadRecord = {
    _id: begun.transactionId,
    campaign: cid,
    seller: destination.seller,
    source: destination.source,
    mode: key.mode,
    revision: configuration.revision,
    ...values,
    receivedAt,
    sellBy: new Date(receivedAt.getTime() + sellWithinMs),
    state: 'received',
    turn: 0,
    sales: [],
  };
  const stored = await storeLead(deps, destination, lead);
  if (stored.state === 'concluded') return leadAnswer(stored, deps.publicUrl);
  return startAndWait(deps, stored, receivedAt.getTime() + deadlineMs);
}

/** Claims the lead's place among its duplicates, then writes its outbox row and the lead itself. */
async function storeLead(deps: IngressDeps, { campaign }: Destination, lead: LeadRecord): Promise<LeadRecord> {
  const { models, outbox, clockSkewMs } = deps;
  const { dedupe } = campaign.campaign;
  // A sandbox lead neither is a duplicate nor makes one.
  const claim = lead.mode === 'test' ? undefined : claimId(campaign.campaign, lead.fields, deps.pepper);
  const claimed = await claimLead(models, claim, lead._id, dedupe?.withinDays ?? 0, clockSkewMs);
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
    (found) => found.receivedAt.getTime() === lead.receivedAt.getTime(),
  );
  return fenced.ours ? lead : fenced.record;
}

async function startAndWait(deps: IngressDeps, lead: LeadRecord, deadline: number): Promise<LeadAnswer> {
  deps.records.remember(lead);
  const waiting = deps.board.expect(lead._id);
  deps.beginSale(lead._id);
  try {
    const eager = await deps.outbox.startLead(lead);
    const concluded = await waitForOutcome(deps.models.leads, lead._id, waiting.concluded, deadline, eager);
    return leadAnswer({ ...lead, ...concluded }, deps.publicUrl);
  } finally {
    waiting.forget();
  }
}
