import { fieldNamed } from '../received.ts';
import { json, operationNamed, redirectUrl, type WireFormat } from '../wire.ts';

/** PX: JSON; the ping's `TransactionId` comes back in the post. It knows no pending leads: those get a no. */
export const px: WireFormat = {
  read(received) {
    return { operation: operationNamed(received.endpoint), bidId: fieldNamed(received, 'transactionid') };
  },

  write({ operation, verdict, price, bidId, leadId, reason }) {
    const id = operation === 'ping' ? bidId : leadId;
    const answer = { TransactionId: id, MatchPingId: null, Sold: null, Environment: 'Production' };
    if (verdict === 'accepted') {
      const next = operation === 'ping' ? null : redirectUrl(leadId);
      return json({ ...answer, Success: true, Payout: price, Message: null, Errors: null, RedirectUrl: next });
    }
    const no = { ...answer, Success: false, Payout: null, RedirectUrl: null };
    if (verdict === 'none') return json({ ...no, Message: 'BadRequest', Errors: [reason] }, 500);
    return json({ ...no, Message: reason, Errors: null });
  },
};
