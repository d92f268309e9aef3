import { evaluateAlerts } from './alerts/evaluate.ts';
import { answerPing } from './answer-ping.ts';
import type { ActivityDeps } from './deps.ts';
import { deliverFollowUp, failFollowUp, type FollowUp } from './follow-up.ts';
import { deliverPostback, failPostback } from './postback/deliver.ts';
import { tellEvent } from './postback/tell-event.ts';
import { reviewLead } from './review.ts';
import { sellLead } from './sell.ts';
import type { LeadStep } from './steps.ts';

/** Every step of a workflow that touches the world. Names and arguments are part of recorded histories. */
export function createActivities(deps: ActivityDeps) {
  return {
    answerPing: (input: { transactionId: string }) => answerPing(deps, input),
    sellLead: (step: LeadStep) => sellLead(deps, step),
    reviewLead: (input: { transactionId: string }) => reviewLead(deps, input),
    deliverFollowUp: (input: FollowUp) => deliverFollowUp(deps, input),
    deliverPostback: (input: { postback: string }) => deliverPostback(deps, input),
    failPostback: (input: { postback: string }) => failPostback(deps, input),
    tellEvent: (input: { postbacks: string[] }) => tellEvent(deps, input),
    failFollowUp: (input: FollowUp) => failFollowUp(deps, input),
    evaluateAlerts: () => evaluateAlerts(deps),
  };
}
export type Activities = ReturnType<typeof createActivities>;
