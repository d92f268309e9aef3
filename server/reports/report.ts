import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { LeadModels } from '../../models/models.ts';
import type { Dimension } from '../../rules/report/dimensions.ts';
import { addFigures, noFigures, shownFigures, type Figures, type ShownFigures } from '../../rules/report/figures.ts';
import { buyerSide } from './buyer-side.ts';
import type { Contribution } from './contribution.ts';
import type { ReportRequest } from './request.ts';
import { operatorSide } from './operator-side.ts';
import { sellerSide } from './seller-side.ts';
import { asTooLarge, MAX_TIME_MS } from './too-large.ts';

/** Dimensions by name, then figures. */
export type ReportRow = Partial<Record<Dimension, string | null>> & ShownFigures;

export interface Report {
  rows: ReportRow[];
  /** The sum of the rows. */
  totals: ShownFigures;
}

interface Row {
  group: Partial<Record<Dimension, string | number | null>>;
  figures: Figures;
}

/** What a test key is told: sandbox leads are in no report, and live ones are not its own. */
export function emptyReport({ owner }: ReportRequest): Report {
  return { rows: [], totals: shownFigures(owner.side, noFigures()) };
}

/**
 * Makes a report from the records that decide: each collection is grouped and summed by MongoDB, and the sums are put
 * together here.
 *
 * @param maxRows bounds the memory it takes
 * @throws LeadwireError `report_too_large` beyond `maxRows` rows, or when MongoDB takes too long.
 */
export async function makeReport(models: LeadModels, request: ReportRequest, maxRows: number): Promise<Report> {
  const { owner, dimensions } = request;
  const contributions = contributionsTo(request);
  const rows = new Map<string, Row>();
  const add = async (contribution: Contribution) => {
    for await (const { _id: group, ...figures } of sumsOf(models, contribution, maxRows)) {
      const key = JSON.stringify(dimensions.map((dimension) => group[dimension] ?? null));
      const row = rows.get(key) ?? { group, figures: noFigures() };
      addFigures(row.figures, figures);
      rows.set(key, row);
      if (rows.size > maxRows) throw new LeadwireError('report_too_large');
    }
  };
  await Promise.all(contributions.map(add));
  const totals = noFigures();
  for (const { figures } of rows.values()) addFigures(totals, figures);
  const ordered = [...rows.values()].sort((a, b) => compareGroups(dimensions, a.group, b.group));
  return {
    rows: ordered.map(({ group, figures }) => ({
      ...namesOf(request, group),
      ...shownFigures(owner.side, figures),
    })),
    totals: shownFigures(owner.side, totals),
  };
}

function contributionsTo(request: ReportRequest): Contribution[] {
  const { owner } = request;
  if (owner.side === 'operator') return operatorSide(request);
  return owner.side === 'seller' ? sellerSide(request, owner) : buyerSide(request, owner);
}

async function* sumsOf(models: LeadModels, { from, stages }: Contribution, maxRows: number) {
  const collection = models[from].collection;
  // The first answer holds every group or says that it took too long; what follows is read as it is needed.
  const limited = [...stages, { $limit: maxRows + 1 }];
  const cursor = collection.aggregate(limited, { allowDiskUse: true, maxTimeMS: MAX_TIME_MS });
  try {
    for await (const document of cursor) {
      yield document as unknown as { _id: Row['group'] } & Partial<Figures>;
    }
  } catch (error) {
    throw asTooLarge(error);
  } finally {
    await cursor.close();
  }
}

/** Days by their dates. */
function namesOf({ dimensions, days }: ReportRequest, group: Row['group']): ReportRow {
  const names = dimensions.map((dimension) => {
    const value = group[dimension] ?? null;
    if (dimension === 'day') return [dimension, days.dates[value as number]];
    return [dimension, value === null ? null : String(value)];
  });
  return Object.fromEntries(names) as ReportRow;
}

function compareGroups(dimensions: readonly Dimension[], a: Row['group'], b: Row['group']): number {
  for (const dimension of dimensions) {
    const [left, right] = [a[dimension] ?? null, b[dimension] ?? null];
    if (left === right) continue;
    // What has no value comes last.
    if (left === null) return 1;
    if (right === null) return -1;
    return left < right ? -1 : 1;
  }
  return 0;
}
