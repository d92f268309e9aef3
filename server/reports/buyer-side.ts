import type { DeliveryState } from '../../rules/delivery.ts';
import type { Dimension } from '../../rules/report/dimensions.ts';
import type { Contribution } from './contribution.ts';
import type { Owner, ReportRequest } from './request.ts';
import { SALES } from './seller-side.ts';
import { asksFor, groupOf, idsWithin, joinOne, matching, type Places } from './stages.ts';

type Buyer = Extract<Owner, { side: 'buyer' }>;

/** The buyer got the lead, or may have. */
export const REACHED: readonly DeliveryState[] = ['accepted', 'rejected', 'pending', 'unknown', 'returned'];
const HELD_BY_LEDGER: ReadonlySet<Dimension> = new Set<Dimension>(['day', 'campaign', 'buyer']);

/** A buyer's figures: the leads posted to it, and from the ledger those it took and what it owes for them. */
export function buyerSide(request: ReportRequest, { buyer }: Buyer): Contribution[] {
  const own = { _id: idsWithin(request.days), buyer };
  return [deliveriesOf(request, own), purchasesOf(request, own)];
}

/** A delivery's outcome is its state. */
function deliveriesOf(request: ReportRequest, own: Record<string, unknown>): Contribution {
  const places: Places = (dimension) => (dimension === 'outcome' ? 'state' : dimension);
  return {
    from: 'deliveries',
    stages: [
      { $match: { ...own, mode: 'live', state: { $in: [...REACHED] } } },
      ...matching(request, places),
      { $group: { _id: groupOf(request, places), leads: { $sum: 1 } } },
    ],
  };
}

function purchasesOf(request: ReportRequest, own: Record<string, unknown>): Contribution {
  const joins = asksFor(request, (dimension) => !HELD_BY_LEDGER.has(dimension));
  const places: Places = (dimension) => (dimension === 'outcome' ? 'of.state' : dimension);
  return {
    from: 'ledger',
    stages: [
      { $match: own },
      ...(joins ? joinOne('deliveries', 'delivery') : []),
      ...matching(request, places),
      { $group: { _id: groupOf(request, places), ...SALES, cost: { $sum: '$amount' } } },
    ],
  };
}
