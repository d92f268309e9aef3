import type { CompiledCampaign } from '../config/compile.ts';
import type { AuctionRecord } from '../models/auction.ts';
import { untilAnswered } from '../models/fence.ts';
import type { LeadRecord } from '../models/lead.ts';
import { LOOK_AHEAD_MS, nextTry } from '../rules/hold.ts';
import { concludeLead } from './conclude.ts';
import type { ActivityDeps } from './deps.ts';
import { eligibilityOf } from './eligible.ts';
import type { LeadFacts } from './lead-records.ts';
import type { LeadStep } from './steps.ts';

/** A lead has at most 64 rounds; one that came so far without a sale just waits for its end. */
const MOST_ROUNDS = 40;

/**
 * A held lead: offered anew when a buyer's schedule opens and every so often, until its time is over. One whose seller
 * is asked about bids waits for the seller alone.
 */
export async function reviewHeld(
  deps: ActivityDeps,
  lead: LeadFacts,
  campaign: CompiledCampaign,
  step: LeadStep,
  { holdUntil, reason }: LeadRecord,
): Promise<LeadStep> {
  const now = Date.now();
  // There is nothing to offer: it ends at once.
  if (step.withdrawn) return { ...step, next: 'offer', sellBy: now };
  if (reason === 'seller_chose') return { ...step, next: 'offer', sellBy: now + campaign.settings.sellWithinMs };
  const until = holdUntil?.getTime() ?? 0;
  if (now >= until) {
    const auction = await deps.records.auction(`${lead._id}:${step.auction}`);
    return concludeLead(deps, lead, campaign, step, { outcome: 'expired', reason: 'hold_expired' }, { auction });
  }
  // Whoever is asked again is asked as the campaign is now.
  const current = deps.config.current().campaigns.get(lead.campaign);
  if (!current || reason === 'awaiting_seller' || !mayBeOffered(lead, current, step)) {
    return { ...step, next: 'wait', until };
  }
  const tryAt = deps.config.live().isPaused('campaigns', lead.campaign)
    ? now + LOOK_AHEAD_MS
    : await whenToTry(deps, lead, current, step, now);
  if (tryAt > now) return { ...step, next: 'wait', until: Math.min(tryAt, until) };
  // Whoever was not sent anything, for a full cap perhaps, may be by now.
  const rounds = step.rounds.map((round) => (round.state === 'not_sent' ? { ...round, past: true } : round));
  const sellBy = Math.min(now + current.settings.sellWithinMs, until);
  return { ...step, rounds, auction: step.auction + 1, next: 'auction', sellBy, holdUntil: until };
}

/** Its posts are not used up, and its seller has not picked bids or wants to be asked about others. */
function mayBeOffered({ ping }: LeadFacts, { settings }: CompiledCampaign, { rounds, chosen }: LeadStep): boolean {
  if (ping && (chosen || ping.chosen || settings.afterReject !== 'continue')) return false;
  const posts = rounds.filter(({ state }) => state !== 'not_sent').length;
  return posts < settings.maxPosts && rounds.length < MOST_ROUNDS;
}

async function whenToTry(
  deps: ActivityDeps,
  lead: LeadFacts,
  campaign: CompiledCampaign,
  { auction }: LeadStep,
  now: number,
): Promise<number> {
  const last = await untilAnswered(() =>
    deps.models.auctions
      .findById(`${lead._id}:${auction}`, { at: 1, 'participants.integration': 1, 'participants.result': 1 })
      .lean<Pick<AuctionRecord, 'at' | 'participants'>>()
      .exec(),
  );
  const closed = (last?.participants ?? []).flatMap(({ integration, result }) => {
    const found = result === 'schedule_closed' ? campaign.integrations.get(integration) : undefined;
    return found && !deps.config.live().isPaused('integrations', integration) ? [found.filters.schedule] : [];
  });
  const { timezone = null } = closed.length > 0 ? (await eligibilityOf(deps, lead, campaign, [])).leadFacts() : {};
  return nextTry({
    now,
    askedAt: last?.at.getTime() ?? 0,
    retryMs: campaign.settings.holdRetryMinutes * 60_000,
    closed,
    zone: () => timezone,
  });
}
