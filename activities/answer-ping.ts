import { randomBytes } from 'node:crypto';
import type { AuctionRecord, StandingBid } from '../models/auction.ts';
import { insertFence } from '../models/fence.ts';
import { pingIdOf } from '../rules/ping-id.ts';
import { holdAuction, summary } from './auction.ts';
import type { ActivityDeps } from './deps.ts';
import type { LeadFacts } from './lead-records.ts';
import type { PingStep } from './steps.ts';

/** Answers a ping: asks the buyers, unless that is under way here or was done before. */
export async function answerPing(deps: ActivityDeps, { transactionId }: { transactionId: string }): Promise<PingStep> {
  const auction = await (deps.earlyPings.join(transactionId) ?? askBuyers(deps, transactionId));
  const outcome = auction.ranked.length > 0 || auction.defaultBid ? 'bid' : 'no_bid';
  return { transactionId, outcome, ...summary(auction) };
}

/** Begins to answer a ping that was just stored; the workflow that is being started joins it. */
export function beginPing(deps: ActivityDeps, transactionId: string): Promise<AuctionRecord> {
  return deps.earlyPings.begin(transactionId, () => askBuyers(deps, transactionId));
}

/** Holds the auction of a ping. The record is inserted if absent, so whoever asks again is answered with the first. */
async function askBuyers(deps: ActivityDeps, transactionId: string): Promise<AuctionRecord> {
  const ping = await deps.records.ping(pingIdOf(transactionId));
  // Buyers know it by its transaction id already: it is the reference that the post will come with.
  const facts: LeadFacts = { ...ping, _id: ping.lead, sellBy: ping.receivedAt };
  const held = await holdAuction(deps, facts, { auction: 1, rounds: [] }, 'ping');
  const { ranked, defaultBid } = held;
  const auction: AuctionRecord = {
    ...held,
    _id: `${ping._id}:1`,
    ranked: ranked.map(named),
    ...(defaultBid ? { defaultBid: named(defaultBid) } : {}),
  };
  const fenced = await insertFence(deps.models.auctions, auction, () => false);
  const answer = fenced.ours ? auction : fenced.record;
  deps.records.rememberAuction(answer);
  return answer;
}

function named(bid: StandingBid): StandingBid {
  return { ...bid, offer: `bid_${randomBytes(12).toString('hex')}` };
}
