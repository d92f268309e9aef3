import type { DropReason, Why } from '../auction.ts';
import { formatPrice, type Micros } from '../money.ts';
import type { Margin } from '../payout.ts';
import type { Alternatives } from './hybrid.ts';
import type { Adjustment } from './modifiers.ts';

const WORDS: Record<Why, string> = {
  agreement: 'an agreement',
  group: 'its group',
  price: 'price',
  expected_value: 'expected value',
  priority: 'priority',
  declared_order: 'the declared order',
  acceptance: 'recent acceptance',
  weight: 'the draw by weight',
  turn: 'whose turn it is',
  draw: 'the draw among equals',
  exclusive_or_shared: 'what brings more, one buyer alone or several',
  asked_once: 'another bid of its own',
  answer_order: 'the order in its answer',
  only_bid: '',
};

/** A ranked bid, as far as its place goes. */
export interface Placed {
  price: Micros;
  exclusive?: boolean | undefined;
  agreement?: boolean | undefined;
  group?: string | undefined;
  ranking?: { why: Why; ranksAs?: number; adjustments?: readonly Adjustment[]; expected?: number } | undefined;
}

/** Why a bid is at its rank: `ranks as 12.00 (rule x1.2 = 12.00), behind by price`. Empty for auctions without reasons. */
export function sayPlace({ exclusive, agreement, group, ranking }: Placed, rank: number): string {
  if (!ranking) return '';
  const { why, ranksAs, adjustments = [], expected } = ranking;
  const steps = adjustments.map(sayAdjustment).join(', ');
  return [
    agreement ? 'by agreement, alone' : exclusive ? 'to have the lead alone' : '',
    group === undefined ? '' : `group ${group}`,
    ranksAs === undefined ? '' : `ranks as ${formatPrice(ranksAs)}${steps && ` (${steps})`}`,
    expected === undefined ? '' : `expected value ${formatPrice(expected)}`,
    why === 'only_bid' ? 'the only bid' : `${rank === 1 ? 'ahead' : 'behind'} by ${WORDS[why]}`,
  ]
    .filter((part) => part !== '')
    .join(', ');
}

function sayAdjustment({ by, multiply, add, margin, to }: Adjustment): string {
  const steps = [
    margin === undefined ? '' : `less ${sayMargin(margin)}`,
    multiply === undefined ? '' : `x${multiply}`,
    add === undefined ? '' : `${add < 0 ? '-' : '+'}${formatPrice(Math.abs(add))}`,
  ];
  return `${by} ${steps.filter((step) => step !== '').join(' ')} = ${formatPrice(to)}`;
}

function sayMargin(margin: Margin): string {
  return 'amount' in margin ? formatPrice(margin.amount) : `${margin.shareMillionths / 10_000} %`;
}

/** What there was to choose from. */
export function sayAlternatives({ exclusive, shared }: Alternatives): string {
  const [alone, together] = [formatPrice(exclusive ?? 0), formatPrice(shared)];
  return `one buyer alone would pay ${alone}, several together ${together}`;
}

const DROPS: Record<DropReason, string> = {
  zero_price: 'it has no price',
  expired: 'it stands no longer',
  below_floor: "it is below the campaign's least price",
  below_source_floor: "it is below the least price of the lead's source",
  below_integration_floor: "it is below its integration's least price",
  below_min_price: 'it is below the min_price of the lead',
  exclusive_only: 'it is for having the lead alone, and the auction shares it',
};

/** Why a bid is not ranked. */
export function sayDrop(reason: DropReason): string {
  return DROPS[reason];
}
