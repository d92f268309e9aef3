import { hashOfValues, type ClaimRecord } from '../../models/claim.ts';
import { insertFence, untilAnswered } from '../../models/fence.ts';
import type { LeadModels } from '../../models/models.ts';
import type { LeadRecord } from '../../models/lead.ts';
import type { Campaign } from '../../schema/campaign.ts';

/** How long a claim may stand without its lead: longer than an insert ever takes on a healthy node. */
export const LEASE_MS = 5_000;
const POLL_MS = 100;
const DAY_MS = 86_400_000;

export type Claimed = { ok: true; claim?: string; takenAt: number } | { ok: false; duplicateOf: string };

/** Id of the claim on a lead's place among its duplicates: a keyed hash, so that nothing can be read from it. */
export function claimId(campaign: Campaign, fields: LeadRecord['fields'], pepper: string): string | undefined {
  if (!campaign.dedupe) return undefined;
  const values = campaign.dedupe.fields.map((field) => fields[field]);
  // A lead without the values is nobody's duplicate.
  if (values.every((value) => value === undefined)) return undefined;
  return `${campaign.id}:${hashOfValues(pepper, [campaign.id, ...values])}`;
}

/**
 * Claims a lead's place. Of two racing duplicates one gets it: the other waits until the first one's lead is there, or
 * takes the claim over when that lead never came.
 */
export async function claimLead(
  models: LeadModels,
  id: string | undefined,
  lead: string,
  withinDays: number,
  clockSkewMs: number,
  against: 'all' | 'sold' = 'all',
): Promise<Claimed> {
  if (id === undefined) return { ok: true, takenAt: Date.now() };
  for (;;) {
    const now = Date.now();
    const claim: ClaimRecord = {
      _id: id,
      lead,
      leaseUntil: new Date(now + LEASE_MS),
      until: new Date(now + withinDays * DAY_MS),
    };
    const fenced = await insertFence(models.claims, claim, (found) => found.lead === lead);
    if (fenced.ours) return { ok: true, claim: id, takenAt: now };
    const decided = await contest(models, claim, fenced.record, clockSkewMs, against);
    if (decided === 'taken') return { ok: true, claim: id, takenAt: now };
    if (decided === 'duplicate') return { ok: false, duplicateOf: fenced.record.lead };
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function contest(
  { claims, leads }: LeadModels,
  claim: ClaimRecord,
  found: ClaimRecord,
  clockSkewMs: number,
  against: 'all' | 'sold',
): Promise<'taken' | 'duplicate' | 'again'> {
  const now = Date.now();
  const holder = await untilAnswered(() => leads.findById(found.lead, { outcome: 1 }).lean().exec());
  const ended = now > found.until.getTime() + clockSkewMs || (against === 'sold' && wentUnsold(holder));
  if (holder && !ended) return 'duplicate';
  if (!holder && now <= found.leaseUntil.getTime() + clockSkewMs) return 'again';
  const taken = await untilAnswered(() =>
    claims.updateOne(
      { _id: claim._id, lead: found.lead },
      { $set: { lead: claim.lead, leaseUntil: claim.leaseUntil, until: claim.until } },
    ),
  );
  if (taken.matchedCount === 0) return 'again';
  return ended || (await fenceOff(leads, found.lead, claim.lead)) ? 'taken' : giveBack(claims, claim, found);
}

/** A lead that nobody bought, and nobody will: where only sold leads count, its place is free. */
function wentUnsold(holder: Pick<LeadRecord, 'outcome'> | null): boolean {
  return holder?.outcome === 'rejected' || holder?.outcome === 'expired';
}

/**
 * Whether a lead or ping with these values would be a duplicate now, claiming nothing. What is still being taken in
 * does not count yet.
 */
export async function isClaimed(
  { claims, leads }: LeadModels,
  id: string | undefined,
  against: 'all' | 'sold' = 'all',
): Promise<boolean> {
  if (id === undefined) return false;
  const found = await untilAnswered(() => claims.findById(id).lean().exec());
  if (!found || found.until.getTime() <= Date.now()) return false;
  const holder = await untilAnswered(() => leads.findById(found.lead, { outcome: 1 }).lean().exec());
  return holder !== null && !(against === 'sold' && wentUnsold(holder));
}

/**
 * The holder may have inserted its lead while we took its claim. Its lead record decides: either we make it a duplicate
 * before it goes on, or it has gone on and keeps the place.
 */
async function fenceOff(leads: LeadModels['leads'], holder: string, rival: string): Promise<boolean> {
  const current = await untilAnswered(() => leads.findById(holder, { outcome: 1, state: 1 }).lean().exec());
  if (!current || current.outcome === 'duplicate') return true;
  const fenced = await untilAnswered(() =>
    leads.updateOne({ _id: holder, state: 'received', verified: { $exists: false } }, { $set: duplicateOf(rival) }),
  );
  return fenced.matchedCount > 0;
}

async function giveBack(claims: LeadModels['claims'], claim: ClaimRecord, found: ClaimRecord): Promise<'duplicate'> {
  const { lead, leaseUntil, until } = found;
  await untilAnswered(() =>
    claims.updateOne({ _id: claim._id, lead: claim.lead }, { $set: { lead, leaseUntil, until } }),
  );
  return 'duplicate';
}

/**
 * After the lead is inserted: does its claim still hold? Within half the lease nobody can have taken it. Later the
 * record is asked, and marked so that a rival can no longer fence it off.
 */
export async function claimHolds(
  { claims, leads }: LeadModels,
  claim: string | undefined,
  lead: string,
  takenAt: number | undefined,
): Promise<boolean> {
  if (claim === undefined) return true;
  if (takenAt !== undefined && Date.now() - takenAt < LEASE_MS / 2) return true;
  const holder = await untilAnswered(() => claims.findById(claim).lean().exec());
  if (holder?.lead !== lead) {
    await untilAnswered(() =>
      leads.updateOne(
        { _id: lead, state: 'received', verified: { $exists: false } },
        { $set: duplicateOf(holder?.lead) },
      ),
    );
    return false;
  }
  const verified = await untilAnswered(() =>
    leads.updateOne({ _id: lead, state: 'received' }, { $set: { verified: true } }),
  );
  return verified.matchedCount > 0;
}

/** Gives a claim back when its lead could not be stored. */
export async function releaseClaim(
  claims: LeadModels['claims'],
  claim: string | undefined,
  lead: string,
): Promise<void> {
  if (claim !== undefined) await claims.deleteOne({ _id: claim, lead });
}

/** What makes a stored lead a duplicate of another one. */
function duplicateOf(lead: string | undefined) {
  const concluded = { state: 'concluded', outcome: 'duplicate', reason: 'duplicate', concludedAt: new Date() } as const;
  return { ...concluded, ...(lead === undefined ? {} : { duplicateOf: lead }) };
}
