import { proxyActivities, setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { Activities } from '../activities/create-activities.ts';
import type { Withdrawal, WithdrawalStep } from '../activities/withdrawal/record.ts';
import { OUTCOME } from './search-attributes.ts';

// What has to wait says itself for how long. This is for steps that could not be made.
const { closeLead, blankLead, finishWithdrawal } = proxyActivities<Activities>({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '15 s',
  retry: { initialInterval: '5 s', backoffCoefficient: 1, nonRetryableErrorTypes: ['final'] },
});

/**
 * Takes back the consent of a lead, or erases its data: nobody gets it any more, everybody who got it and wants to know
 * is told, and what we hold is blanked. Ends when all that is proven, or visibly incomplete.
 */
export async function withdrawal(input: Withdrawal): Promise<WithdrawalStep> {
  const { told } = await closeLead(input);
  if (input.kind === 'erase') await blankLead(input);
  setCurrentDetails(`${told} to be told`);
  const step = await finishWithdrawal(input);
  if (step.state === 'incomplete') {
    upsertSearchAttributes([{ key: OUTCOME, value: 'failed' }]);
    setCurrentDetails(`**incomplete**: ${step.failed ?? 0} of ${step.told} could not be told`);
  } else setCurrentDetails(`${step.told} told`);
  return step;
}
