import type { LeadRecord, Offer, Sale } from '../../models/lead.ts';
import { toDecimal } from '../../rules/money.ts';
import { isTerminal } from '../../rules/outcome.ts';

export interface LeadAnswer {
  status: 200 | 202;
  body: Record<string, unknown>;
}

type Answerable = Pick<LeadRecord, '_id' | 'mode' | 'outcome' | 'reason' | 'sales' | 'ping' | 'offers'>;

/**
 * What a seller is told about a lead: 200 with a final outcome; 202 with an address to ask again while the outcome may
 * still change. Prices are what the seller gets. Buyers' names and their own words stay with the operators.
 */
export function leadAnswer(lead: Answerable, publicUrl: string): LeadAnswer {
  const { _id, mode, sales, ping, offers = [] } = lead;
  // What the seller was asked no longer counts once it has chosen.
  const { outcome, reason } = lead.reason === 'seller_chose' ? {} : lead;
  const final = outcome !== undefined && isTerminal(outcome);
  const redirectUrl = sales.find((sale) => sale.redirectUrl)?.redirectUrl;
  const sold = outcome === 'sold';
  return {
    status: final ? 200 : 202,
    body: {
      status: final ? 200 : 202,
      type: 'success',
      transaction_id: _id,
      ...(ping ? { ping_id: ping.id } : {}),
      outcome: outcome ?? 'processing',
      ...(reason ? { reason } : {}),
      ...(sold ? { price: toDecimal(sales.reduce((sum, sale) => sum + payoutOfSale(sale), 0)) } : {}),
      ...(sold && sales.some(({ returnedAt }) => returnedAt) ? { returned: true } : {}),
      ...(sold && sales.length > 1 ? { sales: sales.map(saleAnswer) } : {}),
      ...(redirectUrl ? { redirect_url: redirectUrl } : {}),
      ...(reason === 'awaiting_seller' ? { bids: offers.map((offer) => offerAnswer(offer, Date.now())) } : {}),
      ...(final ? {} : { status_url: `${publicUrl}/api/lead/${_id}` }),
      ...(mode === 'test' ? { sandbox: true } : {}),
    },
  };
}

/** What a page in a browser is told, which anybody can read: that the lead is in, whether somebody took it, where to go. */
export function browserAnswer({ status, body }: LeadAnswer): LeadAnswer {
  const { transaction_id, outcome, redirect_url, sandbox } = body;
  return {
    status,
    body: {
      status,
      type: 'success',
      transaction_id,
      // Whether the lead was a duplicate would tell a stranger whose phone number is known here.
      outcome: outcome === 'sold' ? 'accepted' : 'received',
      ...(redirect_url === undefined ? {} : { redirect_url }),
      ...(sandbox === undefined ? {} : { sandbox }),
    },
  };
}

/** A bid as its seller sees it: an opaque id, what it pays, and how long it stands. */
export function offerAnswer({ id, payout, expiresAt }: Offer, now: number) {
  return { bid_id: id, price: toDecimal(payout), ...expiry(expiresAt, now) };
}

/** When something ends, as an instant and in whole seconds from now. */
export function expiry(expiresAt: number, now: number) {
  return {
    expires_at: new Date(expiresAt).toISOString(),
    expires_in: Math.max(0, Math.floor((expiresAt - now) / 1000)),
  };
}

function saleAnswer(sale: Sale) {
  return {
    price: toDecimal(payoutOfSale(sale)),
    ...(sale.offer ? { bid_id: sale.offer } : {}),
    ...(sale.redirectUrl ? { redirect_url: sale.redirectUrl } : {}),
    ...(sale.returnedAt ? { returned: true } : {}),
  };
}

/** What was returned pays nothing, unless its seller keeps that. */
function payoutOfSale({ payout, price, returnedAt, kept }: Sale): number {
  return returnedAt && !kept ? 0 : (payout ?? price);
}
