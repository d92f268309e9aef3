import type { OutboundResult } from '../../http/outbound.ts';
import type { Interpretation } from '../../rules/mapping/operation.ts';
import type { Settlement } from './settle.ts';

/** What a post came to: a settlement, or nothing certain. */
export type PostAnswer = Settlement | { state: 'unknown'; reason: string };

/** Why a post came to nothing, as far as the buyer is to blame; undefined: it was answered. */
export function failureOf({ state, reason }: PostAnswer): string | undefined {
  if (state === 'unknown' || state === 'not_sent') return reason;
  return state === 'rejected' && reason === 'buyer_error' ? reason : undefined;
}

/**
 * Only a recognised answer counts. Whatever leaves doubt after bytes were sent (a timeout, a reset, 408, 5xx, anything
 * that the mapping does not recognise) is `unknown`: the buyer may have the lead.
 */
export function readPostAnswer(
  result: OutboundResult,
  interpretation: Interpretation | undefined,
  /** Why it could not be read. */
  fault = 'mapping_failed',
): PostAnswer {
  if (result.kind === 'not_sent') return { state: 'not_sent', reason: result.code };
  if (result.kind === 'ambiguous') return { state: 'unknown', reason: result.code };
  if (result.status >= 500 || result.status === 408) return { state: 'unknown', reason: `http_${result.status}` };
  if (!interpretation) return { state: 'unknown', reason: fault };
  const { price, reason: buyerReason, leadId: buyerLeadId, redirectUrl, capture: captured } = interpretation;
  const details = { buyerReason, buyerLeadId, captured };
  switch (interpretation.outcome) {
    case 'accepted':
      // A price that makes no sense is no price: the bid stands, and the reason says so.
      return {
        state: 'accepted',
        price,
        redirectUrl,
        ...(interpretation.priceInvalid ? { reason: 'price_invalid' } : {}),
        ...details,
      };
    case 'rejected':
      return { state: 'rejected', reason: 'rejected', ...details };
    case 'duplicate':
      return { state: 'rejected', reason: 'duplicate', ...details };
    case 'error':
      return { state: 'rejected', reason: 'buyer_error', ...details };
    case 'pending':
      return { state: 'pending', reason: 'pending', ...details };
    case 'unrecognised':
      return { state: 'unknown', reason: 'unrecognised_answer' };
  }
}
