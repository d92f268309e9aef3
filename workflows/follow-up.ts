import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/create-activities.ts';
import type { FollowUpStep } from '../activities/steps.ts';

const { deliverFollowUp, failFollowUp } = proxyActivities<Activities>({
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '15 s',
  // From seconds to hours, for three days. Retries stay out of the history.
  retry: {
    initialInterval: '5 s',
    backoffCoefficient: 4,
    maximumInterval: '6 hours',
    nonRetryableErrorTypes: ['final'],
  },
  scheduleToCloseTimeout: '3 days',
});

export interface FollowUpInput {
  transactionId: string;
  integration: string;
  /** Id of the event it follows. Absent: it follows the lead's outcome. */
  event?: string;
}

/** Delivers a lead to a CRM, dialer or other service after its outcome or an event, or ends visibly failed. */
export async function followUp(input: FollowUpInput): Promise<FollowUpStep> {
  try {
    return await deliverFollowUp(input);
  } catch {
    return await failFollowUp(input);
  }
}
