import { fieldNamed } from '../received.ts';
import { json, operationNamed, redirectUrl, type WireFormat } from '../wire.ts';

/** A buyer with a JSON interface of its own: the one the documentation's first example talks to. */
export const acme: WireFormat = {
  read(received) {
    return { operation: operationNamed(received.endpoint), bidId: fieldNamed(received, 'promise') };
  },

  write({ operation, verdict, price, bidId, leadId, reason }) {
    if (verdict === 'none') return json({ status: 'error', status_text: 'error', reason }, 500);
    if (operation === 'ping') {
      if (verdict !== 'accepted') return json({ status: 'reject', reason });
      return json({ status: 'continue', price: price ?? undefined, promise: bidId });
    }
    if (verdict === 'accepted') {
      const sold = { status_text: 'sold', lead_id: leadId, redirect_url: redirectUrl(leadId) };
      return json({ ...sold, price: price ?? undefined });
    }
    const statusText = { rejected: 'reject', duplicate: 'duplicate', pending: 'pending' }[verdict];
    return json({ status_text: statusText, lead_id: leadId, reason });
  },
};
