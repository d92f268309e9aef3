import { json, operationNamed, type WireFormat } from '../wire.ts';

/** LeadConduit: a form to `ping` and `submit`; a ping answers 200 and no id, a lead 201. No pending leads: those get a no. */
export const leadconduit: WireFormat = {
  read({ endpoint }) {
    return { operation: endpoint === 'submit' ? 'post' : operationNamed(endpoint) };
  },

  write({ operation, verdict, price, leadId, reason }) {
    const status = operation === 'ping' ? 200 : 201;
    const own = operation === 'ping' ? {} : { lead: { id: leadId } };
    if (verdict === 'accepted') return json({ outcome: 'success', ...own, price: price ?? 0 }, status);
    if (verdict === 'none') return json({ outcome: 'error', reason, price: 0 }, 500);
    return json({ outcome: 'failure', reason: operation === 'ping' ? 'no bid' : reason, ...own, price: 0 }, status);
  },
};
