import type { CompiledCampaign, CompiledIntegration } from '../config/compile.ts';
import type { Participant, StandingBid } from '../models/auction.ts';
import type { MappedBid } from '../rules/mapping/operation.ts';
import type { Micros } from '../rules/money.ts';
import { ask } from './ask.ts';
import type { ActivityDeps } from './deps.ts';
import type { LeadFacts } from './lead-records.ts';

export interface Pinged {
  participant: Participant;
  bids: StandingBid[];
}

/**
 * Asks one buyer for its bids; a buyer without a ping bids its fixed `price` without being asked. Sends only what the ping mapping
 * names. Whatever goes wrong is a no-bid with a reason.
 */
export async function pingBuyer(
  deps: ActivityDeps,
  lead: LeadFacts,
  campaign: CompiledCampaign,
  integration: CompiledIntegration,
  { captured, price }: { captured: Record<string, unknown>; price: Micros | undefined },
): Promise<Pinged> {
  const { id, buyer = '' } = integration;
  const stands = (bid: Pick<MappedBid, 'expiresInMs'>) =>
    Date.now() + (bid.expiresInMs ?? campaign.settings.bidStandsMs);
  if (!integration.operations.ping) {
    const bid = { integration: id, buyer, price: price ?? 0, expiresAt: stands({}), private: {} };
    return { participant: { integration: id, buyer, result: 'bid' }, bids: [bid] };
  }
  const subject = { lead, campaign, integration, captured };
  const asked = await ask(deps, subject, integration.operations.ping, campaign.settings.pingTimeoutMs);
  const { interpretation, fault, exchange, durationMs } = asked;
  const accepted = interpretation?.outcome === 'accepted' ? interpretation.bids : [];
  const bids = accepted.map((bid) => ({
    integration: id,
    buyer,
    price: bid.price,
    ...(bid.id ? { id: bid.id } : {}),
    expiresAt: stands(bid),
    private: bid.private,
  }));
  const result = bids.length > 0 ? 'bid' : 'no_bid';
  const reason = fault ?? (interpretation?.invalidBids.length ? 'price_invalid' : interpretation?.outcome);
  deps.observer.pinged(id, fault ?? result, durationMs);
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
