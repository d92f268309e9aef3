import { patched, proxyActivities, setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { Activities } from '../activities/create-activities.ts';
import type { FollowUp } from '../activities/follow-up.ts';
import type { FollowUpStep } from '../activities/steps.ts';
import { OUTCOME } from './search-attributes.ts';

const { deliverFollowUp, failFollowUp } = proxyActivities<Activities>({
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '15 s',
  // An attempt that was not taken, or a wait, says itself when to go on: see rules/postback/retry.ts. This is for
  // attempts that could not be made. Retries stay out of the history.
  retry: { initialInterval: '10 s', backoffCoefficient: 1, nonRetryableErrorTypes: ['final'] },
  scheduleToCloseTimeout: '21 days',
});

/** `event`: id of the event it follows. `operation`: what it tells later, of a return with its `delivery`. */
export type FollowUpInput = FollowUp;

/**
 * Delivers a lead to a CRM, dialer or other service after its outcome or an event, or tells it what became of the lead
 * later, or ends visibly failed.
 */
export async function followUp(input: FollowUpInput): Promise<FollowUpStep> {
  const step = await deliverOrFail(input);
  if (step.state === 'failed') {
    // Only a failure is worth the search: "LeadOutcome = 'failed'" lists them.
    if (patched('follow-up-shows-failure')) upsertSearchAttributes([{ key: OUTCOME, value: 'failed' }]);
    setCurrentDetails(`**failed**: ${step.reason ?? 'unknown'} after ${step.attempts} attempts`);
  }
  return step;
}

async function deliverOrFail(input: FollowUpInput): Promise<FollowUpStep> {
  try {
    return await deliverFollowUp(input);
  } catch {
    return await failFollowUp(input);
  }
}
