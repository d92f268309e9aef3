import type { Strategy } from '../../schema/auction.ts';
import type { Bid } from './bid.ts';

/** What decides between two bids; the first that does is why one is behind the other. */
export type Criterion =
  | 'agreement'
  | 'group'
  | 'price'
  | 'expected_value'
  | 'priority'
  | 'declared_order'
  | 'acceptance'
  | 'weight'
  | 'turn'
  | 'draw';

/** A bid with what it is compared by. */
export interface Entry<B extends Bid = Bid> {
  bid: B;
  /** Place of its group among the groups. */
  group: number;
  /** What it counts for, in micro-dollars. */
  value: number;
  /** Drawn from the lead and the integration. */
  lot: number;
  /** Lower goes first: of the draw by weight. */
  weighted: number;
  /** Lower goes first: whose turn it is. */
  turn: number;
  /** Part of its posts that its integration takes. */
  acceptance: () => number;
}

const TIES: readonly Criterion[] = ['acceptance', 'draw'];

/** What each strategy goes by within a group, the first that tells two bids apart. */
const ORDERS: Record<Strategy, readonly Criterion[]> = {
  highest_bid: ['price', 'priority', ...TIES],
  fixed_price: ['price', 'priority', ...TIES],
  expected_value: ['expected_value', 'price', 'priority', ...TIES],
  priority_tiers: ['priority', 'price', ...TIES],
  waterfall: ['priority', 'declared_order', 'price', ...TIES],
  weighted: ['weight', 'price', 'priority', ...TIES],
  round_robin: ['turn', 'price', 'priority', ...TIES],
};

const COMPARE: Record<Criterion, (a: Entry, b: Entry) => number> = {
  agreement: (a, b) => Number(b.bid.agreement ?? false) - Number(a.bid.agreement ?? false),
  group: (a, b) => a.group - b.group,
  price: (a, b) => b.value - a.value,
  expected_value: (a, b) => expectedValue(b) - expectedValue(a),
  priority: (a, b) => a.bid.priority - b.bid.priority,
  declared_order: (a, b) => (a.bid.place ?? 0) - (b.bid.place ?? 0),
  acceptance: (a, b) => b.acceptance() - a.acceptance(),
  weight: (a, b) => a.weighted - b.weighted,
  turn: (a, b) => a.turn - b.turn,
  draw: (a, b) => a.lot - b.lot,
};

export function expectedValue({ value, acceptance }: Entry): number {
  return Math.round(value * acceptance());
}

/**
 * The order of two bids, by the strategy of the group they share. Total: bids of different names are never equal,
 * whatever the strategy.
 */
export function compareEntries(a: Entry, b: Entry, strategyOf: (group: number) => Strategy): number {
  const decided = decide(a, b, strategyOf);
  if (decided) return COMPARE[decided](a, b);
  return byText(a.bid.integration, b.bid.integration) || a.bid.bidIndex - b.bid.bidIndex;
}

/** What puts one of two bids before the other; undefined when only their names do. */
export function decide(a: Entry, b: Entry, strategyOf: (group: number) => Strategy): Criterion | undefined {
  const tells = (criterion: Criterion) => COMPARE[criterion](a, b) !== 0;
  if (tells('agreement')) return 'agreement';
  if (tells('group')) return 'group';
  return ORDERS[strategyOf(a.group)].find(tells);
}

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
