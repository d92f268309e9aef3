import { verdictOf, type Behaviour } from './behaviour.ts';
import type { Received } from './received.ts';
import type { Answer, Operation, Price, Reading } from './wire.ts';

const reasons = {
  accepted: '',
  rejected: 'No buyer found.',
  duplicate: 'Duplicate lead',
  pending: 'Awaiting approval',
  none: 'Internal error',
};

/** Everything a buyer's decision depends on. */
export interface Case {
  buyer: string;
  operation: Operation;
  behaviour: Behaviour;
  reading: Reading;
  received: Received;
  leadId: string;
  /** What this buyer bid for this lead; undefined when it was not pinged. */
  bid: Price | undefined;
  /** The service holds this contact already. */
  known: boolean;
}

/** Decides a request. The bid stands in the post unless the post's behaviour names another price. */
export function decide(request: Case): Answer {
  const { buyer, operation, behaviour, reading, received, leadId } = request;
  const bidId = bidIdOf(buyer, received.ref);
  let verdict = verdictOf(behaviour, operation);
  let reason = behaviour.reason;
  if (verdict === 'accepted' && reading.refused) verdict = 'rejected';
  if (verdict === 'accepted' && request.known) verdict = 'duplicate';
  if (verdict === 'accepted' && operation === 'post' && isForeignBid(reading.bidId, bidId)) {
    verdict = 'rejected';
    reason = 'Unknown bid';
  }
  const offers = verdict === 'accepted' && operation !== 'call';
  const drawn = drawnPrice(buyer, received.ref ?? '');
  const stands = operation === 'post' ? (reading.bidPrice ?? request.bid) : undefined;
  const bids = offers && operation === 'ping' ? (behaviour.bids ?? []) : [];
  return {
    operation,
    verdict,
    price: offers ? firstDefined(behaviour.price, stands, highest(bids), drawn) : null,
    bids,
    bidId,
    leadId,
    reason: reason ?? reasons[verdict],
    subject: reading.subject ?? '',
  };
}

/** A price between 1.00 and 50.99 dollars that depends on the buyer and the lead alone, so that auctions vary and repeat. */
export function drawnPrice(buyer: string, ref: string): number {
  let hash = 0x811c9dc5;
  for (const character of `${buyer}|${ref}`) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  hash ^= hash >>> 15;
  return 1 + ((hash >>> 0) % 5000) / 100;
}

/** Ids of bids name buyer and lead: a post that carries only the id still finds its lead, and a mixed-up one is noticed. */
function bidIdOf(buyer: string, ref: string | null): string {
  return `W_${buyer}_${ref ?? 'none'}`;
}

/** Ids that are none of ours (written by hand) pass: there is no telling whose they are. */
function isForeignBid(sent: string | undefined, own: string): boolean {
  return sent !== undefined && /W_.+_txn_/.test(sent) && !sent.endsWith(own);
}

function highest(bids: Price[]): number | undefined {
  const prices = bids.map(Number).filter(Number.isFinite);
  return prices.length === 0 ? undefined : Math.max(...prices);
}

function firstDefined(...prices: (Price | undefined)[]): Price {
  return prices.find((price) => price !== undefined) ?? null;
}
