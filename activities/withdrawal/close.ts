import { insertOnce, untilAnswered } from '../../models/fence.ts';
import type { FollowUpRecord } from '../../models/follow-up.ts';
import { withdrawnFrom, type LeadRecord } from '../../models/lead.ts';
import type { LeadModels } from '../../models/models.ts';
import { native } from '../../models/native.ts';
import { followUpRow, putRow, resumeRow } from '../../models/outbox.ts';
import type { WithdrawalKind } from '../../models/withdrawal.ts';
import type { ActivityDeps } from '../deps.ts';
import { freshFollowUp } from '../follow-up.ts';
import { recipientsOf } from './recipients.ts';
import { changeWithdrawal, lookAgain, readWithdrawal, type Withdrawal, type WithdrawalStep } from './record.ts';

/** A sale that is under way ends within its deadline. */
const LOOK_MS = 1_000;

/**
 * Marks a lead or visit so that it is passed on to nobody any more. The lead's turn is counted up: a conclusion that is
 * being drawn meanwhile is drawn anew, and sees it. Harmless to repeat.
 */
export async function markWithdrawn(
  { leads, clicks }: Pick<LeadModels, 'leads' | 'clicks'>,
  _id: string,
  kind: WithdrawalKind,
  at: Date,
): Promise<void> {
  const field = kind === 'erase' ? 'erasedAt' : 'revokedAt';
  const unmarked = { _id, [field]: { $exists: false } };
  await untilAnswered(() =>
    native<LeadRecord>(leads).updateOne(unmarked as never, { $set: { [field]: at }, $inc: { turn: 1 } } as never),
  );
  if (kind === 'erase') {
    await untilAnswered(() => clicks.collection.updateOne(unmarked as never, { $set: { erasedAt: at } }));
  }
}

/**
 * Sees to it that nobody gets the lead any more, and then that everybody who got it and wants to know is told, by a
 * follow-up each. In this order: whom it goes to last is told too.
 */
export async function closeLead(deps: ActivityDeps, withdrawal: Withdrawal): Promise<WithdrawalStep> {
  const { models } = deps;
  const record = await readWithdrawal(deps, withdrawal);
  const { lead: id, kind } = record;
  await markWithdrawn(models, id, kind, record.requestedAt);
  const lead = await untilAnswered(() => native<LeadRecord>(models.leads).findOne({ _id: id }));
  if (lead?.state === 'received') throw lookAgain(deps, 'being_sold', LOOK_MS);
  if (lead?.outcome === 'held') {
    const row = resumeRow(id);
    await putRow(models.outbox, row);
    deps.kick([row]);
    throw lookAgain(deps, 'held', LOOK_MS);
  }
  await skipDeliveries(deps, id, lead ? withdrawnFrom(lead) : 'erased');
  const told = lead ? await tell(deps, lead, kind) : [];
  await changeWithdrawal(deps, record, { told, closedAt: record.closedAt ?? new Date() });
  return { state: 'open', told: told.length };
}

/** What waits for a CRM or dialer to take it waits no longer. */
async function skipDeliveries({ models }: ActivityDeps, lead: string, reason = 'erased'): Promise<void> {
  const open = { _id: { $gte: `${lead}:`, $lt: `${lead};` }, state: 'open' as const, operation: { $exists: false } };
  await untilAnswered(() =>
    native<FollowUpRecord>(models.followUps).updateMany(open, {
      $set: { state: 'skipped', reason, changedAt: new Date() },
      $unset: { nextAt: '' },
    }),
  );
}

async function tell(deps: ActivityDeps, lead: LeadRecord, kind: WithdrawalKind): Promise<string[]> {
  const rows = [];
  const told = [];
  for (const integration of await recipientsOf(deps, lead, kind)) {
    const name = { lead: lead._id, integration, operation: kind };
    const followUp = await freshFollowUp(deps, name);
    const row = followUpRow(name);
    await putRow(deps.models.outbox, row);
    await insertOnce<FollowUpRecord>(deps.models.followUps, followUp);
    rows.push(row);
    told.push(followUp._id);
  }
  deps.kick(rows);
  return told;
}
