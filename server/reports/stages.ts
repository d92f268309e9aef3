import type { PipelineStage } from 'mongoose';
import { MICROS_PER_DOLLAR } from '../../rules/money.ts';
import { transactionIdsFrom } from '../../rules/transaction-id.ts';
import { isTrackingDimension, type Dimension } from '../../rules/report/dimensions.ts';
import type { ReportDays } from '../../rules/report/days.ts';
import { PROCESSING, type ReportRequest } from './request.ts';

export type Stage = PipelineStage;
export type Expression = string | number | Readonly<Record<string, unknown>>;

/** Every record of a lead has an id that begins with the lead's, which begins with its time. */
export function idsWithin({ bounds }: ReportDays): { $gte: string; $lt: string } {
  return { $gte: transactionIdsFrom(bounds[0]!), $lt: transactionIdsFrom(bounds.at(-1)!) };
}

/** The position of a record's day among the report's, by the transaction id that its own begins with. */
export function dayOf({ bounds }: ReportDays): Expression {
  return placeAmong('$_id', bounds.map(transactionIdsFrom));
}

/** The same by when it happened, as its field `at` says. */
export function dayAt({ bounds }: ReportDays): Expression {
  const instants = bounds.map((bound) => new Date(bound));
  return placeAmong('$at', instants);
}

/** A search by halves, which every server can do. */
function placeAmong(field: string, bounds: readonly (string | Date)[]): Expression {
  const search = (low: number, high: number): Expression => {
    if (high - low === 1) return { $literal: low };
    const middle = (low + high) >> 1;
    return { $cond: [{ $lt: [field, bounds[middle]] }, search(low, middle), search(middle, high)] };
  };
  return search(0, bounds.length - 1);
}

/** Where a record keeps what it is split by, `day` aside. */
export type Places = (dimension: Exclude<Dimension, 'day'>) => string;

/** Places in a lead's or a click's own record, which may stand inside another (`within`, with its dot). */
export function leadPlaces(within = ''): Places {
  return (dimension) => {
    if (dimension === 'outcome') return 'outcomeName';
    return within + (isTrackingDimension(dimension) ? `tracking.${dimension}` : dimension);
  };
}

/** Keeps the records that the report's filters want. */
export function matching({ filters }: ReportRequest, places: Places): Stage[] {
  const wanted = Object.entries(filters) as [Exclude<Dimension, 'day'>, string][];
  if (wanted.length === 0) return [];
  return [{ $match: Object.fromEntries(wanted.map(([name, value]) => [places(name), value])) }];
}

/** The group a record belongs to: a value or null for each dimension, so that what is missing makes one group. */
export function groupOf(
  { dimensions, days }: ReportRequest,
  places: Places,
  day: (days: ReportDays) => Expression = dayOf,
): Record<string, Expression> {
  return Object.fromEntries(
    dimensions.map((dimension) => [
      dimension,
      dimension === 'day' ? day(days) : { $ifNull: [`$${places(dimension)}`, null] },
    ]),
  );
}

/** Whether the report splits by one of these or filters on it. */
export function asksFor({ dimensions, filters }: ReportRequest, which: (dimension: Dimension) => boolean): boolean {
  return dimensions.some(which) || (Object.keys(filters) as Dimension[]).some(which);
}

/**
 * Puts a lead's outcome beside a record, as `outcomeName`: without one yet it has the name that the API has for that.
 * `within` is where the lead's record stands, with its dot; no lead has no outcome.
 */
export function nameOutcome(request: ReportRequest, within = ''): Stage[] {
  if (!asksFor(request, (dimension) => dimension === 'outcome')) return [];
  const outcome = { $ifNull: [`$${within}outcome`, PROCESSING] };
  return [{ $addFields: { outcomeName: { $cond: [{ $ifNull: [`$${within}_id`, false] }, outcome, null] } } }];
}

/** Puts the one record of another collection whose `_id` stands in `field` beside each record, as `of`. */
export function joinOne(from: string, field: string): Stage[] {
  return [
    { $lookup: { from, localField: field, foreignField: '_id', as: 'found' } },
    { $addFields: { of: { $arrayElemAt: ['$found', 0] } } },
  ];
}

/** Places of a record that holds some dimensions itself; the others stand in the lead beside it. */
export function placesBeside(held: ReadonlySet<Dimension>): Places {
  const ofLead = leadPlaces('of.');
  return (dimension) => (held.has(dimension) ? dimension : ofLead(dimension));
}

/**
 * Puts the lead beside a record, or the visit that has no lead yet, and keeps what the report's filters want; for
 * `placesBeside` the same dimensions.
 */
export function besideLead(request: ReportRequest, held: ReadonlySet<Dimension>): Stage[] {
  const wanted = matching(request, placesBeside(held));
  if (!asksFor(request, (dimension) => !held.has(dimension))) return wanted;
  const visits: Stage[] = asksFor(request, isTrackingDimension)
    ? [
        { $lookup: { from: 'clicks', localField: 'lead', foreignField: '_id', as: 'visits' } },
        { $addFields: { of: { $ifNull: ['$of', { $arrayElemAt: ['$visits', 0] }] } } },
      ]
    : [];
  return [...joinOne('leads', 'lead'), ...nameOutcome(request, 'of.'), ...visits, ...wanted];
}

/** Plain dollars, as a lead carries them, in whole micro-dollars. */
export function microsOf(dollars: string): Expression {
  return { $floor: { $add: [{ $multiply: [{ $ifNull: [dollars, 0] }, MICROS_PER_DOLLAR] }, 0.5] } };
}

/** What a record's tracking fields say it cost, as `costAfter` of rules/cost.ts reads them. */
export function costAt(tracking: string): Expression {
  const cost = microsOf(`${tracking}.cost`);
  const taken = { $in: [{ $ifNull: [`${tracking}.cost_operation`, null] }, ['subtract', 'substract']] };
  return { $cond: [taken, { $subtract: [0, cost] }, cost] };
}
