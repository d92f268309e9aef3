import type { AuctionRecord, Participant, StandingBid } from '../../models/auction.ts';
import type { ClickRecord } from '../../models/click.ts';
import type { DeliveryRecord } from '../../models/delivery.ts';
import type { EventRecord } from '../../models/event.ts';
import { untilAnswered } from '../../models/fence.ts';
import { followUpId, type FollowUpRecord } from '../../models/follow-up.ts';
import type { LeadRecord } from '../../models/lead.ts';
import type { ListingAskRecord } from '../../models/listing-ask.ts';
import type { ListingOfferRecord } from '../../models/listing-offer.ts';
import type { LeadModels } from '../../models/models.ts';
import { native } from '../../models/native.ts';
import type { PingRecord } from '../../models/ping.ts';
import type { PortalRecord } from '../../models/portal.ts';
import type { PostbackRecord } from '../../models/postback.ts';
import { pingIdOf } from '../../rules/ping-id.ts';
import type { ActivityDeps } from '../deps.ts';
import type { SealedValues } from '../follow-up-subject.ts';
import { blankRequests } from './blank-requests.ts';
import { changeWithdrawal, readWithdrawal, type Withdrawal, type WithdrawalStep } from './record.ts';

const READ_AGAIN = 10;

/**
 * Blanks every value of the person in what we keep of a lead, a ping or a visit. What those who are told need is kept
 * encrypted until they know. Harmless to repeat: what was blanked stays so, and what came since goes too.
 */
export async function blankLead(deps: ActivityDeps, withdrawal: Withdrawal): Promise<WithdrawalStep> {
  const record = await readWithdrawal(deps, withdrawal);
  const told = record.told ?? [];
  // Once it is blanked there is nothing left to seal.
  if (told.length > 0 && !record.sealed && !record.blankedAt) {
    const name = `withdrawal/${record._id}`;
    const sealed = deps.secrets.seal(name, JSON.stringify(await valuesOf(deps.models, record.lead, told)));
    if (sealed) await changeWithdrawal(deps, record, { sealed });
  }
  const blanked = await blankRecords(deps.models, record.lead);
  deps.records.forget(record.lead);
  await changeWithdrawal(deps, record, record.blankedAt ? {} : { blankedAt: new Date(), blanked });
  return { state: record.state, told: told.length };
}

async function valuesOf(
  { leads, followUps, deliveries }: LeadModels,
  id: string,
  told: readonly string[],
): Promise<SealedValues> {
  const lead = await untilAnswered(() => native<LeadRecord>(leads).findOne({ _id: id }));
  const ofLead = { _id: idsOf(id) };
  const [brought, posted, notices] = await Promise.all([
    untilAnswered(() => native<FollowUpRecord>(followUps).find(ofLead).toArray()),
    untilAnswered(() => native<DeliveryRecord>(deliveries).find(ofLead).toArray()),
    untilAnswered(() =>
      native<FollowUpRecord>(followUps)
        .find({ _id: { $in: [...told] } })
        .toArray(),
    ),
  ]);
  const own = notices.map(({ integration }) => {
    const captured = brought.find(({ _id }) => _id === followUpId({ lead: id, integration }))?.captured;
    return [integration, captured ?? posted.findLast((round) => round.integration === integration)?.captured ?? {}];
  });
  const { fields = {}, tracking = {}, captured = {} } = lead ?? {};
  return { fields, tracking, captured, own: Object.fromEntries(own) as SealedValues['own'] };
}

