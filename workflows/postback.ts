import { proxyActivities, setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { Activities } from '../activities/create-activities.ts';
import type { PostbackStep } from '../activities/steps.ts';
import { OUTCOME } from './search-attributes.ts';

const { deliverPostback, failPostback } = proxyActivities<Activities>({
  startToCloseTimeout: '90 s',
  // A node that died over an attempt is noticed within this.
  heartbeatTimeout: '15 s',
  // An attempt that the endpoint did not take says itself when the next one is due: from seconds to a day, ten in all.
  // This is for attempts that could not be made: the schedule does not count them. The pause does not grow, since Temporal
  // counts the others too.
  retry: { initialInterval: '10 s', backoffCoefficient: 1 },
  scheduleToCloseTimeout: '21 days',
});

export interface PostbackInput {
  /** The lead that it is about. */
  transactionId: string;
  /** Id of its record. */
  postback: string;
}

/** Tells an endpoint what happened, until it has taken it or the time for it is over. */
export async function postback(input: PostbackInput): Promise<PostbackStep> {
  const step = await deliverOrFail(input);
  if (step.state === 'failed') {
    // Only a failure is worth the search: "LeadOutcome = 'failed'" lists them.
    upsertSearchAttributes([{ key: OUTCOME, value: 'failed' }]);
    setCurrentDetails(`**failed**: ${step.reason ?? 'unknown'} after ${step.attempts} attempts`);
  }
  return step;
}

async function deliverOrFail(input: PostbackInput): Promise<PostbackStep> {
  try {
    return await deliverPostback(input);
  } catch {
    return await failPostback(input);
  }
}
