import { fieldNamed } from '../received.ts';
import { json, operationNamed, priceText, redirectUrl, type WireFormat } from '../wire.ts';

/** LeadsPedia: a form to `ping.do` and `post.do`, JSON out, prices as text. It knows no pending leads: those get a no. */
export const leadspedia: WireFormat = {
  read(received) {
    return { operation: operationNamed(received.endpoint), bidId: fieldNamed(received, 'lp_ping_id') };
  },

  write({ operation, verdict, price, bidId, leadId, reason }) {
    const own = operation === 'ping' ? { ping_id: bidId } : { lead_id: leadId };
    if (verdict === 'accepted') {
      const sold = operation === 'ping' ? {} : { redirect_url: redirectUrl(leadId) };
      return json({ result: 'success', msg: 'Accepted', ...own, price: priceText(price) ?? undefined, ...sold });
    }
    if (verdict !== 'none') return json({ result: 'failed', msg: reason, ...own });
    return json({ result: 'failed', msg: 'Failed', errors: [{ field: 'lead', error: reason }] }, 500);
  },
};
