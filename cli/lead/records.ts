import type { AuctionRecord, Participant, StandingBid } from '../../models/auction.ts';
import type { DeliveryRecord } from '../../models/delivery.ts';
import type { FollowUpRecord } from '../../models/follow-up.ts';
import type { LeadRecord, Sale } from '../../models/lead.ts';
import type { LedgerRecord } from '../../models/ledger.ts';
import type { PostbackRecord } from '../../models/postback.ts';
import type { LeadModels } from '../../models/models.ts';

/** Everything that is recorded about one lead, each list in its order. */
export interface LeadRecords {
  lead: Partial<LeadRecord> & Pick<LeadRecord, '_id' | 'state' | 'sales'>;
  auctions: Shown<AuctionRecord, 'prepared' | 'participants' | 'ranked' | 'dropped'>[];
  deliveries: Shown<DeliveryRecord, 'bid' | 'conflicts'>[];
  followUps: Partial<FollowUpRecord>[];
  postbacks: Partial<PostbackRecord>[];
  ledger: LedgerRecord[];
}

/** A record of which only the named members are certain to be shown. */
type Shown<Whole extends { _id: string }, Kept extends keyof Whole> = Partial<Whole> & Pick<Whole, '_id' | Kept>;

/** Reads the records of a lead; undefined when there is no such lead. The buyers' secret tokens are left out. */
export async function readLead(models: LeadModels, id: string): Promise<LeadRecords | undefined> {
  // A range over _id stays on its index on every server; ';' is the character after ':'.
  const ofLead = { _id: { $gte: `${id}:`, $lt: `${id};` } };
  const [lead, auctions, deliveries, followUps, postbacks, ledger] = await Promise.all([
    models.leads.findById(id).lean<LeadRecord>(),
    models.auctions.find(ofLead).lean<AuctionRecord[]>(),
    models.deliveries.find(ofLead, { token: 0 }).lean<DeliveryRecord[]>(),
    models.followUps.find(ofLead).sort({ _id: 1 }).lean<FollowUpRecord[]>(),
    models.postbacks
      .find({ _id: { $gte: `${id}_`, $lt: `${id}\`` } })
      .sort({ _id: 1 })
      .lean<PostbackRecord[]>(),
    models.ledger.find(ofLead).sort({ _id: 1 }).lean<LedgerRecord[]>(),
  ]);
  if (!lead) return undefined;
  return {
    lead,
    auctions: auctions.sort((a, b) => a.at.getTime() - b.at.getTime()),
    deliveries: deliveries.sort((a, b) => a.round - b.round),
    followUps,
    postbacks,
    ledger,
  };
}

/** The same without anything that can be personal: what is not named here is not shown. */
export function withoutValues({ lead, auctions, deliveries, followUps, postbacks, ledger }: LeadRecords): LeadRecords {
  const lists = { sales: lead.sales.map(saleShown) };
  return {
    lead: { ...pick(lead, LEAD), ...lists } as LeadRecords['lead'],
    auctions: auctions.map(auctionShown),
    deliveries: deliveries.map(deliveryShown),
    followUps: followUps.map((followUp) => pick(followUp, FOLLOW_UP)),
    postbacks: postbacks.map((postback) => pick(postback, POSTBACK)),
    ledger,
  };
}

const LEAD = [
  ...['_id', 'campaign', 'seller', 'source', 'mode', 'revision', 'receivedAt', 'sellBy', 'state', 'turn', 'outcome'],
  ...['reason', 'concludedAt', 'duplicateOf', 'holdUntil', 'payout', 'revenue', 'revokedAt', 'erasedAt'],
] as (keyof LeadRecord)[];
const DELIVERY = [
  ...[
    '_id',
    'lead',
    'round',
    'campaign',
    'source',
    'seller',
    'mode',
    'integration',
    'buyer',
    'auction',
    'revision',
    'state',
  ],
  ...['reason', 'owner', 'attempt', 'sendBy', 'deadline', 'places', 'price', 'settleBy', 'conflicts'],
  ...['createdAt', 'changedAt'],
] as (keyof DeliveryRecord)[];
const BID = [
  ...(['integration', 'buyer', 'price', 'expiresAt'] as const),
  ...(['exclusive', 'agreement', 'group', 'margins', 'ranking'] as const),
];
const FOLLOW_UP = [
  ...['_id', 'lead', 'integration', 'event', 'operation', 'delivery', 'state', 'reason', 'status', 'attempts'],
  ...['nextAt', 'createdAt', 'changedAt'],
] as (keyof FollowUpRecord)[];

const POSTBACK = [
  ...['_id', 'event', 'type', 'endpoint', 'lead', 'campaign', 'source', 'mode', 'state', 'reason', 'status'],
  ...['attempts', 'nextAt', 'createdAt', 'changedAt'],
] as (keyof PostbackRecord)[];

const bidShown = (bid: StandingBid): StandingBid => ({ ...pick(bid, BID), private: {} }) as StandingBid;

function saleShown(sale: Sale): Sale {
  return pick(sale, ['delivery', 'integration', 'buyer', 'price', 'returnedAt']) as Sale;
}

function auctionShown(auction: LeadRecords['auctions'][number]): LeadRecords['auctions'][number] {
  return {
    ...pick(auction, ['lead', 'revision', 'at', 'blockedBy']),
    _id: auction._id,
    prepared: auction.prepared.map((record) => ({ ...participantShown(record), captured: {} })),
    participants: auction.participants.map(participantShown),
    ranked: auction.ranked.map(bidShown),
    dropped: auction.dropped,
    ...pick(auction, ['turns', 'alternatives']),
    ...(auction.defaultBid ? { defaultBid: bidShown(auction.defaultBid) } : {}),
  };
}

/** Of a detail the codes and figures stay; what a rule saw and what a buyer said does not. */
function participantShown(participant: Participant): Participant {
  const { integration, result } = participant;
  const detail = pick((participant.detail ?? {}) as Record<string, unknown>, DETAIL);
  return {
    integration,
    result,
    ...pick(participant, ['buyer', 'durationMs']),
    ...(Object.keys(detail).length > 0 ? { detail } : {}),
  };
}

const DETAIL = ['reason', 'paused', 'list', 'window', 'count', 'max', 'path', 'operator'];

function deliveryShown(delivery: LeadRecords['deliveries'][number]): LeadRecords['deliveries'][number] {
  return { ...pick(delivery, DELIVERY), bid: bidShown(delivery.bid) } as LeadRecords['deliveries'][number];
}

function pick<Whole extends object>(whole: Whole, names: readonly (keyof Whole)[]): Partial<Whole> {
  return Object.fromEntries(
    names.filter((name) => whole[name] !== undefined).map((name) => [name, whole[name]]),
  ) as Partial<Whole>;
}
