import { fieldNamed } from '../received.ts';
import { operationNamed, priceText, type WireAnswer, type WireFormat } from '../wire.ts';

/** One line of text: `BID 12.50 REF abc` or `NO reason` to a ping, `OK 12345` or `NO reason` to a post. */
export const plain: WireFormat = {
  read(received) {
    return { operation: operationNamed(received.endpoint), bidId: fieldNamed(received, 'bid_ref', 'bid') };
  },

  write({ operation, verdict, price, bidId, leadId, reason }) {
    if (verdict === 'none') return { ...line('ERROR', reason), status: 500 };
    if (verdict === 'rejected') return line('NO', reason);
    if (verdict === 'duplicate') return line('DUPLICATE', reason);
    if (verdict === 'pending') return line('PENDING', leadId);
    return operation === 'ping' ? line('BID', priceText(price), 'REF', bidId) : line('OK', leadId);
  },
};

function line(...words: (string | null)[]): WireAnswer {
  return {
    status: 200,
    contentType: 'text/plain; charset=utf-8',
    body: words.filter((word) => word !== null).join(' '),
  };
}
