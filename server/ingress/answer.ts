import type { LeadRecord } from '../../models/lead.ts';
import { isTerminal } from '../../rules/outcome.ts';
import { toDecimal } from '../../rules/money.ts';

export interface LeadAnswer {
  status: 200 | 202;
  body: Record<string, unknown>;
}

type Answerable = Pick<LeadRecord, '_id' | 'mode' | 'outcome' | 'reason' | 'sales'>;

/**
 * What a seller is told about a lead: 200 with a final outcome; 202 with an address to ask again while the outcome may
 * still change. Buyers' own words stay with the operators.
 */
export function leadAnswer(lead: Answerable, publicUrl: string): LeadAnswer {
  const { _id, mode, outcome, reason, sales } = lead;
  const final = outcome !== undefined && isTerminal(outcome);
  const redirectUrl = sales.find((sale) => sale.redirectUrl)?.redirectUrl;
  return {
    status: final ? 200 : 202,
    body: {
      status: final ? 200 : 202,
      type: 'success',
      transaction_id: _id,
      outcome: outcome ?? 'processing',
      ...(reason ? { reason } : {}),
      ...(outcome === 'sold' ? { price: toDecimal(sales.reduce((sum, { price }) => sum + price, 0)) } : {}),
      ...(redirectUrl ? { redirect_url: redirectUrl } : {}),
      ...(final ? {} : { status_url: `${publicUrl}/api/lead/${_id}` }),
      ...(mode === 'test' ? { sandbox: true } : {}),
    },
  };
}
