import { fieldNamed } from '../received.ts';
import { json, type WireFormat } from '../wire.ts';

/**
 * Ringba RTB: one address that answers a bid and the number to call. Whoever says which number calls (`CID`) has the call
 * taken at that bid, so that this is its post. Neither duplicates nor pending calls: those get no bid.
 */
export const ringba: WireFormat = {
  read(received) {
    if (!received.endpoint.endsWith('.json')) return {};
    return { operation: fieldNamed(received, 'cid') === undefined ? 'ping' : 'post' };
  },

  write({ operation, verdict, price, bidId, leadId, reason }) {
    const id = operation === 'ping' ? bidId : leadId;
    if (verdict === 'none') return json({ message: reason }, 500);
    if (verdict !== 'accepted') return json({ bidId: id, bidAmount: 0, rejectReason: reason });
    return json({
      bidId: id,
      bidAmount: price ?? 0,
      expireInSeconds: 39,
      phoneNumber: '+17735550111',
      sipAddress: `sip:${id}@sip.example`,
      warnings: [],
    });
  },
};
