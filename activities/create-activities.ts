import { evaluateAlerts } from './alerts/evaluate.ts';
import { answerPing } from './answer-ping.ts';
import type { ActivityDeps } from './deps.ts';
import { deliverFollowUp, failFollowUp, type FollowUp } from './follow-up.ts';
import { deliverPostback, failPostback } from './postback/deliver.ts';
import { tellEvent } from './postback/tell-event.ts';
import { reviewLead } from './review.ts';
import { sellLead } from './sell.ts';
import type { LeadStep } from './steps.ts';
import { blankLead } from './withdrawal/blank.ts';
import { closeLead } from './withdrawal/close.ts';
import { finishWithdrawal } from './withdrawal/finish.ts';
import type { Withdrawal } from './withdrawal/record.ts';

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
    closeLead: (input: Withdrawal) => closeLead(deps, input),
    blankLead: (input: Withdrawal) => blankLead(deps, input),
    finishWithdrawal: (input: Withdrawal) => finishWithdrawal(deps, input),
    evaluateAlerts: () => evaluateAlerts(deps),
  };
}
export type Activities = ReturnType<typeof createActivities>;
