import type { CompiledCampaign, CompiledIntegration } from '../../config/compile.ts';
import type { AskedNetwork } from '../../models/listing-ask.ts';
import { offerOf, type ListingOffer, type OfferFault } from '../../rules/listing.ts';
import { ask, failureOf } from '../ask.ts';
import { countCall } from '../call-caps.ts';
import type { ActivityDeps } from '../deps.ts';
import { liveCapWindows, type Eligible } from '../eligible.ts';
import type { LeadFacts } from '../lead-records.ts';
import { withTags } from '../mapping-context.ts';
import { withinPingRate } from '../ping-rate.ts';

/** How long a network has that names no timeout. */
const ASK_TIMEOUT_MS = 1_500;

/** Whom offers are wanted for. */
export interface ListingSubject {
  /** The lead, or as much of one as is known of a visitor. */
  lead: LeadFacts;
  campaign: CompiledCampaign;
  captured: Record<string, unknown>;
}

export interface NetworkAnswer {
  record: AskedNetwork;
  /** In the network's own order. */
  offers: ListingOffer[];
}

/**
 * Asks one click network for its offers. Its rule, schedule, area, caps and health may keep it from being asked;
 * whatever goes wrong is no offers with a reason.
 */
export async function askNetwork(
  deps: ActivityDeps,
  { lead, campaign, captured }: ListingSubject,
  integration: CompiledIntegration,
  eligible: Eligible,
): Promise<NetworkAnswer> {
  const { id, listing } = integration;
  const none = (result: string, more: Partial<AskedNetwork> = {}): NetworkAnswer => ({
    record: { listing: id, result, offers: 0, ...more },
    offers: [],
  });
  const checked = eligible.check(integration);
  if (!checked.eligible) return none(checked.reason, checked.detail === undefined ? {} : { detail: checked.detail });
  const operation = integration.operations.click;
  if (!operation || !listing) return none('no_operation');
  const live = lead.mode === 'live';
  if (live && !(await withinPingRate(deps, integration))) return none('ping_rate');
  if (live && !(await deps.health.admit(id, lead._id))) return none('unhealthy');
  const windows = live ? liveCapWindows(deps, lead, campaign, id, new Date()) : [];
  // A question is a lead sent. What is accepted, and paid, is a click.
  const { full } = await countCall(
    deps.models.caps,
    windows.filter(({ kind }) => kind === 'sent'),
  );
  if (full) return none('cap_full', { detail: { window: full.id, count: full.max, max: full.max } });

  const subject = { lead, campaign, integration, captured: withTags(captured, checked.effects?.tags) };
  const asked = await ask(deps, subject, operation, ASK_TIMEOUT_MS);
  const { interpretation, fault, exchange, durationMs } = asked;
  const bids = interpretation?.outcome === 'accepted' ? interpretation.bids : [];
  if (live) {
    deps.health.report(id, lead._id, 'ask', failureOf(asked));
    if (interpretation) {
      const prices = bids.map(({ price }) => price);
      deps.figures.answered(id, durationMs, prices);
    }
  }
  const { name } = integration.integration;
  const shown = { listing: id, position: listing.position, leadsTo: listing.leadsTo, ...(name ? { title: name } : {}) };
  const read = bids.map((bid) => offerOf(bid, shown));
  const offers = read.filter((offer) => typeof offer !== 'string').slice(0, listing.offers);
  const dropped = droppedOf(
    read.filter((offer) => typeof offer === 'string'),
    interpretation?.invalidBids.length ?? 0,
  );
  const result = fault ?? (offers.length > 0 ? 'offers' : noneBecause(interpretation?.outcome));
  deps.observer.pinged(id, result, durationMs);
  return {
    record: {
      ...{ listing: id, result, offers: offers.length, durationMs },
      ...(dropped.length > 0 ? { dropped } : {}),
      ...(exchange === undefined ? {} : { exchange }),
    },
    offers,
  };
}

/** A network that says no has no offers; an answer that means nothing is told as what it is. */
function noneBecause(outcome: string | undefined): string {
  return outcome === undefined || outcome === 'accepted' || outcome === 'rejected' ? 'no_offers' : outcome;
}

function droppedOf(faults: readonly OfferFault[], invalid: number): NonNullable<AskedNetwork['dropped']> {
  const counts = new Map<string, number>(invalid > 0 ? [['price_invalid', invalid]] : []);
  for (const fault of faults) counts.set(fault, (counts.get(fault) ?? 0) + 1);
  return [...counts].map(([reason, offers]) => ({ reason, offers }));
}
