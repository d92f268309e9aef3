import { z } from 'zod';
import { readCredit } from '../../activities/delivery/credit.ts';
import { authorOf } from '../../config/audit.ts';
import type { OperatorKey } from '../../config/key-holder.ts';
import type { ConfigurationRuntime } from '../../config/runtime.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { AuditModel } from '../../models/audit.ts';
import type { LeadModels } from '../../models/models.ts';
import { parsePrice, toDecimal } from '../../rules/money.ts';
import { returnReasonSchema } from '../../schema/money.ts';
import { operation, type Operation } from '../api/operation.ts';
import { creditShown, shownCredit } from '../statements/credit-shown.ts';
import { enterOrder, REFERENCE } from '../statements/operator-entry.ts';

export interface LedgerRouteDeps {
  models: LeadModels;
  config: ConfigurationRuntime;
  audit: AuditModel;
}

const NO_STORE = { 'cache-control': 'no-store' };
const KINDS = ['deposit', 'payment', 'adjustment'] as const;
const party = z.string().max(100);
const reference = z.string().regex(REFERENCE);

const body = z
  .strictObject({
    kind: z.enum(KINDS).describe('deposit: a buyer paid. payment: a seller was paid. adjustment: of either'),
    party: party.describe('`buy_…` or `sel_…`'),
    amount: z.number().positive().max(1_000_000_000).describe('Dollars'),
    reference: reference.describe("Your own name of it, such as the bank's: entered again it changes nothing"),
    against: z.boolean().optional().describe('Of an adjustment: against the party instead of in its favour'),
    reason: returnReasonSchema.optional().describe('Why, as a code of your own. An adjustment needs one'),
    off_account: z
      .boolean()
      .optional()
      .describe('Of a buyer: its credit stays as it is; it pays for what was bought before it had billing'),
  })
  .refine(({ kind, reason }) => kind !== 'adjustment' || reason !== undefined, 'an adjustment needs a reason')
  .refine(({ kind, against }) => kind === 'adjustment' || !against, 'only an adjustment is against its party');

const entered = z.object({
  id: z.string(),
  kind: z.enum(KINDS),
  party,
  amount: z.number().describe("Dollars in the party's favour; below zero against it, as a payment to a seller is"),
  reference: z.string(),
  reason: z.string().optional(),
  off_account: z.literal(true).optional(),
});

/** What operators do with money: `POST /api/ledger/entries`, `GET /api/credit`. */
export function ledgerOperations({ models, config, audit }: LedgerRouteDeps): Operation[] {
  const isThere = (side: 'buyer' | 'seller', id: string) =>
    (side === 'buyer' ? config.current().buyers : config.current().sellers).has(id);
  return [
    operation(
      {
        id: 'enterMoney',
        method: 'post',
        path: '/api/ledger/entries',
        tag: 'Money',
        summary: 'Enter money that moved outside leads: a deposit, a payment or an adjustment',
        description:
          'Once for each kind, party and reference: with the same reference again nothing changes, and with another amount ' +
          'nothing is entered. With a live key: sandbox leads cost nothing.',
        access: ['operator'],
        body: { schema: body },
        answers: {
          200: {
            description: 'It is in the ledger',
            schema: z.object({
              status: z.literal(200),
              type: z.literal('success'),
              is_new: z.boolean().describe('false: it was there before'),
              entry: entered,
              credit: shownCredit.optional().describe('How a buyer with billing stands now'),
            }),
          },
        },
        errors: ['invalid_body', 'unknown_party', 'entry_conflict'],
      },
      async ({ body: sent, key }) => {
        requireLive(key);
        const { success, data, error } = body.safeParse(sent);
        if (!success) throw new LeadwireError('invalid_body', { message: faultOf(error) });
        const { off_account: offAccount = false, amount, ...order } = data;
        const micros = parsePrice(amount);
        if (!micros) throw new LeadwireError('invalid_body', { message: 'amount: less than a millionth of a dollar' });
        const { isNew, entry } = await enterOrder(
          { models, audit, isThere },
          { ...order, amount: micros, offAccount, by: authorOf(key) },
        );
        const terms = entry.side === 'buyer' ? config.live().credit.get(entry.party) : undefined;
        const credit = terms && creditShown(await readCredit(models, entry.party, terms));
        const shown = {
          id: `${entry.party}:${entry.kind}:${entry.reference}`,
          ...{ kind: entry.kind, party: entry.party, amount: toDecimal(entry.amount), reference: entry.reference },
          ...(entry.reason === undefined ? {} : { reason: entry.reason }),
          ...(offAccount ? { off_account: true } : {}),
        };
        const answer = { status: 200, type: 'success', is_new: isNew, entry: shown, ...(credit ? { credit } : {}) };
        return { status: 200, headers: NO_STORE, body: answer };
      },
    ),
    operation(
      {
        id: 'listCredit',
        method: 'get',
        path: '/api/credit',
        tag: 'Money',
        summary: 'What the buyers with billing have left to spend',
        description: 'With a live key, as all money.',
        access: ['operator'],
        query: z.strictObject({ buyer: party.optional().describe('Only this one') }),
        answers: {
          200: {
            description: 'Their accounts, in dollars',
            schema: z.object({
              status: z.literal(200),
              type: z.literal('success'),
              accounts: z.array(shownCredit.extend({ buyer: z.string() })),
            }),
          },
        },
        errors: [],
      },
      async ({ query: { buyer: only }, key }) => {
        requireLive(key);
        const wanted = [...config.live().credit].filter(([id]) => only === undefined || id === only);
        const accounts = await Promise.all(
          wanted.map(async ([buyer, terms]) => ({ buyer, ...creditShown(await readCredit(models, buyer, terms)) })),
        );
        return { status: 200, headers: NO_STORE, body: { status: 200, type: 'success', accounts } };
      },
    ),
  ];
}

function requireLive({ mode }: OperatorKey): void {
  if (mode !== 'live') throw new LeadwireError('key_not_allowed', { message: 'A test key moves no money' });
}

/** Where the body is wrong, without what was sent. */
function faultOf({ issues: [issue] }: z.ZodError): string {
  const path = issue?.path.join('.');
  return path ? `${path}: ${issue?.message}` : (issue?.message ?? 'Send kind, party, amount and reference');
}
