import { fieldNamed } from '../received.ts';
import { json, operationNamed, priceText, redirectUrl, type WireFormat } from '../wire.ts';

/** Phonexa: JSON; the ping's `promise` comes back in the post; a sold lead's price is text with four decimals. */
export const phonexa: WireFormat = {
  read(received) {
    if (received.endpoint === 'check-lead-status')
      return { operation: 'status', leadId: fieldNamed(received, 'checkkey') };
    return { operation: operationNamed(received.endpoint), bidId: fieldNamed(received, 'promise') };
  },

  write({ operation, verdict, price, bidId, leadId, reason }) {
    if (verdict === 'none') return json({ status: 4, errors: [{ lead: reason }] }, 500);
    if (operation === 'ping') {
      if (verdict !== 'accepted') return json({ status: 'reject', reason });
      return json({ status: 'continue', price: price ?? undefined, promise: bidId });
    }
    const time = { processing_time: 0.0105 };
    if (verdict === 'pending') return json({ lead_id: leadId, status: 3, status_text: 'pending', ...time });
    if (verdict !== 'accepted')
      return json({ lead_id: leadId, status: 2, status_text: 'reject', reason, price_reject: 3.5, ...time });
    const sold = { lead_id: leadId, status: 1, status_text: 'sold', redirect_url: redirectUrl(leadId) };
    return json({ ...sold, price: priceText(price, 4) ?? undefined, ...time });
  },

  writeStatus({ verdict, leadId, price }) {
    if (verdict === 'none') return json({ status: 5, errors: [{ 'Not Found': '' }] });
    if (verdict === 'pending') return json({ status: 3, status_text: 'In Progress' });
    if (verdict === 'rejected') return json({ lead_id: leadId, status: 2, status_text: 'reject' });
    const sold = { lead_id: leadId, status: 1, status_text: 'sold', redirect_url: redirectUrl(leadId ?? '') };
    return json({ ...sold, price: priceText(price, 4) ?? undefined });
  },
};
