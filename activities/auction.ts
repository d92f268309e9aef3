import { insertFence } from '../models/fence.ts';
import type { AuctionRecord, Participant } from '../models/auction.ts';
import type { CompiledCampaign, CompiledIntegration } from '../config/compile.ts';
import type { Agreement } from '../rules/auction/plan.ts';
import { toDecimal } from '../rules/money.ts';
import { agreementsOf, candidateOf, isUnasked, ownPrice, standingBid, type Candidate } from './candidate.ts';
import { campaignOf } from './delivery/subject.ts';
import type { ActivityDeps } from './deps.ts';
import { eligibilityOf, type Eligible } from './eligible.ts';
import type { LeadFacts } from './lead-records.ts';
import { withTags } from './mapping-context.ts';
import { pingBuyer } from './ping.ts';
import { prepareLead } from './prepare.ts';
import { rankBids } from './rank.ts';
import type { AuctionStep, LeadStep } from './steps.ts';
import { drawTurns } from './turns.ts';

/**
 * The auction of a lead, or the one its ping held. The record is inserted if absent: a step that is run again uses the
 * first auction, whatever it heard itself.
 */
export async function auctionLead(deps: ActivityDeps, step: LeadStep): Promise<AuctionStep> {
  const lead = await deps.records.lead(step.transactionId);
  const posted = lead.ping && step.auction === 1 ? await deps.records.auction(`${lead.ping.id}:1`) : undefined;
  const held = posted ? await resumeAuction(deps, lead, posted) : await holdAuction(deps, lead, step, 'direct');
  const fenced = await insertFence(deps.models.auctions, held, () => false);
  const auction = fenced.ours ? held : fenced.record;
  deps.records.rememberAuction(auction);
  return summary(auction);
}

/**
 * Goes on from the ping of a lead: its bids stand, and nobody is asked for another. What runs before the ping runs
 * again, since only now the whole lead is known; a compliance check may say no to it.
 */
async function resumeAuction(deps: ActivityDeps, lead: LeadFacts, pinged: AuctionRecord): Promise<AuctionRecord> {
  const campaign = await campaignOf(deps, lead, pinged.revision);
  const carried = { ...pinged, _id: `${lead._id}:1`, at: new Date() };
  const integrations = campaign.prepareWaves.flat();
  if (integrations.length === 0) return carried;
  const eligible = await eligibilityOf(deps, lead, campaign, integrations);
  const { records, captured, blockedBy } = await prepareLead(deps, lead, campaign, eligible, 'post');
  return {
    ...carried,
    prepared: [...pinged.prepared, ...records],
    captured: { ...pinged.captured, ...captured },
    ...(blockedBy ? { blockedBy } : {}),
  };
}

/** Prepares the lead, asks every eligible buyer at once and ranks the bids. */
export async function holdAuction(
  deps: ActivityDeps,
  lead: LeadFacts,
  { auction, rounds }: Pick<LeadStep, 'auction' | 'rounds'>,
  stage: 'direct' | 'ping',
): Promise<AuctionRecord> {
  // Standing bids keep the lead's version; whoever is pinged again is pinged under the current one.
  const revision = auction === 1 ? lead.revision : deps.config.current().revision;
  const campaign = await campaignOf(deps, lead, revision);
  const integrations = [...campaign.prepareWaves.flat(), ...campaign.buyers];
  const eligible = await eligibilityOf(deps, lead, campaign, integrations);
  const { records, captured, blockedBy } = await prepareLead(deps, lead, campaign, eligible, stage);
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
  const posted = new Set(rounds.filter(({ past }) => !past).map(({ integration }) => integration));
  const asked = campaign.buyers.filter(({ id }) => !posted.has(id) && id !== campaign.settings.defaultBuyer);
  const agreements = agreementsOf(lead, campaign, eligible);
  const answers = await Promise.all(
    asked.map((buyer) => askBuyer(deps, lead, campaign, buyer, captured, eligible, agreements.get(buyer.id))),
  );
  const bids = answers.flatMap((answer) => answer.bids);
  const turns = await drawTurns(deps, lead, campaign, bids);
  const { ranked, dropped, alternatives } = await rankBids(deps, lead, campaign, {
    revision,
    bids,
    turns,
    now: Date.now(),
  });
  return {
    ...record,
    participants: answers.map(({ participant }) => participant),
    ranked: ranked.map(standingBid),
    dropped: dropped.map(({ integration, bid, reason }) => ({ integration, price: bid.price, reason })),
    ...(turns ? { turns } : {}),
    ...(alternatives ? { alternatives } : {}),
    ...defaultBid(campaign, eligible),
  };
}

interface Answered {
  participant: Participant;
  bids: Candidate[];
}

async function askBuyer(
  deps: ActivityDeps,
  lead: LeadFacts,
  campaign: CompiledCampaign,
  integration: CompiledIntegration,
  captured: Record<string, unknown>,
  eligible: Eligible,
  agreement: Agreement | undefined,
): Promise<Answered> {
  const { id, buyer } = integration;
  const checked = eligible.check(integration);
  if (!checked.eligible) {
    return { participant: { integration: id, buyer, result: checked.reason, detail: checked.detail }, bids: [] };
  }
  const { effects } = checked;
  const { participant, bids } = await pingBuyer(deps, lead, campaign, integration, {
    captured: withTags(captured, effects?.tags),
    price: ownPrice(integration, checked, agreement),
    unasked: isUnasked(campaign, integration, agreement),
  });
  return {
    participant: effects ? { ...participant, effects } : participant,
    bids: bids.map((bid, bidIndex) => candidateOf(lead, campaign, integration, { bid, bidIndex, effects, agreement })),
  };
}

/** The offer that stands for the default buyer: its configured price, under no floor. */
function defaultBid(campaign: CompiledCampaign, eligible: Eligible): Pick<AuctionRecord, 'defaultBid'> {
  const integration = campaign.integrations.get(campaign.settings.defaultBuyer ?? '');
  const checked = integration?.buyer ? eligible.check(integration) : undefined;
  if (!integration?.buyer || !checked?.eligible) return {};
  const { id, buyer } = integration;
  const price = ownPrice(integration, checked) ?? 0;
  const { tags = [] } = checked.effects ?? {};
  const tagged = tags.length > 0 ? { tags } : {};
  return { defaultBid: { integration: id, buyer, price, expiresAt: Number.MAX_SAFE_INTEGER, private: {}, ...tagged } };
}

/** An auction as a workflow's history shows it. */
export function summary({ ranked, participants, prepared }: AuctionRecord): AuctionStep {
  return {
    ranked: ranked.map(({ integration, price }) => ({ integration, price: toDecimal(price) })),
    participants: Object.fromEntries(
      [...prepared, ...participants].map(({ integration, result }) => [integration, result]),
    ),
  };
}
