import { z } from 'zod';
import { readCredit } from '../../activities/delivery/credit.ts';
import type { KeyHolder } from '../../config/key-holder.ts';
import type { ConfigurationRuntime } from '../../config/runtime.ts';
import type { LeadModels } from '../../models/models.ts';
import type { Credit } from '../../rules/billing.ts';
import { csvFile } from '../api/csv-file.ts';
import { operation, type Operation } from '../api/operation.ts';
import { daysOf, ownerOf, reportQuery } from '../reports/request.ts';
import { creditShown, shownCredit } from '../statements/credit-shown.ts';
import { emptyStatement, makeStatement, statementColumns, type Statement } from '../statements/statement.ts';

export interface StatementDeps {
  models: LeadModels;
  config: ConfigurationRuntime;
  /** Rows of the longest statement. */
  maxRows: number;
}

const { from, to, timezone, format } = reportQuery.shape;
const query = z.strictObject({ from, to, timezone, format });

const sellers = (about: string) => z.number().optional().describe(`${about}. Sellers only`);
const buyers = (about: string) => z.number().optional().describe(`${about}. Buyers only`);
const line = z.object({
  sales: z.int().min(0),
  returns: z.int().min(0),
  earned: sellers('Payouts of the sales'),
  clawbacks: sellers('Taken back of payouts for what was returned'),
  events: sellers('Verified revenue of events'),
  clicks: sellers('Payouts of clicks on offers'),
  payments: sellers('Paid to the seller'),
  charges: buyers('Prices of the sales'),
  refunds: buyers('Prices of what was given back'),
  deposits: buyers('Paid by the buyer'),
  adjustments: z.number().describe('Corrections, in its favour; below zero against it'),
  balance: z.number().describe('What a seller is owed; of a buyer deposits less what it owes: below zero it owes'),
});

const answered = z.object({
  status: z.literal(200),
  type: z.literal('success'),
  from: z.iso.date(),
  to: z.iso.date(),
  timezone: z.string(),
  opening_balance: z.number().describe('Before the first day'),
  closing_balance: z.number().describe('After the last day'),
  rows: z.array(
    line.extend({
      day: z.iso.date(),
      source: z.string().nullable().optional().describe('Sellers only; null of what is for no source'),
      campaign: z.string().nullable().optional().describe('Buyers only; null of what is for no campaign'),
    }),
  ),
  totals: line,
  credit: shownCredit.optional().describe('How a buyer with billing stands now'),
  sandbox: z.literal(true).optional(),
});

/** `GET /api/statement`: the money between the exchange and a seller or a buyer. */
export function statementOperations({ models, config, maxRows }: StatementDeps): Operation[] {
  return [
    operation(
      {
        id: 'getStatement',
        method: 'get',
        path: '/api/statement',
        tag: 'Reports',
        summary: 'What you earned or owe, day by day, with the balance carried on',
        description:
          'From the ledger, by when money moved: a return counts on the day it was returned. A seller sees its sources, a ' +
          'buyer its campaigns. With `format=csv`, or `Accept: text/csv`, the rows come as CSV.',
        access: ['seller', 'buyer'],
        query,
        answers: {
          200: {
            description: 'The statement; amounts in dollars',
            schema: answered,
            also: { 'text/csv': z.string().describe('A header row, then the rows') },
          },
        },
        errors: ['report_too_large'],
      },
      async ({ query: asked, key, context }) => {
        const owner = ownerOf(key);
        const days = daysOf({ ...asked, timezone: asked.timezone ?? 'UTC' }, Date.now());
        const sandbox = key.mode === 'test';
        const statement = sandbox ? emptyStatement(owner) : await makeStatement(models, owner, days, maxRows);
        const [first, last] = [days.dates[0]!, days.dates.at(-1)!];
        if ((asked.format ?? context.accepts('json', 'csv')) === 'csv') {
          return csvFile(`statement-${first}-${last}`, statementColumns(owner.side), statement.rows);
        }
        const credit = sandbox ? undefined : await creditFor(key);
        const body = {
          ...{ status: 200, type: 'success', from: first, to: last, timezone: days.timezone },
          ...shown(statement),
          ...(credit ? { credit: creditShown(credit) } : {}),
          ...(sandbox ? { sandbox } : {}),
        };
        return { status: 200, headers: { 'cache-control': 'no-store' }, body };
      },
    ),
  ];

  async function creditFor(key: KeyHolder): Promise<Credit | undefined> {
    if (key.kind !== 'buyer') return undefined;
    const terms = config.live().credit.get(key.buyer);
    return terms && readCredit(models, key.buyer, terms);
  }
}

function shown({ opening, rows, totals }: Statement) {
  return { opening_balance: opening, closing_balance: totals.balance, rows, totals };
}
