import type { Outcome, OutcomeReason } from '../../rules/outcome.ts';

/** Nothing gives this yet. */
type Reserved = 'invalid';

/** What an answer's `outcome` means to the seller. */
export const OUTCOME_MEANINGS: Record<Exclude<Outcome, Reserved> | 'processing' | 'bid' | 'no_bid', string> = {
  sold: 'Sold',
  rejected: 'Nobody bought it, or a compliance check refused it',
  duplicate: 'The campaign had the same lead before; nobody was asked',
  cancelled: 'Its person took the consent back, or had the data erased, before it was sold',
  expired: 'It was kept for a while, and the time is over',
  held: 'Nobody has bought it yet, and it is kept for a while',
  pending: 'A buyer has it and decides later',
  unknown: 'A buyer may have it: its answer was lost or not understood',
  processing: 'Still being sold',
  bid: 'To a ping: somebody bids. Post the lead before the bid expires',
  no_bid: 'To a ping: nobody bids',
};

/** What an answer's `reason` means to the seller. */
export const REASON_MEANINGS: Record<OutcomeReason, string> = {
  sold: 'A buyer took it',
  no_eligible_buyer: 'No buyer could be asked',
  no_bid: 'Buyers were asked; no bid was good enough',
  bids_exhausted: 'It was posted, and every buyer said no',
  out_of_time: 'The time for selling it was over',
  compliance: 'A check refused it, failed or could not be made',
  duplicate: 'The same lead came before',
  awaiting_buyer: 'A buyer decides later',
  ambiguous_post: 'It is being found out whether the buyer took it',
  hold_expired: 'It was kept for a while and nobody bought it',
  awaiting_seller: 'The buyer of the best bid said no. Post the ping again with the bids you accept',
  seller_chose: 'The bids that were chosen are being tried',
  returned: 'The buyer gave it back',
  consent_revoked: 'Its person took the consent back',
  erased: 'Its data was erased',
  deadline_passed: 'No clear answer came from the buyer in time',
};