/** @returns how many records were blanked, by collection */
export async function blankRecords(models: LeadModels, id: string): Promise<Record<string, number>> {
  const ofLead = { _id: idsOf(id) };
  const ping = pingIdOf(id);
  const changed = {
    leads: await blankLeadRecord(models, id),
    pings: await count(() =>
      native<PingRecord>(models.pings).updateOne({ _id: ping }, { $set: { fields: {}, tracking: {} } }),
    ),
    clicks: await count(() =>
      native<ClickRecord>(models.clicks).updateOne(
        { _id: id },
        { $set: { tracking: {} }, $unset: { original: '', referrer: '' } },
      ),
    ),
    auctions: (await blankAuctions(models, idsOf(id), false)) + (await blankAuctions(models, idsOf(ping), true)),
    deliveries: await count(() =>
      native<DeliveryRecord>(models.deliveries).updateMany(ofLead, {
        $set: { exchanges: [], 'bid.private': {}, erased: true },
        $unset: { 'bid.tags': '', buyerReason: '', redirectUrl: '', captured: '' },
      }),
    ),
    follow_ups: await count(() =>
      native<FollowUpRecord>(models.followUps).updateMany(ofLead, { $unset: { lastExchange: '', captured: '' } }),
    ),
    postbacks: await count(() =>
      native<PostbackRecord>(models.postbacks).updateMany(
        { _id: { $gt: id, $lt: `${id}~` } },
        { $set: { exchanges: [] } },
      ),
    ),
    events: await count(() =>
      native<EventRecord>(models.events).updateMany(ofLead, {
        $set: { fields: {}, payload: '{}' },
        $unset: { updates: '' },
      }),
    ),
    portal: await count(() => native<PortalRecord>(models.portal).updateMany(ofLead, { $set: { payload: {} } })),
    listing_asks: await blankAsks(models, id),
    // Where they lead may say whom they were shown to.
    listing_offers: await count(() =>
      native<ListingOfferRecord>(models.listingOffers).updateMany(
        { lead: id },
        { $set: { url: '', expiresAt: new Date(0) } },
      ),
    ),
    request_log: await blankRequests(models, id),
    // The hash of a request's body: another one with the key is a conflict from now on.
    idempotency: await count(() =>
      models.idempotency.collection.updateMany({ lead: id }, { $set: { bodyHash: 'erased' } }),
    ),
  };
  return Object.fromEntries(Object.entries(changed).filter(([, records]) => records > 0));
}

/** Ids of what belongs to a record begin with its own. ';' is the character after ':'. */
function idsOf(id: string) {
  return { $gte: `${id}:`, $lt: `${id};` };
}

async function count(update: () => Promise<{ matchedCount: number }>): Promise<number> {
  return (await untilAnswered(update)).matchedCount;
}

async function blankLeadRecord({ leads }: LeadModels, _id: string): Promise<number> {
  for (let attempt = 1; attempt <= READ_AGAIN; attempt++) {
    const lead = await untilAnswered(() => native<LeadRecord>(leads).findOne({ _id }));
    if (!lead) return 0;
    const sales = lead.sales.map(({ redirectUrl: _redirectUrl, ...sale }) => sale);
    // Its sales are as they were read, or they are read again.
    const same = { _id, turn: lead.turn, concludedAt: lead.concludedAt ?? { $exists: false } };
    const { matchedCount } = await untilAnswered(() =>
      native<LeadRecord>(leads).updateOne(same as never, {
        $set: { fields: {}, tracking: {}, captured: {}, sales },
        $unset: { original: '' },
      }),
    );
    if (matchedCount > 0) return 1;
  }
  throw new Error('the record of a lead kept changing');
}

/** Who was asked, what they bid and why they were not asked stays. A ping's bids can be taken by nobody any more. */
async function blankAuctions({ auctions }: LeadModels, _id: object, isPing: boolean): Promise<number> {
  const found = await untilAnswered(() =>
    native<AuctionRecord>(auctions)
      .find({ _id } as never)
      .toArray(),
  );
  for (const auction of found) {
    const { prepared, participants, ranked, defaultBid } = auction;
    const set: Partial<AuctionRecord> = {
      prepared: prepared.map((record) => ({ ...blankParticipant(record), captured: {} })),
      participants: participants.map(blankParticipant),
      ranked: isPing ? [] : ranked.map(blankBid),
      captured: {},
      ...(defaultBid ? { defaultBid: blankBid(defaultBid) } : {}),
    };
    await untilAnswered(() => native<AuctionRecord>(auctions).updateOne({ _id: auction._id }, { $set: set }));
  }
  return found.length;
}

async function blankAsks({ listingAsks }: LeadModels, lead: string): Promise<number> {
  const asks = native<ListingAskRecord>(listingAsks);
  const found = await untilAnswered(() => asks.find({ lead }).toArray());
  for (const { _id, asked } of found) {
    const kept = asked.map(({ exchange: _exchange, detail: _detail, ...network }) => network);
    await untilAnswered(() => asks.updateOne({ _id }, { $set: { asked: kept } }));
  }
  return found.length;
}

function blankParticipant({ integration, buyer, result, durationMs }: Participant): Participant {
  return {
    ...{ integration, result },
    ...(buyer === undefined ? {} : { buyer }),
    ...(durationMs === undefined ? {} : { durationMs }),
  };
}

function blankBid({ tags: _tags, ...bid }: StandingBid): StandingBid {
  return { ...bid, private: {} };
}
