import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { AuctionRecord, StandingBid } from '../../models/auction.ts';
import type { CapPlace, DeliveryRecord } from '../../models/delivery.ts';
import { insertFence, readMajority } from '../../models/fence.ts';
import { termsAfter } from '../../rules/payout.ts';
import { takeBuyerClaim } from '../../models/buyer-claim.ts';
import type { ActivityDeps } from '../deps.ts';
import type { LeadFacts } from '../lead-records.ts';
import { liveCapWindows } from '../eligible.ts';
import { reservePlaces } from './caps.ts';
import { creditPlaces } from './credit.ts';
import { settleTime } from './deadline.ts';
import { postLead, postTimes } from './post.ts';
import { changeState, keepExchange } from './record.ts';
import { failureOf } from './answer.ts';
import { resolveUnknown } from './resolve.ts';
import { applySettlement, settleDelivery, settleLate } from './settle.ts';
import { campaignOf, integrationOf, type DeliverySubject } from './subject.ts';

/** How long an owner may hold `reserving` before others take the delivery for abandoned. */
const RESERVE_WITHIN_MS = 5_000;
const POLL_MS = 200;

/**
 * Plays one round: posts the lead to the bid's buyer unless somebody already plays this round, in which case that
 * record is followed, its integration and its price, not the bid given here.
 *
 * @param recovers a sale now is one that would have been lost before
 * @returns the record in a state other than `reserving` and `sending`.
 */
export async function playRound(
  deps: ActivityDeps,
  subject: Omit<DeliverySubject, 'integration'>,
  round: number,
  auction: Pick<AuctionRecord, '_id' | 'revision'>,
  bid: StandingBid,
  recovers = false,
): Promise<DeliveryRecord> {
  const full = { ...subject, integration: integrationOf(subject.campaign, bid.integration) };
  const admitted = subject.lead.mode === 'test' || (await deps.health.admit(bid.integration, subject.lead._id));
  const fresh = newDelivery(deps, full, round, auction, bid, admitted);
  const record = recovers ? { ...fresh, recovers } : fresh;
  const fenced = await insertFence<DeliveryRecord>(
    deps.models.deliveries,
    record,
    (found) => found.owner === record.owner,
  );
  if (!fenced.ours) return follow(deps, subject, fenced.record);
  return record.state === 'not_sent' ? record : send(deps, full, record);
}

function newDelivery(
  deps: ActivityDeps,
  subject: DeliverySubject,
  round: number,
  auction: Pick<AuctionRecord, '_id' | 'revision'>,
  bid: StandingBid,
  admitted: boolean,
): DeliveryRecord {
  const { lead, integration } = subject;
  const now = Date.now();
  const places = lead.mode === 'test' ? [] : capPlaces(deps, subject, bid.price, now);
  const claim = lead.mode === 'test' ? undefined : buyerClaim(deps, lead, bid.buyer, now);
  if (lead.mode === 'live') places.push(...creditPlaces(deps.config.live(), bid.buyer, bid.price));
  const toReserve = places.length > 0 || claim !== undefined;
  const times = postTimes(integration.operations.post!, now);
  const terms = termsAfter(lead.payout, bid.margins);
  return {
    _id: `${lead._id}:${round}`,
    lead: lead._id,
    round,
    campaign: lead.campaign,
    source: lead.source,
    seller: lead.seller,
    mode: lead.mode,
    integration: integration.id,
    buyer: bid.buyer,
    auction: auction._id,
    revision: auction.revision,
    bid,
    ...(terms ? { payout: terms } : {}),
    token: randomBytes(16).toString('hex'),
    ...firstState(deps, subject, bid, { toReserve, admitted }),
    owner: `${deps.nodeId}/${randomUUID()}`,
    attempt: 1,
    sendBy: times.sendBy,
    deadline: toReserve ? new Date(now + RESERVE_WITHIN_MS) : times.deadline,
    places,
    ...(claim ? { claim } : {}),
    exchanges: [],
    conflicts: [],
    createdAt: new Date(now),
    changedAt: new Date(now),
  };
}

/**
 * With no cap to reserve the first write already is the fence; whoever was paused or taken out since the auction gets
 * nothing.
 */
function firstState(
  deps: ActivityDeps,
  subject: Pick<DeliverySubject, 'integration'>,
  { integration, buyer }: StandingBid,
  { toReserve, admitted }: { toReserve: boolean; admitted: boolean },
): Pick<DeliveryRecord, 'state' | 'reason'> {
  const live = deps.config.live();
  if (live.isPaused('integrations', integration) || live.isPaused('buyers', buyer)) {
    return { state: 'not_sent', reason: 'paused' };
  }
  if (live.blockOf(subject.integration)) return { state: 'not_sent', reason: 'connector_blocked' };
  if (!admitted) return { state: 'not_sent', reason: 'unhealthy' };
  return { state: toReserve ? 'reserving' : 'sending' };
}

/** Places to reserve: the maxima are read live, the windows are those of this moment. */
function capPlaces(
  deps: ActivityDeps,
  { lead, campaign, integration }: DeliverySubject,
  price: number,
  now: number,
): CapPlace[] {
  return liveCapWindows(deps, lead, campaign, integration.id, new Date(now)).map(({ id, kind, max }) => ({
    window: id,
    kind,
    max,
    amount: kind === 'revenue' ? price : 1,
  }));
}

/** What this buyer is to be sent only once: its wish is read live. */
function buyerClaim(deps: ActivityDeps, { fields }: LeadFacts, buyer: string, now: number): DeliveryRecord['claim'] {
  const found = deps.config.live().buyers.get(buyer);
  return found && deps.buyerHistory.claimOf(found, fields, now);
}

