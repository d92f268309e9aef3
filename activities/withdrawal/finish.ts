import { untilAnswered } from '../../models/fence.ts';
import type { FollowUpRecord } from '../../models/follow-up.ts';
import type { LeadRecord } from '../../models/lead.ts';
import { native } from '../../models/native.ts';
import { isTerminal } from '../../rules/outcome.ts';
import type { ActivityDeps } from '../deps.ts';
import { blankRecords } from './blank.ts';
import { changeWithdrawal, lookAgain, readWithdrawal, type Withdrawal, type WithdrawalStep } from './record.ts';

const SHORTEST_MS = 1_000;
const LONGEST_MS = 6 * 3_600_000;
/** Whoever could not be told by then, replays included, never is. Laws leave a month. */
const GIVEN_UP_MS = 30 * 86_400_000;

/** Waits until everybody was told and nothing about the lead is open, and closes the proof. */
export async function finishWithdrawal(deps: ActivityDeps, withdrawal: Withdrawal): Promise<WithdrawalStep> {
  const { models, time } = deps;
  const record = await readWithdrawal(deps, withdrawal);
  const told = record.told ?? [];
  if (record.state !== 'open') return { state: record.state, told: told.length };
  const [notices, lead] = await Promise.all([
    untilAnswered(() =>
      native<FollowUpRecord>(models.followUps)
        .find({ _id: { $in: told } })
        .toArray(),
    ),
    untilAnswered(() => native<LeadRecord>(models.leads).findOne({ _id: record.lead })),
  ]);
  const left = notices.filter(({ state }) => state === 'open' || state === 'failed').length;
  const mayChange = lead?.outcome !== undefined && (!isTerminal(lead.outcome) || lead.open === true);
  const ageMs = time.now() - record.requestedAt.getTime();
  if ((left > 0 || mayChange) && ageMs < GIVEN_UP_MS) {
    throw lookAgain(deps, left > 0 ? 'not_told' : 'lead_open', Math.min(Math.max(ageMs / 2, SHORTEST_MS), LONGEST_MS));
  }
  // Answers that came late, and those to what was told, go too.
  if (record.kind === 'erase') await blankRecords(models, record.lead);
  const state = left > 0 ? 'incomplete' : 'done';
  await changeWithdrawal(deps, record, { state, finishedAt: new Date(time.now()) }, { sealed: '' });
  return { state, told: told.length, ...(left > 0 ? { failed: left } : {}) };
}
