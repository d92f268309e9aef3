import type { RoundState } from './delivery.ts';

/** What became of a lead. */
export const OUTCOMES = [
  'sold',
  'rejected',
  'duplicate',
  'invalid',
  'expired',
  'cancelled',
  'held',
  'pending',
  'unknown',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

const OPEN: ReadonlySet<Outcome> = new Set(['held', 'pending', 'unknown']);

/** `held`, `pending` and `unknown` still change; every other outcome is final. */
export function isTerminal(outcome: Outcome): boolean {
  return !OPEN.has(outcome);
}

/** Why a lead ended as it did, in a word that may stand in a workflow's history. */
export type OutcomeReason =
  | 'sold'
  | 'returned'
  | 'no_eligible_buyer'
  | 'no_bid'
  | 'bids_exhausted'
  | 'out_of_time'
  | 'compliance'
  | 'duplicate'
  | 'awaiting_buyer'
  | 'ambiguous_post'
  | 'hold_expired'
  | 'awaiting_seller'
  | 'seller_chose'
  | 'consent_revoked'
  | 'erased'
  | 'deadline_passed';

/**
 * The outcome of a lead from what its rounds came to. A sale wins over everything; then an open answer keeps the lead
 * from ending; only definite no's let `otherwise` speak.
 */
export function outcomeOf(
  rounds: readonly RoundState[],
  otherwise: { outcome: Outcome; reason: OutcomeReason },
): { outcome: Outcome; reason: OutcomeReason } {
  const any = (state: RoundState['state']) => rounds.some((round) => round.state === state);
  if (any('accepted')) return { outcome: 'sold', reason: 'sold' };
  // A sale that was taken back was one: nobody else is offered the lead, and its record says what became of it.
  if (any('returned')) return { outcome: 'sold', reason: 'returned' };
  if (any('unknown') || any('sending')) return { outcome: 'unknown', reason: 'ambiguous_post' };
  if (any('pending')) return { outcome: 'pending', reason: 'awaiting_buyer' };
  return otherwise;
}
