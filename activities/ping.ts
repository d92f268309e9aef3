import type { CompiledCampaign, CompiledIntegration } from '../config/compile.ts';
import type { Participant, StandingBid } from '../models/auction.ts';
import type { MappedBid } from '../rules/mapping/operation.ts';
import type { Micros } from '../rules/money.ts';
import { ask, failureOf } from './ask.ts';
import type { ActivityDeps } from './deps.ts';
import type { LeadFacts } from './lead-records.ts';
import { withinPingRate } from './ping-rate.ts';

export interface Pinged {
  participant: Participant;
  bids: StandingBid[];
}

/**
 * Asks one buyer for its bids; one without a ping, or that is to be left `unasked`, bids its fixed `price`. Sends only what the ping mapping
 * names. Whatever goes wrong is a no-bid with a reason.
 */
export async function pingBuyer(
  deps: ActivityDeps,
  lead: LeadFacts,
  campaign: CompiledCampaign,
  integration: CompiledIntegration,
  { captured, price, unasked }: { captured: Record<string, unknown>; price: Micros | undefined; unasked?: boolean },
): Promise<Pinged> {
  const { id, buyer = '' } = integration;
  const stands = (bid: Pick<MappedBid, 'expiresInMs'>) =>
    Date.now() + (bid.expiresInMs ?? campaign.settings.bidStandsMs);
  if (unasked || !integration.operations.ping) {
    const bid = { integration: id, buyer, price: price ?? 0, expiresAt: stands({}), private: {} };
    return { participant: { integration: id, buyer, result: 'bid' }, bids: [bid] };
  }
  const subject = { lead, campaign, integration, captured };
  if (lead.mode === 'live' && !(await withinPingRate(deps, integration))) {
    return { participant: { integration: id, buyer, result: 'ping_rate' }, bids: [] };
  }
  if (lead.mode === 'live' && !(await deps.health.admit(id, lead._id))) {
    return { participant: { integration: id, buyer, result: 'unhealthy' }, bids: [] };
  }
  const asked = await ask(deps, subject, integration.operations.ping, campaign.settings.pingTimeoutMs);
  const { interpretation, fault, exchange, durationMs } = asked;
  const accepted = interpretation?.outcome === 'accepted' ? interpretation.bids : [];
  const bids = accepted.map((bid) => ({
    integration: id,
    buyer,
    price: bid.price,
    ...(bid.id ? { id: bid.id } : {}),
    expiresAt: stands(bid),
    ...(bid.exclusive ? { exclusive: bid.exclusive } : {}),
    private: bid.private,
  }));
  const result = bids.length > 0 ? 'bid' : 'no_bid';
  const reason = fault ?? (interpretation?.invalidBids.length ? 'price_invalid' : interpretation?.outcome);
  deps.observer.pinged(id, fault ?? result, durationMs);
  if (lead.mode === 'live') deps.health.report(id, lead._id, 'ask', failureOf(asked));
  if (interpretation && lead.mode === 'live') {
    deps.figures.answered(
      id,
      durationMs,
      bids.map(({ price }) => price),
    );
  }
  const detail = result === 'bid' ? undefined : { reason, said: interpretation?.reason };
  return { participant: { integration: id, buyer, result, detail, durationMs, exchange }, bids };
}
