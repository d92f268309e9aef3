import type { CompiledCampaign } from '../config/compile.ts';
import { priceOf } from '../config/settings.ts';
import { runAuction, type AuctionResult } from '../rules/auction.ts';
import type { Floors } from '../rules/auction/bid.ts';
import { parsePrice } from '../rules/money.ts';
import { acceptances, type Candidate } from './candidate.ts';
import type { ActivityDeps } from './deps.ts';
import type { LeadFacts } from './lead-records.ts';

/** Ranks the bids for a lead by its campaign's auction, with the floors of this configuration revision. */
export async function rankBids(
  deps: Pick<ActivityDeps, 'config' | 'figures'>,
  lead: LeadFacts,
  campaign: CompiledCampaign,
  {
    revision,
    bids,
    turns,
    now,
  }: { revision: number; bids: readonly Candidate[]; turns: Record<string, number> | undefined; now: number },
): Promise<AuctionResult<Candidate>> {
  const { settings, plan } = campaign;
  return runAuction({
    strategy: settings.strategy,
    groups: plan.groups,
    bids,
    floors: await floorsOf(deps, lead, campaign, revision),
    now,
    draw: lead._id,
    acceptance: acceptances(deps, campaign),
    ...(turns ? { turns } : {}),
    maxBuyers: settings.maxBuyers,
    hybrid: plan.hybrid,
  });
}

/** The least prices for a lead: they test what a buyer bids, whatever its bid ranks as and whoever is paid from it. */
async function floorsOf(
  { config }: Pick<ActivityDeps, 'config'>,
  { source, tracking }: LeadFacts,
  { settings }: CompiledCampaign,
  revision: number,
): Promise<Floors> {
  const { sources } = await config.at(revision);
  const [ofSource, ofLead] = [priceOf(sources.get(source)?.minPrice), parsePrice(tracking['min_price'])];
  return {
    campaign: settings.minPrice,
    ...(ofSource === undefined ? {} : { source: ofSource }),
    ...(ofLead === undefined ? {} : { lead: ofLead }),
  };
}
