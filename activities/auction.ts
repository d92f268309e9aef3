import { insertFence } from '../models/fence.ts';
import type { AuctionRecord, Participant, StandingBid } from '../models/auction.ts';
import type { CompiledCampaign, CompiledIntegration } from '../config/compile.ts';
import { runAuction } from '../rules/auction.ts';
import { parsePrice, toDecimal } from '../rules/money.ts';
import { campaignOf } from './delivery/subject.ts';
import type { ActivityDeps } from './deps.ts';
import { eligibilityOf, type Eligible } from './eligible.ts';
import type { LeadFacts } from './lead-records.ts';
import { pingBuyer } from './ping.ts';
import { prepareLead } from './prepare.ts';
import type { AuctionStep, LeadStep } from './steps.ts';

/**
 * Prepares the lead, asks every eligible buyer at once and ranks the bids. The record is inserted if absent: a step
 * that is run again uses the first auction, whatever it heard itself.
 */
export async function auctionLead(deps: ActivityDeps, step: LeadStep): Promise<AuctionStep> {
  const lead = await deps.records.lead(step.transactionId);
  const held = await holdAuction(deps, lead, step);
  const fenced = await insertFence(deps.models.auctions, held, () => false);
  const auction = fenced.ours ? held : fenced.record;
  deps.records.rememberAuction(auction);
  return summary(auction);
}

async function holdAuction(
  deps: ActivityDeps,
  lead: LeadFacts,
  { auction, rounds }: Pick<LeadStep, 'auction' | 'rounds'>,
): Promise<AuctionRecord> {
  // Standing bids keep the lead's version; whoever is pinged again is pinged under the current one.
  const revision = auction === 1 ? lead.revision : deps.config.current().revision;
  const campaign = await campaignOf(deps, lead, revision);
  const integrations = [...campaign.prepareWaves.flat(), ...campaign.buyers];
  const eligible = await eligibilityOf(deps, lead, campaign, integrations);
  const { records, captured, blockedBy } = await prepareLead(deps, lead, campaign, eligible);
  const record: AuctionRecord = {
    _id: `${lead._id}:${auction}`,
    lead: lead._id,
    revision,
    at: new Date(),
    prepared: records,
    captured,
    participants: [],
    ranked: [],
    dropped: [],
    ...(blockedBy ? { blockedBy } : {}),
  };
  if (blockedBy) return record;
  const posted = new Set(rounds.map(({ integration }) => integration));
  const asked = campaign.buyers.filter(({ id }) => !posted.has(id) && id !== campaign.settings.defaultBuyer);
  const answers = await Promise.all(asked.map((buyer) => askBuyer(deps, lead, campaign, buyer, captured, eligible)));
  const { ranked, dropped } = runAuction({
    strategy: campaign.settings.strategy,
    bids: answers.flatMap(({ bids }) => bids),
    floors: { campaign: campaign.settings.minPrice, lead: parsePrice(lead.tracking['min_price']) },
    now: Date.now(),
    draw: lead._id,
  });
  return {
    ...record,
    participants: answers.map(({ participant }) => participant),
    ranked: ranked.map(({ bid }) => bid),
    dropped: dropped.map(({ integration, bid, reason }) => ({ integration, price: bid.price, reason })),
    ...defaultBid(campaign, captured, eligible),
  };
}

interface Answered {
  participant: Participant;
  bids: Candidate[];
}

/** A bid as the auction ranks it, and as the post will need it. */
interface Candidate extends Pick<StandingBid, 'integration' | 'buyer' | 'price' | 'expiresAt'> {
  bidIndex: number;
  priority: number;
  bid: StandingBid;
}

async function askBuyer(
  deps: ActivityDeps,
  lead: LeadFacts,
  campaign: CompiledCampaign,
  integration: CompiledIntegration,
  captured: Record<string, unknown>,
  eligible: Eligible,
): Promise<Answered> {
  const refused = eligible(integration, captured);
  if (refused) {
    const { id, buyer } = integration;
    return { participant: { integration: id, buyer, result: refused.reason, detail: refused.detail }, bids: [] };
  }
  const { participant, bids } = await pingBuyer(deps, lead, campaign, integration, captured);
  const { priority } = integration;
  return { participant, bids: bids.map((bid, bidIndex) => ({ ...bid, bidIndex, priority, bid })) };
}

/** The offer that stands for the default buyer: its configured price, under no floor. */
function defaultBid(
  campaign: CompiledCampaign,
  captured: Record<string, unknown>,
  eligible: Eligible,
): Pick<AuctionRecord, 'defaultBid'> {
  const integration = campaign.integrations.get(campaign.settings.defaultBuyer ?? '');
  if (!integration?.buyer || eligible(integration, captured)) return {};
  const { id, buyer, price = 0 } = integration;
  return { defaultBid: { integration: id, buyer, price, expiresAt: Number.MAX_SAFE_INTEGER, private: {} } };
}

function summary({ ranked, participants, prepared }: AuctionRecord): AuctionStep {
  return {
    ranked: ranked.map(({ integration, price }) => ({ integration, price: toDecimal(price) })),
    participants: Object.fromEntries(
      [...prepared, ...participants].map(({ integration, result }) => [integration, result]),
    ),
  };
}
