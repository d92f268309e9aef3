import { fieldNamed } from '../received.ts';
import { operationNamed, priceText, xml, type WireAnswer, type WireFormat } from '../wire.ts';

/** boberdoo: form or query in, XML out (labelled text/html); one endpoint, `Mode=ping|post|full` tells which. */
export const boberdoo: WireFormat = {
  read(received) {
    const operation = operationNamed(fieldNamed(received, 'mode')) ?? operationNamed(received.endpoint);
    return { operation, bidId: fieldNamed(received, 'lead_id') };
  },

  write({ operation, verdict, price, bidId, leadId, reason }) {
    if (verdict === 'accepted') {
      const id = operation === 'ping' ? bidId : leadId;
      return response({ status: 'Matched', lead_id: id, price: priceText(price) });
    }
    if (verdict === 'pending') return response({ status: 'Pending', lead_id: leadId });
    if (verdict === 'rejected') return response({ status: 'Unmatched', lead_id: leadId, error: reason });
    const answer = response({ status: 'Error', error: verdict === 'duplicate' ? `Duplicate Lead: ${reason}` : reason });
    return verdict === 'none' ? { ...answer, status: 500 } : answer;
  },
};

function response(elements: Record<string, string | null>): WireAnswer {
  return xml('response', elements, 'text/html; charset=utf-8');
}