async function send(deps: ActivityDeps, subject: DeliverySubject, record: DeliveryRecord): Promise<DeliveryRecord> {
  const { models } = deps;
  let current = record;
  if (record.state === 'reserving') {
    const reserved = await reserve(deps, subject, record);
    if (reserved.state !== 'sending' || reserved.owner !== record.owner) return follow(deps, subject, reserved);
    current = reserved;
  }
  const { answer, exchange, durationMs } = await postLead(deps, subject, current);
  deps.observer.posted(current.integration, answer.state, durationMs);
  if (current.mode === 'live') deps.health.report(current.integration, current.lead, 'post', failureOf(answer));
  const isClear = answer.state === 'accepted' || answer.state === 'rejected';
  if (isClear && current.mode === 'live') deps.figures.posted(current.integration, answer.state === 'accepted');
  const push = exchange ? { exchanges: exchange } : undefined;
  const only = { owner: current.owner, state: 'sending' as const };
  const settleBy = settleTime(subject.integration, answer.state);
  if (answer.state === 'unknown') {
    const unknown = await changeState(models.deliveries, current._id, 'unknown', {
      set: { reason: answer.reason, ...settleBy },
      push,
      only,
    });
    if (unknown) return resolveUnknown(deps, subject, unknown);
  } else {
    const settled = await applySettlement(models, current._id, answer, { set: settleBy, push, only });
    if (settled) return settled;
    await settleAfterTheFact(deps, current, answer);
  }
  // The record had moved on; what was said to whom is kept all the same.
  if (exchange) await keepExchange(models.deliveries, current._id, exchange);
  return follow(deps, subject, await reread(deps, current._id));
}

/**
 * The fence moved on while this sender was away (frozen, or cut off from MongoDB). What it knows still counts: an
 * answer settles the delivery, and "not one byte sent" is a definite no, unless somebody posted again meanwhile.
 */
async function settleAfterTheFact(
  deps: ActivityDeps,
  { _id, owner, attempt }: DeliveryRecord,
  answer: Exclude<Awaited<ReturnType<typeof postLead>>['answer'], { state: 'unknown' }>,
): Promise<void> {
  if (answer.state !== 'not_sent') {
    await settleLate(deps, _id, answer, owner);
  } else {
    const no = { ...answer, state: 'rejected', reason: 'not_sent' } as const;
    await settleLate(deps, _id, no, owner, { state: 'unknown', owner, attempt });
  }
}

async function reserve(deps: ActivityDeps, subject: DeliverySubject, record: DeliveryRecord): Promise<DeliveryRecord> {
  const { deliveries, caps, buyerClaims } = deps.models;
  const { _id: delivery, claim } = record;
  if (claim && !(await takeBuyerClaim(buyerClaims, { ...claim, delivery }))) {
    const only = { owner: record.owner };
    const reason = 'duplicate_at_buyer';
    return (
      (await applySettlement(deps.models, delivery, { state: 'not_sent', reason }, { only })) ?? reread(deps, delivery)
    );
  }
  const reservation = await reservePlaces(caps, record.places, record._id);
  const only = { owner: record.owner };
  if (!reservation.ok) {
    const reason = reservation.full.kind === 'credit' ? 'credit_exhausted' : 'cap_full';
    const refused = await applySettlement(deps.models, record._id, { state: 'not_sent', reason }, { only });
    return refused ?? reread(deps, record._id);
  }
  const times = postTimes(subject.integration.operations.post!, Date.now());
  const sending = await changeState(deliveries, record._id, 'sending', { set: times, only });
  // Otherwise somebody took this delivery for abandoned: whoever follows the record gives the places just taken back.
  return sending ?? reread(deps, record._id);
}

/** Follows a round that another call or node plays, until it is decided or its owner has run out of time. */
async function follow(
  deps: ActivityDeps,
  subject: Omit<DeliverySubject, 'integration'>,
  found: DeliveryRecord,
): Promise<DeliveryRecord> {
  // The record says what is played, and under which configuration.
  const campaign = await campaignOf(deps, subject.lead, found.revision);
  const full = { ...subject, campaign, integration: integrationOf(campaign, found.integration) };
  let record = found;
  for (;;) {
    if (record.state === 'unknown') return resolveUnknown(deps, full, record);
    if (record.state !== 'reserving' && record.state !== 'sending') {
      await settleDelivery(deps.models, record);
      return record;
    }
    if (Date.now() > record.deadline.getTime() + deps.clockSkewMs) await declareLost(deps, full, record);
    else await delay(POLL_MS);
    record = await reread(deps, record._id);
  }
}

/** The owner's time is over: a place being reserved is given up, a post under way becomes `unknown`. */
async function declareLost(deps: ActivityDeps, subject: DeliverySubject, record: DeliveryRecord): Promise<void> {
  const only = { owner: record.owner, attempt: record.attempt, state: record.state };
  if (record.state === 'reserving') {
    await applySettlement(deps.models, record._id, { state: 'not_sent', reason: 'abandoned' }, { only });
  } else {
    const set = { reason: 'sender_lost', ...settleTime(subject.integration, 'unknown') };
    await changeState(deps.models.deliveries, record._id, 'unknown', { set, only });
  }
}

async function reread(deps: ActivityDeps, id: string): Promise<DeliveryRecord> {
  const record = await readMajority<DeliveryRecord>(deps.models.deliveries, id);
  if (!record) throw new Error('a delivery record is missing');
  return record;
}
