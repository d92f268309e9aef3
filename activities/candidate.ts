import type { CompiledCampaign, CompiledIntegration } from '../config/compile.ts';
import type { Ranking, StandingBid } from '../models/auction.ts';
import type { Bid, RankedBid } from '../rules/auction.ts';
import { adjust, modifiersFor, type Adjustment } from '../rules/auction/modifiers.ts';
import { agreementsAbout, expectedAcceptance, groupFor, type Agreement } from '../rules/auction/plan.ts';
import type { RuleEffects } from '../rules/decision.ts';
import type { Eligibility } from '../rules/eligibility.ts';
import type { Micros } from '../rules/money.ts';
import type { ActivityDeps } from './deps.ts';
import type { Eligible } from './eligible.ts';
import type { LeadFacts } from './lead-records.ts';

/** A bid as the auction ranks it, and as the post will need it. */
export interface Candidate extends Bid {
  bid: StandingBid;
  adjustments: readonly Adjustment[];
}

/** What is agreed about a lead: by integration, nothing where the campaign has no agreements. */
export function agreementsOf(
  lead: Pick<LeadFacts, 'source'>,
  { plan, buyers }: CompiledCampaign,
  eligible: Eligible,
): ReadonlyMap<string, Agreement> {
  const [first] = buyers;
  if (plan.agreements.length === 0 || !first) return NOTHING;
  const { state } = eligible.facts(first).place;
  return agreementsAbout(plan.agreements, { source: lead.source, state });
}

const NOTHING: ReadonlyMap<string, Agreement> = new Map();

/** Whether a buyer is taken at its price without being asked. */
export function isUnasked(
  { plan }: CompiledCampaign,
  { id }: CompiledIntegration,
  agreement: Agreement | undefined,
): boolean {
  return agreement ? agreement.price !== undefined : groupFor(plan, id).strategy === 'fixed_price';
}

/** What an integration pays that is not asked: by agreement, by its rule, in its open slot, or always. */
export function ownPrice(
  { price }: Pick<CompiledIntegration, 'price'>,
  { effects, slotPrice }: Pick<Extract<Eligibility, { eligible: true }>, 'effects' | 'slotPrice'>,
  agreement?: Agreement,
): Micros | undefined {
  return agreement?.price ?? effects?.price ?? slotPrice ?? price;
}

/** A bid with all that its rank goes by. */
export function candidateOf(
  lead: Pick<LeadFacts, 'source'>,
  { plan }: CompiledCampaign,
  integration: CompiledIntegration,
  said: { bid: StandingBid; bidIndex: number; effects: RuleEffects | undefined; agreement: Agreement | undefined },
): Candidate {
  const { bid, bidIndex, effects, agreement } = said;
  const { id, minPrice, weight } = integration;
  const modifiers =
    plan.modifiers.length > 0
      ? modifiersFor(plan.modifiers, { buyer: bid.buyer, integration: id, source: lead.source })
      : [];
  const { ranksAs, adjustments, margins } = adjust(bid.price, effects, modifiers);
  const group = plan.groupOf.get(id);
  const place = plan.placeOf.get(id);
  const exclusive = bid.exclusive ?? (agreement ? true : undefined);
  const standing: StandingBid = {
    ...bid,
    ...(effects?.tags.length ? { tags: effects.tags } : {}),
    ...(exclusive ? { exclusive } : {}),
    ...(agreement ? { agreement: true } : {}),
    ...(group === undefined ? {} : { group }),
    ...(margins.length > 0 ? { margins } : {}),
  };
  return {
    ...standing,
    bidIndex,
    priority: effects?.priority ?? integration.priority,
    ranksAs,
    weight,
    ...(minPrice === undefined ? {} : { floor: minPrice }),
    ...(place === undefined ? {} : { place }),
    bid: standing,
    adjustments,
  };
}

/** A ranked bid as it stands, with why it is where it is. */
export function standingBid({ bid, why, expected, ranksAs, adjustments }: RankedBid<Candidate>): StandingBid {
  const ranking: Ranking = {
    why,
    ...(adjustments.length > 0 ? { ranksAs: ranksAs ?? bid.price, adjustments } : {}),
    ...(expected === undefined ? {} : { expected }),
  };
  return { ...bid, ranking };
}

/** Part of its posts that an integration is expected to accept; the same throughout one auction. */
export function acceptances(
  { figures }: Pick<ActivityDeps, 'figures'>,
  { plan }: CompiledCampaign,
): (integration: string) => number {
  const known = new Map<string, number>();
  return (integration) => {
    const found = known.get(integration) ?? expectedAcceptance(figures.posts(integration), plan.prior);
    known.set(integration, found);
    return found;
  };
}
