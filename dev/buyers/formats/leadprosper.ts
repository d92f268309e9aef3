import { fieldNamed } from '../received.ts';
import { json, operationNamed, type WireFormat } from '../wire.ts';

/** LeadProsper: JSON; the post carries `lp_ping_id`, and `bid_id` when the ping was answered with several bids. */
export const leadprosper: WireFormat = {
  read(received) {
    const chosen = fieldNamed(received, 'bid_id', 'lp_bid_id');
    const price = /^bid-\d+-([\d.]+)-/.exec(chosen ?? '')?.[1];
    return {
      operation: operationNamed(received.endpoint),
      bidId: chosen ?? fieldNamed(received, 'lp_ping_id', 'ping_id'),
      bidPrice: price === undefined ? undefined : Number(price),
    };
  },

  write({ operation, verdict, price, bids, bidId, leadId, reason }) {
    if (verdict === 'accepted' && operation === 'ping') {
      const offer = { status: 'ACCEPTED', ping_id: bidId, payout: price ?? undefined };
      if (bids.length === 0) return json(offer);
      const offers = bids.map((payout, index) => ({ bid_id: `bid-${index}-${payout}-${bidId}`, payout }));
      return json({ ...offer, bids: offers });
    }
    if (verdict === 'accepted') return json({ status: 'ACCEPTED', lead_id: leadId, payout: price ?? undefined });
    const no = { message: reason, lead_id: leadId, payout: 0 };
    if (verdict === 'duplicate') return json({ status: 'DUPLICATED', code: 1005, ...no });
    if (verdict === 'pending') return json({ status: 'PENDING', code: 0, ...no });
    if (verdict === 'rejected') return json({ status: 'REJECTED', code: 1006, ...no });
    return json({ status: 'ERROR', code: 1001, ...no }, 500);
  },
};
