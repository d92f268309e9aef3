import type { ActivityDeps } from '../../activities/deps.ts';
import { markWithdrawn } from '../../activities/withdrawal/close.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { insertFence, untilAnswered } from '../../models/fence.ts';
import type { LeadModels } from '../../models/models.ts';
import type { LeadRecord } from '../../models/lead.ts';
import { putRow, resumeRow, withdrawalRow } from '../../models/outbox.ts';
import { withdrawalId, type WithdrawalKind, type WithdrawalRecord } from '../../models/withdrawal.ts';
import { pingIdOf } from '../../rules/ping-id.ts';
import { isTransactionId } from '../../rules/transaction-id.ts';

export interface WithdrawalDeps extends Pick<ActivityDeps, 'kick'> {
  models: LeadModels;
}

/** Whose lead, ping or visit it is. */
export type Withdrawable = Pick<LeadRecord, 'campaign' | 'seller' | 'source' | 'mode'>;

export interface WithdrawalRequest {
  id: string;
  kind: WithdrawalKind;
  /** Code of the reason. */
  why?: string | undefined;
  /** For the proof: `key:…`, `cli:…`. */
  by: string;
  /** Whether who asks may do so. Default anybody may. */
  mayAsk?: (of: Withdrawable) => boolean;
}

/**
 * Marks a lead so that nobody gets it any more, and leaves the rest to a workflow. Asking again changes nothing, and
 * shows how it stands.
 *
 * @returns the proof, and whether this request began it
 * @throws LeadwireError `unknown_lead`
 */
export async function requestWithdrawal(
  { models, kick }: WithdrawalDeps,
  { id, kind, why, by, mayAsk = () => true }: WithdrawalRequest,
): Promise<{ record: WithdrawalRecord; isNew: boolean }> {
  const found = isTransactionId(id) ? await findWithdrawable(models, id, kind) : undefined;
  if (!found || !mayAsk(found)) throw new LeadwireError('unknown_lead');
  const { campaign, source, mode } = found;
  const record: WithdrawalRecord = {
    _id: withdrawalId(id, kind),
    ...{ lead: id, kind, campaign, source, mode, state: 'open', by },
    ...(why === undefined ? {} : { why }),
    requestedAt: new Date(),
  };
  // Before it: whoever dies in between leaves work that is found.
  const row = withdrawalRow(id, kind);
  await putRow(models.outbox, row);
  const fenced = await insertFence<WithdrawalRecord>(models.withdrawals, record, () => false);
  if (!fenced.ours) return { record: fenced.record, isNew: false };
  await markWithdrawn(models, id, kind, record.requestedAt);
  const rows = [row, resumeRow(id)];
  // A lead that is held or in doubt ends at once.
  if (found.isOpen) await putRow(models.outbox, resumeRow(id));
  kick(found.isOpen ? rows : [row]);
  return { record, isNew: true };
}

/** A consent is that of a lead; data may be of a ping or a visit as well. */
async function findWithdrawable(
  { leads, clicks, pings }: LeadModels,
  id: string,
  kind: WithdrawalKind,
): Promise<(Withdrawable & { isOpen: boolean }) | undefined> {
  const lead = await untilAnswered(() => leads.findById(id).lean().exec());
  if (lead) return { ...lead, isOpen: lead.state === 'concluded' && (lead.outcome === 'held' || lead.open === true) };
  if (kind === 'revoke') return undefined;
  const click = await untilAnswered(() => clicks.findById(id).lean().exec());
  const found = click ?? (await untilAnswered(() => pings.findById(pingIdOf(id)).lean().exec()));
  return found ? { ...found, isOpen: false } : undefined;
}
