import { recordChange } from '../../config/audit.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { AuditModel } from '../../models/audit.ts';
import type { LeadModels } from '../../models/models.ts';
import type { Micros } from '../../rules/money.ts';
import { enterEntry, type Entry } from './entries.ts';

/** What a reference looks like: a part of the entry's id. */
export const REFERENCE = /^[A-Za-z0-9][\w.-]{0,79}$/;

/** Money that moved outside leads, as an operator says it. */
export interface EntryOrder extends Pick<Entry, 'party' | 'kind' | 'reference' | 'reason' | 'offAccount'> {
  /** How much; always above zero. */
  amount: Micros;
  /** Of an adjustment: against the party instead of in its favour. */
  against?: boolean;
  /** For the audit log. */
  by: string;
}

export interface EntryDeps {
  models: Pick<LeadModels, 'caps' | 'ledger'>;
  audit: AuditModel;
  /** Whether somebody of this id is there now: an entry for somebody nobody knows is a slip of the pen. */
  isThere: (side: Entry['side'], id: string) => boolean;
}

/**
 * Enters money once for each reference, and says so in the audit log.
 *
 * @returns what was entered, or was before under the same reference
 * @throws LeadwireError `unknown_party`, `entry_conflict`
 */
export async function enterOrder(
  { models, audit, isThere }: EntryDeps,
  { amount, against = false, by, ...order }: EntryOrder,
): Promise<{ isNew: boolean; entry: Entry }> {
  const { party, kind, reference, reason } = order;
  const entry: Entry = {
    ...order,
    side: sideOf(isThere, order),
    amount: against || kind === 'payment' ? -amount : amount,
    at: new Date(),
  };
  const isNew = await enterEntry(models, entry);
  if (isNew) {
    const details = reason === undefined ? {} : { details: { reason } };
    const id = `${party}:${kind}:${reference}`;
    await recordChange(audit, { at: entry.at, who: by, what: 'ledger', kind: 'created', id, ...details });
  }
  return { isNew, entry };
}

function sideOf(isThere: EntryDeps['isThere'], { party, kind }: Pick<Entry, 'party' | 'kind'>): Entry['side'] {
  if (kind !== 'payment' && isThere('buyer', party)) return 'buyer';
  if (kind !== 'deposit' && isThere('seller', party)) return 'seller';
  const wanted = { deposit: 'buyer', payment: 'seller', adjustment: 'buyer or seller' }[kind];
  throw new LeadwireError('unknown_party', { message: `No ${wanted} has the id ${party}` });
}
