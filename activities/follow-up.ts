import { ApplicationFailure } from '@temporalio/common';
import { isDuplicateKey, untilAnswered } from '../models/fence.ts';
import type { FollowUpRecord } from '../models/follow-up.ts';
import { toDecimal } from '../rules/money.ts';
import { ask } from './ask.ts';
import { campaignOf, integrationOf } from './delivery/subject.ts';
import type { ActivityDeps } from './deps.ts';
import type { FollowUpStep } from './steps.ts';

const DELIVER_TIMEOUT_MS = 20_000;

interface FollowUp {
  transactionId: string;
  integration: string;
}

/**
 * Delivers a lead to a service after its outcome. A recognised yes ends it, so does a recognised no; anything else is
 * tried again by the workflow.
 */
export async function deliverFollowUp(
  deps: ActivityDeps,
  { transactionId, integration: id }: FollowUp,
): Promise<FollowUpStep> {
  const record = await openRecord(deps, transactionId, id);
  if (record.state !== 'open') return stepOf(record);
  const lead = await deps.records.lead(transactionId);
  const campaign = await campaignOf(deps, lead);
  const integration = integrationOf(campaign, id);
  const operation = integration.operations.deliver;
  if (!operation || (lead.mode === 'test' && !operation.hasTestUrl)) {
    return close(deps, record, { state: 'failed', reason: operation ? 'no_test_endpoint' : 'no_operation' });
  }
  const captured = await soldView(deps, transactionId);
  const asked = await ask(deps, { lead, campaign, integration, captured }, operation, DELIVER_TIMEOUT_MS);
  const attempted = { attempts: record.attempts + 1, lastExchange: asked.exchange };
  const outcome = asked.interpretation?.outcome;
  if (outcome === 'accepted' || outcome === 'duplicate') {
    return close(deps, record, { ...attempted, state: 'done', reason: outcome });
  }
  if (outcome === 'rejected') return close(deps, record, { ...attempted, state: 'failed', reason: 'rejected' });
  await close(deps, record, { ...attempted, state: 'open', reason: asked.fault ?? outcome });
  throw ApplicationFailure.create({ message: asked.fault ?? outcome ?? 'no_answer', type: 'not_delivered' });
}

/** Ends a delivery that was tried for as long as it may be. */
export async function failFollowUp(
  deps: ActivityDeps,
  { transactionId, integration }: FollowUp,
): Promise<FollowUpStep> {
  const record = await openRecord(deps, transactionId, integration);
  if (record.state !== 'open') return stepOf(record);
  return close(deps, record, { state: 'failed', reason: record.reason ?? 'out_of_time' });
}

async function openRecord({ models }: ActivityDeps, lead: string, integration: string): Promise<FollowUpRecord> {
  const _id = `${lead}:${integration}`;
  const fresh = { _id, lead, integration, state: 'open' as const, attempts: 0, changedAt: new Date() };
  const found = await untilAnswered(() => models.followUps.findById(_id).lean().exec());
  if (found) return found;
  try {
    await models.followUps.insertOne(fresh);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
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

/** What a service after the outcome sees beside the lead's fields: what was captured, and what became of the lead. */
async function soldView({ models }: ActivityDeps, transactionId: string): Promise<Record<string, unknown>> {
  const lead = await untilAnswered(() => models.leads.findById(transactionId).lean().exec());
  const sales = lead?.sales ?? [];
  return {
    ...lead?.captured,
    outcome: lead?.outcome,
    reason: lead?.reason,
    price: toDecimal(sales.reduce((sum, { price }) => sum + price, 0)),
    buyer: sales.map(({ buyer }) => buyer).join(','),
  };
}
