import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ParentClosePolicy,
  proxyLocalActivities,
  setCurrentDetails,
  startChild,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/create-activities.ts';
import type { EventStep } from '../activities/steps.ts';
import type { postback } from './postback.ts';
import { OUTCOME } from './search-attributes.ts';

// An endpoint has seconds to answer; what it does not take is left to a workflow of its own.
const { tellEvent } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '2 minutes',
  retry: { initialInterval: '200 ms', backoffCoefficient: 2, maximumInterval: '15 s' },
  // A longer pause is the server's timer, so that a node can shut down meanwhile and another take over.
  localRetryThreshold: '1 s',
  summary: 'First attempts',
});

export interface EventInput {
  /** Of the lead, or of a visit without one yet. */
  transactionId: string;
  /** Ids of the records of its postbacks. */
  postbacks: string[];
}

/** One event: tells every endpoint once, and leaves what has to be tried again to workflows that go on for days. */
export async function event({ transactionId, postbacks }: EventInput): Promise<EventStep> {
  const step = await tellEvent({ postbacks });
  for (const id of step.again) await tryAgain(transactionId, id);
  if (step.failed) upsertSearchAttributes([{ key: OUTCOME, value: 'failed' }]);
  setCurrentDetails(`${postbacks.length} told, ${step.again.length} tried again by workflows of their own`);
  return step;
}

async function tryAgain(transactionId: string, id: string): Promise<void> {
  try {
    await startChild<typeof postback>('postback', {
      workflowId: `postback/${id}`,
      args: [{ transactionId, postback: id }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      typedSearchAttributes: workflowInfo().typedSearchAttributes,
      staticSummary: `Postback ${id}`,
    });
  } catch (error) {
    // An operator replays it already.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
