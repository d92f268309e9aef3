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
  const { side, party, kind, amount, reference, offAccount = false, at } = entry;
  const row = { _id: `${party}:${kind}:${reference}`, kind, reference, at };
  const wanted: LedgerRecord =
    side === 'buyer'
      ? // Taking from 0 makes no minus zero.
        { ...row, buyer: party, amount: 0 - amount, payout: 0 }
      : { ...row, seller: party, amount: 0, payout: amount };
  const entered =
    side === 'buyer' && !offAccount
      ? await enterOnAccount(models, { ...wanted, buyer: party })
      : await enterPlain(models, wanted);
  const same =
    entered.amount === wanted.amount &&
    entered.payout === wanted.payout &&
    (side === 'seller' || (entered.onAccount === true) !== offAccount);
  if (!same) throw new LeadwireError('entry_conflict');
  return entered.at.getTime() === at.getTime();
}

async function enterPlain({ ledger }: Pick<LeadModels, 'ledger'>, row: LedgerRecord): Promise<LedgerRecord> {
  const fenced = await insertFence<LedgerRecord>(ledger, row, () => false);
  return fenced.ours ? row : fenced.record;
}
