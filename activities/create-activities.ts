import type { ActivityDeps } from './deps.ts';
import { deliverFollowUp, failFollowUp } from './follow-up.ts';
import { reviewLead } from './review.ts';
import { sellLead } from './sell.ts';
import type { LeadStep } from './steps.ts';

/** Every step of a workflow that touches the world. Names and arguments are part of recorded histories. */
export function createActivities(deps: ActivityDeps) {
  return {
    sellLead: (step: LeadStep) => sellLead(deps, step),
    reviewLead: (input: { transactionId: string }) => reviewLead(deps, input),
    deliverFollowUp: (input: { transactionId: string; integration: string }) => deliverFollowUp(deps, input),
    failFollowUp: (input: { transactionId: string; integration: string }) => failFollowUp(deps, input),
  };
}
export type Activities = ReturnType<typeof createActivities>;
