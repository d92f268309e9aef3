import { randomUUID } from 'node:crypto';
import { enterOnAccount } from '../../activities/delivery/credit.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { insertFence } from '../../models/fence.ts';
import type { LedgerRecord } from '../../models/ledger.ts';
import type { LeadModels } from '../../models/models.ts';
import type { Micros } from '../../rules/money.ts';
import type { Side } from '../../rules/report/dimensions.ts';

/** Money that moved outside leads, as an operator enters it. */
export interface Entry {
  side: Side;
  /** The buyer or the seller. */
  party: string;
  kind: 'deposit' | 'payment' | 'adjustment';
  /** In the party's favour: a deposit, a credit note. Below zero against it; a payment to a seller is. */
  amount: Micros;
  /** The operator's own name of it: entered again under the same one it changes nothing. */
  reference: string;
  /** Code of why. */
  reason?: string | undefined;
  /** Of a buyer: it pays for what was bought before the buyer had billing, and leaves its account as it is. */
  offAccount?: boolean;
  at: Date;
}

/**
 * Enters money in the ledger once for each reference, and in the account of a buyer.
 *
 * @returns whether it is new
 * @throws LeadwireError `entry_conflict` when the reference was used for another amount
 */
export async function enterEntry(models: Pick<LeadModels, 'caps' | 'ledger'>, entry: Entry): Promise<boolean> {
  const { side, party, kind, amount, reference, reason, offAccount = false, at } = entry;
  const row = {
    _id: `${party}:${kind}:${reference}`,
    kind,
    reference,
    ...(reason === undefined ? {} : { reason }),
    at,
  };
  const wanted: LedgerRecord =
    side === 'buyer'
      ? // Taking from 0 makes no minus zero.
        { ...row, buyer: party, amount: 0 - amount, payout: 0 }
      : { ...row, seller: party, amount: 0, payout: amount };
  const mark = randomUUID();
  const { entered, isNew } =
    side === 'buyer' && !offAccount
      ? await enterMarked(models, { ...wanted, buyer: party, mark })
      : await enterPlain(models, wanted);
  const same =
    entered.amount === wanted.amount &&
    entered.payout === wanted.payout &&
    (side === 'seller' || (entered.onAccount === true) !== offAccount);
  if (!same) throw new LeadwireError('entry_conflict');
  return isNew;
}

interface Entered {
  /** The row as it is in the ledger. */
  entered: LedgerRecord;
  isNew: boolean;
}

async function enterMarked(
  models: Pick<LeadModels, 'caps' | 'ledger'>,
  row: LedgerRecord & { buyer: string; mark: string },
): Promise<Entered> {
  const entered = await enterOnAccount(models, row);
  return { entered, isNew: entered.mark === row.mark };
}

async function enterPlain({ ledger }: Pick<LeadModels, 'ledger'>, row: LedgerRecord): Promise<Entered> {
  const fenced = await insertFence<LedgerRecord>(ledger, row, () => false);
  return { entered: fenced.ours ? row : fenced.record, isNew: fenced.ours };
}
