import { ApplicationFailure } from '@temporalio/common';
import { untilAnswered } from '../../models/fence.ts';
import { native } from '../../models/native.ts';
import { withdrawalId, type WithdrawalKind, type WithdrawalRecord } from '../../models/withdrawal.ts';
import type { ActivityDeps } from '../deps.ts';

/** As it stands in workflow histories. */
export interface Withdrawal {
  transactionId: string;
  kind: WithdrawalKind;
}

/** What a step of a withdrawal came to, for the history: figures and codes only. */
export interface WithdrawalStep {
  state: WithdrawalRecord['state'];
  /** Integrations that are, or have to be, told. */
  told: number;
  /** Those that were not, of one that is finished. */
  failed?: number;
}

export async function readWithdrawal(
  { models }: Pick<ActivityDeps, 'models'>,
  { transactionId, kind }: Withdrawal,
): Promise<WithdrawalRecord> {
  const _id = withdrawalId(transactionId, kind);
  const found = await untilAnswered(() => native<WithdrawalRecord>(models.withdrawals).findOne({ _id }));
  if (!found) throw ApplicationFailure.create({ message: 'unknown_withdrawal', type: 'final', nonRetryable: true });
  return found;
}

export async function changeWithdrawal(
  { models }: Pick<ActivityDeps, 'models'>,
  { _id }: WithdrawalRecord,
  set: Partial<WithdrawalRecord>,
  unset: Partial<Record<keyof WithdrawalRecord, ''>> = {},
): Promise<void> {
  const change = { $set: set, ...(Object.keys(unset).length > 0 ? { $unset: unset } : {}) };
  await untilAnswered(() => native<WithdrawalRecord>(models.withdrawals).updateOne({ _id }, change as never));
}

/** Not now: the workflow looks again after a while. */
export function lookAgain({ time }: Pick<ActivityDeps, 'time'>, why: string, pauseMs: number): ApplicationFailure {
  const nextRetryDelay = Math.max(1, time.timer(pauseMs));
  return ApplicationFailure.create({ message: why, type: 'not_delivered', nextRetryDelay });
}
