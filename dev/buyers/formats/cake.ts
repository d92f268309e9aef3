import { fieldNamed } from '../received.ts';
import { operationNamed, priceText, xml, type WireAnswer, type WireFormat } from '../wire.ts';

/** CAKE: form or query in, XML out, at `/d.ashx`; `mode=ping` asks for a price, anything else posts the lead. */
export const cake: WireFormat = {
  read(received) {
    const named = operationNamed(fieldNamed(received, 'mode', 'ckm_mode')) ?? operationNamed(received.endpoint);
    const operation = named ?? (received.endpoint === 'd.ashx' ? 'post' : undefined);
    return { operation, bidId: fieldNamed(received, 'leadid', 'lead_id') };
  },

  write({ operation, verdict, price, bidId, leadId, reason }) {
    if (verdict === 'accepted') {
      const id = operation === 'ping' ? bidId : leadId;
      return result({ code: '0', msg: 'success', leadid: id, price: priceText(price) });
    }
    if (verdict === 'pending') return result({ code: '0', msg: 'pending', leadid: leadId });
    if (verdict === 'duplicate') return result({ code: '1', msg: 'Duplicate Lead', leadid: leadId });
    const answer = result({ code: '1', msg: reason, leadid: verdict === 'none' ? null : leadId });
    return verdict === 'none' ? { ...answer, status: 500 } : answer;
  },
};

function result(elements: Record<string, string | null>): WireAnswer {
  return xml('result', elements, 'text/xml; charset=utf-8');
}
