import {
  condition,
  continueAsNew,
  defineSignal,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/create-activities.ts';
import { report, type LeadResult } from './lead.ts';

const { reviewLead, sellLead } = proxyActivities<Activities>({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '15 s',
  retry: { initialInterval: '1 s', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** A delivery of the lead was settled from outside: look again. */
export const settled = defineSignal('settled');

export interface ResumeInput {
  transactionId: string;
}

/**
 * Everything that happens to a lead after its own workflow ended without a final outcome: asks about ambiguous posts,
 * keeps deadlines, and sells on after a late reject. All continuations of a lead share this one workflow.
 */
export async function resume({ transactionId }: ResumeInput): Promise<LeadResult> {
  let woken = false;
  setHandler(settled, () => {
    woken = true;
  });
  for (;;) {
    woken = false;
    const step = await reviewLead({ transactionId });
    if (step.next === 'auction' || step.next === 'offer') report(await sellLead(step));
    else if (step.next === 'wait') await condition(() => woken, Math.max(1000, (step.until ?? 0) - Date.now()));
    else if (!woken) return report({ ...step, participants: {}, ranked: [] });
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof resume>({ transactionId });
  }
}
