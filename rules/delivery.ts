/**
 * The life of a delivery: one post of a lead to one buyer. This file holds the only transition table; every change of
 * state is a compare-and-set that names the states it may come from.
 */
export const DELIVERY_STATES = [
  'reserving', // its places in the caps are being taken
  'sending', // the fence is up: the request may be on its way
  'accepted',
  'rejected', // a recognised no
  'pending', // the buyer decides later
  'unknown', // bytes were sent and no recognised answer came
  'not_sent', // provably not one byte was sent
  'returned',
] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

const NEXT: Record<DeliveryState, readonly DeliveryState[]> = {
  reserving: ['sending', 'not_sent'],
  sending: ['accepted', 'rejected', 'pending', 'unknown', 'not_sent'],
  pending: ['accepted', 'rejected'],
  // A buyer that answers a status query or a repeated post with "pending" does have the lead.
  unknown: ['accepted', 'rejected', 'pending'],
  accepted: ['returned'],
  rejected: [],
  not_sent: [],
  returned: [],
};

/** The states from which a delivery may go to `to`. */
export function statesBefore(to: DeliveryState): DeliveryState[] {
  return DELIVERY_STATES.filter((from) => NEXT[from].includes(to));
}

/**
 * A definite no: the lead may go on to another buyer. A return is none: the buyer had the lead for as long as it took to
 * find out, and what one has had is not sold as new to another.
 */
export function isNo(state: DeliveryState): boolean {
  return state === 'rejected' || state === 'not_sent';
}

/** The buyer took it, whether or not it gave it back later. */
export function wasSold(state: DeliveryState): boolean {
  return state === 'accepted' || state === 'returned';
}

/** What one round came to, as far as the next decision needs it. */
export interface RoundState {
  state: DeliveryState;
  /** It was offered to be had alone. */
  exclusive?: boolean;
}

/**
 * Whether a lead may be offered to one more buyer: the rounds that are not a definite no take up its places.
 * An exclusive lead (`maxBuyers` 1), and one that somebody has alone, goes on only when every earlier round is a no.
 */
export function mayOffer(rounds: readonly RoundState[], maxBuyers: number): boolean {
  if (rounds.some((round) => round.exclusive && !isNo(round.state))) return false;
  return rounds.filter((round) => !isNo(round.state)).length < maxBuyers;
}
