import type { CompiledCampaign, CompiledIntegration } from '../config/compile.ts';
import type { StandingBid } from '../models/auction.ts';
import type { DropReason } from '../rules/auction.ts';
import type { Alternatives } from '../rules/auction/hybrid.ts';
import type { Micros } from '../rules/money.ts';
import { agreementsOf, candidateOf, isUnasked, ownPrice, standingBid, type Candidate } from './candidate.ts';
import type { ActivityDeps } from './deps.ts';
import type { Eligible } from './eligible.ts';
import type { LeadFacts } from './lead-records.ts';
import { rankBids } from './rank.ts';
import { previewTurns } from './turns.ts';

/** How the auction would rank the bids that somebody supposes. */
export interface Preview {
  /** In their order. */
  ranked: StandingBid[];
  dropped: { integration: string; price: Micros; reason: DropReason }[];
  /** Integrations that would be asked, and of which no bid was supposed. */
  unknown: string[];
  alternatives?: Alternatives;
  /** Who takes the lead when nobody else does, and its price. */
  defaultBid?: { integration: string; price: Micros };
}

export interface PreviewDeps extends Pick<ActivityDeps, 'config' | 'figures'> {
  models: Pick<ActivityDeps['models'], 'turns'>;
}

/**
 * Ranks supposed bids as the auction of a lead would now. Who is not asked bids its own price, whatever is supposed.
 *
 * @param bids by integration
 */
export async function previewAuction(
  deps: PreviewDeps,
  lead: LeadFacts,
  campaign: CompiledCampaign,
  eligible: Eligible,
  { bids, at, mayBuy }: { bids: ReadonlyMap<string, Micros>; at: Date; mayBuy: (integration: string) => boolean },
): Promise<Preview> {
  const { defaultBuyer, bidStandsMs } = campaign.settings;
  const agreements = agreementsOf(lead, campaign, eligible);
  const candidates: Candidate[] = [];
  const preview: Preview = { ranked: [], dropped: [], unknown: [] };
  for (const integration of campaign.buyers) {
    const { id, buyer = '' } = integration;
    const checked = eligible.check(integration);
    if (!checked.eligible || !mayBuy(id)) continue;
    if (id === defaultBuyer) {
      preview.defaultBid = { integration: id, price: ownPrice(integration, checked) ?? 0 };
      continue;
    }
    const { effects } = checked;
    const agreement = agreements.get(id);
    const price = isAsked(campaign, integration, agreement)
      ? bids.get(id)
      : (ownPrice(integration, checked, agreement) ?? 0);
    if (price === undefined) {
      preview.unknown.push(id);
      continue;
    }
    const bid: StandingBid = { integration: id, buyer, price, expiresAt: at.getTime() + bidStandsMs, private: {} };
    candidates.push(candidateOf(lead, campaign, integration, { bid, bidIndex: 0, effects, agreement }));
  }
  const turns = await previewTurns(deps, lead, campaign, candidates);
  const { revision } = lead;
  const { ranked, dropped, alternatives } = await rankBids(deps, lead, campaign, {
    revision,
    bids: candidates,
    turns,
    now: at.getTime(),
  });
  return {
    ...preview,
    ranked: ranked.map(standingBid),
    dropped: dropped.map(({ integration, bid, reason }) => ({ integration, price: bid.price, reason })),
    ...(alternatives ? { alternatives } : {}),
  };
}

/** Whether a buyer would be asked for a bid. */
export function isAsked(
  campaign: CompiledCampaign,
  integration: CompiledIntegration,
  agreement: Parameters<typeof isUnasked>[2],
): boolean {
  return integration.operations.ping !== undefined && !isUnasked(campaign, integration, agreement);
}
