import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { LedgerRecord } from '../../models/ledger.ts';
import type { LeadModels } from '../../models/models.ts';
import { native } from '../../models/native.ts';
import { toDecimal } from '../../rules/money.ts';
import type { ReportDays } from '../../rules/report/days.ts';
import type { Side } from '../../rules/report/dimensions.ts';
import { changeOf, LINE_OF, statementOf, type LedgerSum, type Line } from '../../rules/statement.ts';
import type { Owner } from '../reports/request.ts';
import { dayAt } from '../reports/stages.ts';
import { asTooLarge, MAX_TIME_MS } from '../reports/too-large.ts';

/** The part of a statement's line that is not a figure. */
export const PART_OF = { seller: 'source', buyer: 'campaign' } as const;

/** What a row of a statement has, in its order. */
export function statementColumns(side: Side): string[] {
  return ['day', PART_OF[side], ...LINE_OF[side]];
}

export interface Statement {
  opening: number;
  rows: ({ day: string; source?: string | null; campaign?: string | null } & Line)[];
  /** The sums of the rows; `balance` is the closing one. */
  totals: Line;
}

/**
 * What happened to the money between a party and the exchange on some days, by when it happened: a return of last
 * month's sale is this month's. A seller's lines are by source, a buyer's by campaign.
 *
 * @throws LeadwireError `report_too_large` beyond `maxRows` lines, or when MongoDB takes too long.
 */
export async function makeStatement(
  models: Pick<LeadModels, 'ledger'>,
  owner: Owner,
  days: ReportDays,
  maxRows: number,
): Promise<Statement> {
  const { side } = owner;
  const own = ownRows(owner);
  const [from, to] = [new Date(days.bounds[0]!), new Date(days.bounds.at(-1)!)];
  const part = PART_OF[side];
  const [before, sums] = await Promise.all([
    sumsOf(models, [{ $match: { ...own, at: { $lt: from } } }, { $group: { _id: null, ...SUMS } }]),
    sumsOf(models, [
      { $match: { ...own, at: { $gte: from, $lt: to } } },
      { $group: { _id: { day: dayAt(days), part: { $ifNull: [`$${part}`, null] }, kind: '$kind' }, ...SUMS } },
      // Seven kinds of rows can be in one line.
      { $limit: maxRows * 7 + 1 },
    ]),
  ]);
  const opening = changeOf(side, before);
  const { lines, totals } = statementOf(side, opening, sums);
  if (lines.length > maxRows) throw new LeadwireError('report_too_large');
  return {
    opening: toDecimal(opening),
    rows: lines.map(({ day, part: name, ...figures }) => ({ day: days.dates[day]!, [part]: name, ...figures })),
    totals,
  };
}

/** What a test key is told: sandbox leads move no money, and live ones are not its own. */
export function emptyStatement({ side }: Owner): Statement {
  return { opening: 0, rows: [], totals: statementOf(side, 0, []).totals };
}

function ownRows(owner: Owner): Record<string, unknown> {
  if (owner.side === 'buyer') return { buyer: owner.buyer };
  // A click that pays the seller nothing is the exchange's own business.
  const paid = { $or: [{ kind: { $ne: 'click' } }, { payout: { $gt: 0 } }] };
  return { seller: owner.seller, ...paid, ...(owner.source === undefined ? {} : { source: owner.source }) };
}

const SUMS = {
  rows: { $sum: 1 },
  amount: { $sum: '$amount' },
  payout: { $sum: { $ifNull: ['$payout', '$amount'] } },
};

async function sumsOf({ ledger }: Pick<LeadModels, 'ledger'>, stages: Record<string, unknown>[]): Promise<LedgerSum[]> {
  try {
    const found = await native<LedgerRecord>(ledger)
      .aggregate<{ _id: Partial<LedgerSum> | null } & Omit<LedgerSum, 'day' | 'part' | 'kind'>>(stages, {
        allowDiskUse: true,
        maxTimeMS: MAX_TIME_MS,
      })
      .toArray();
    return found.map(({ _id, ...sums }) => ({ day: 0, part: null, kind: 'sale', ..._id, ...sums }));
  } catch (error) {
    throw asTooLarge(error);
  }
}
