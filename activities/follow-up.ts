import { ApplicationFailure } from '@temporalio/common';
import { insertOnce, untilAnswered } from '../models/fence.ts';
import type { FollowUpRecord } from '../models/follow-up.ts';
import { ask } from './ask.ts';
import { campaignOf, integrationOf, type DeliverySubject } from './delivery/subject.ts';
import { uncountCall } from './call-caps.ts';
import type { ActivityDeps } from './deps.ts';
import { eventSubject } from './event/subject.ts';
import { admitFollowUp, type Admission } from './follow-up-admission.ts';
import { soldView } from './sold-view.ts';
import type { FollowUpStep } from './steps.ts';

const DELIVER_TIMEOUT_MS = 20_000;

export interface FollowUp {
  transactionId: string;
  integration: string;
  /** Id of the event it follows. Absent: it follows the lead's outcome. */
  event?: string;
}

/**
 * Delivers a lead to a service after its outcome, or what happened after an event. A recognised yes ends it, so does a
 * recognised no; anything else is tried again by the workflow.
 */
export async function deliverFollowUp(deps: ActivityDeps, followUp: FollowUp): Promise<FollowUpStep> {
  const record = await openRecord(deps, followUp);
  if (record.state !== 'open') return stepOf(record);
  const subject = await (followUp.event === undefined
    ? leadSubject(deps, followUp)
    : eventSubject(deps, followUp.event, followUp.integration));
  if (!subject) return close(deps, record, { state: 'failed', reason: 'integration_removed' });
  const { lead, integration } = subject;
  const operation = integration.operations.deliver ?? integration.operations.retain;
  if (!operation || (lead.mode === 'test' && !operation.hasTestUrl)) {
    return close(deps, record, { state: 'failed', reason: operation ? 'no_test_endpoint' : 'no_operation' });
  }
  const admission = await admitFollowUp(deps, subject);
  if (!admission.admitted) return keepAway(deps, record, admission);
  const asked = await ask(deps, subject, operation, DELIVER_TIMEOUT_MS);
  const attempted = { attempts: record.attempts + 1, lastExchange: asked.exchange };
  const outcome = asked.interpretation?.outcome;
  if (outcome === 'accepted' || outcome === 'duplicate') {
    return close(deps, record, { ...attempted, state: 'done', reason: outcome });
  }
  await uncountCall(deps.models.caps, admission.counted);
  if (outcome === 'rejected') return close(deps, record, { ...attempted, state: 'failed', reason: 'rejected' });
  await close(deps, record, { ...attempted, state: 'open', reason: asked.fault ?? outcome });
  throw ApplicationFailure.create({ message: asked.fault ?? outcome ?? 'no_answer', type: 'not_delivered' });
}

/** Its own rule, area, schedule or caps say no: for good, or for now, and then the workflow tries again. */
async function keepAway(
  deps: ActivityDeps,
  record: FollowUpRecord,
  { reason, never, retryInMs }: Extract<Admission, { admitted: false }>,
): Promise<FollowUpStep> {
  const step = await close(deps, record, { state: never ? 'skipped' : 'open', reason });
  if (never) return step;
  const retry = retryInMs === undefined ? {} : { nextRetryDelay: retryInMs };
  throw ApplicationFailure.create({ message: reason, type: 'not_delivered', ...retry });
}

/** Ends a delivery that was tried for as long as it may be. */
export async function failFollowUp(deps: ActivityDeps, followUp: FollowUp): Promise<FollowUpStep> {
  const record = await openRecord(deps, followUp);
  if (record.state !== 'open') return stepOf(record);
  return close(deps, record, { state: 'failed', reason: record.reason ?? 'out_of_time' });
}

async function leadSubject(deps: ActivityDeps, { transactionId, integration }: FollowUp): Promise<DeliverySubject> {
  const lead = await deps.records.lead(transactionId);
  const campaign = await campaignOf(deps, lead);
  const captured = await soldView(deps, transactionId);
  return { lead, campaign, integration: integrationOf(campaign, integration), captured };
}

async function openRecord({ models }: ActivityDeps, followUp: FollowUp): Promise<FollowUpRecord> {
  const { transactionId: lead, integration, event } = followUp;
  const _id = `${event ?? lead}:${integration}`;
  const after = event === undefined ? {} : { event };
  const fresh = { _id, lead, integration, ...after, state: 'open' as const, attempts: 0, changedAt: new Date() };
  const found = await untilAnswered(() => models.followUps.findById(_id).lean().exec());
  if (found) return found;
  await insertOnce(models.followUps, fresh);
  return fresh;
}

async function close(
  { models }: ActivityDeps,
  record: FollowUpRecord,
  change: Partial<FollowUpRecord>,
): Promise<FollowUpStep> {
  const changed = { ...record, ...change, changedAt: new Date() };
  await untilAnswered(() => models.followUps.updateOne({ _id: record._id, state: 'open' }, { $set: changed }));
  return stepOf(changed);
}

function stepOf({ state, reason, attempts }: FollowUpRecord): FollowUpStep {
  return { state, attempts, ...(reason ? { reason } : {}) };
}
