import type { DeliveryRecord } from '../models/delivery.ts';
import { untilAnswered } from '../models/fence.ts';
import { followUpId, type FollowUpRecord } from '../models/follow-up.ts';
import { withdrawnFrom, type LeadRecord } from '../models/lead.ts';
import { withdrawalId, type WithdrawalRecord } from '../models/withdrawal.ts';
import type { CompiledOperation, MappingContext } from '../rules/mapping/operation.ts';
import type { NoticeName } from '../schema/integration.ts';
import type { AskSubject } from './ask.ts';
import { campaignOf } from './delivery/subject.ts';
import type { ActivityDeps } from './deps.ts';
import { eventSubject } from './event/subject.ts';
import type { LeadFacts } from './lead-records.ts';
import type { mappingContext } from './mapping-context.ts';
import { soldViewOf } from './sold-view.ts';

/** What a follow-up is about and whom it goes to, as configured now. */
export interface FollowUpSubject extends AskSubject, Pick<Parameters<typeof mappingContext>[1], 'bid' | 'delivery'> {
  event?: NonNullable<MappingContext['event']>;
}

/** A subject and what it is asked with; or how the follow-up ends instead. */
export type FoundSubject =
  | { subject: FollowUpSubject; operation: CompiledOperation }
  | { ended: Pick<FollowUpRecord, 'reason'> & { state: 'failed' | 'skipped' } };

/**
 * What a follow-up sees at this attempt. The integration and its mapping are those of now, so that a correction takes
 * effect without a replay; one that was taken out goes on as it was when the lead came.
 */
export async function followUpSubject(deps: ActivityDeps, record: FollowUpRecord): Promise<FoundSubject> {
  if (record.operation !== undefined) return noticeSubject(deps, record, record.operation);
  if (record.event !== undefined) {
    const found = await eventSubject(deps, record.event, record.integration);
    if (!found) return failed('integration_removed');
    if ('withdrawn' in found) return skipped(found.withdrawn);
    return withOperation(found, found.integration.operations.deliver);
  }
  const lead = await readLead(deps, record.lead);
  const withdrawn = lead ? withdrawnFrom(lead) : 'erased';
  if (!lead || withdrawn) return skipped(withdrawn ?? 'erased');
  // As it came: an event is followed by what runs on events.
  const facts = await deps.records.lead(lead._id);
  const found = await integrationFor(deps, facts, record.integration);
  if (!found) return failed('integration_removed');
  const { deliver, retain } = found.integration.operations;
  return withOperation({ ...found, lead: facts, captured: soldViewOf(lead) }, deliver ?? retain);
}

/** What became later of a lead that the integration has. Whoever is told is not asked whether it wants to hear it. */
async function noticeSubject(deps: ActivityDeps, record: FollowUpRecord, operation: NoticeName): Promise<FoundSubject> {
  const lead = await readLead(deps, record.lead);
  if (!lead) return failed('integration_removed');
  const sealed = operation === 'erase' ? await openSealed(deps, record.lead) : undefined;
  const facts: LeadFacts = { ...lead, ...(sealed ? { fields: sealed.fields, tracking: sealed.tracking } : {}) };
  const found = await integrationFor(deps, facts, record.integration);
  if (!found) return failed('integration_removed');
  const [delivery, before] = await Promise.all([deliveryTold(deps, record), earlierFollowUp(deps, record)]);
  const own = before?.captured ?? sealed?.own[record.integration] ?? delivery?.captured;
  const leadId = before?.leadId ?? delivery?.buyerLeadId;
  const event = {
    ...{ id: record._id, name: operation, time: record.createdAt.toISOString() },
    ...(record.why === undefined ? {} : { reason: record.why }),
    ...(leadId === undefined ? {} : { lead_id: leadId }),
  };
  const subject = {
    ...{ lead: facts, campaign: found.campaign, integration: found.integration, event },
    captured: { ...soldViewOf(lead), ...sealed?.captured, ...own },
    ...(delivery ? { bid: delivery.bid, delivery: deliveryView(delivery) } : {}),
  };
  return withOperation(subject, found.integration.operations[operation]);
}

function deliveryView({ _id: id, token, createdAt, buyerLeadId }: DeliveryRecord) {
  return {
    ...{ id, token, created_at: createdAt.toISOString() },
    ...(buyerLeadId === undefined ? {} : { lead_id: buyerLeadId }),
  };
}

/** The delivery that was taken back; otherwise the last one that its integration was sent. */
async function deliveryTold(
  { models }: ActivityDeps,
  { lead, integration, delivery }: FollowUpRecord,
): Promise<DeliveryRecord | undefined> {
  if (delivery !== undefined) {
    return (await untilAnswered(() => models.deliveries.findById(delivery).lean<DeliveryRecord>().exec())) ?? undefined;
  }
  const range = { _id: { $gte: `${lead}:`, $lt: `${lead};` } };
  const found = await untilAnswered(() => models.deliveries.find(range).lean<DeliveryRecord[]>().exec());
  return found
    .filter((round) => round.integration === integration && round.state !== 'not_sent' && round.state !== 'reserving')
    .sort((one, other) => other.round - one.round)[0];
}

/** The follow-up that brought its integration the lead: what its answer captured is known to nobody else. */
async function earlierFollowUp(
  { models }: ActivityDeps,
  { lead, integration }: FollowUpRecord,
): Promise<FollowUpRecord | null> {
  const id = followUpId({ lead, integration });
  return untilAnswered(() => models.followUps.findById(id).lean<FollowUpRecord>().exec());
}

/** What the values of an erased lead were, for those who have to be told whose data to erase. */
export interface SealedValues {
  fields: LeadRecord['fields'];
  tracking: LeadRecord['tracking'];
  captured: Record<string, unknown>;
  /** What the answers of each integration captured. */
  own: Record<string, Record<string, unknown>>;
}

async function openSealed({ models, secrets }: ActivityDeps, lead: string): Promise<SealedValues | undefined> {
  const id = withdrawalId(lead, 'erase');
  const found = await untilAnswered(() => models.withdrawals.findById(id).lean<WithdrawalRecord>().exec());
  return found?.sealed ? (JSON.parse(secrets.unseal(`withdrawal/${id}`, found.sealed)) as SealedValues) : undefined;
}

/** The integration as it is now, or, where it was taken out, was when the lead came. */
async function integrationFor(
  deps: ActivityDeps,
  lead: LeadFacts,
  id: string,
): Promise<Pick<FollowUpSubject, 'campaign' | 'integration'> | undefined> {
  const now = deps.config.current().campaigns.get(lead.campaign);
  const campaign = now?.integrations.has(id) ? now : await campaignOf(deps, lead);
  const integration = campaign.integrations.get(id);
  return integration && { campaign, integration };
}

function withOperation(subject: FollowUpSubject, operation: CompiledOperation | undefined): FoundSubject {
  if (!operation) return failed('no_operation');
  if (subject.lead.mode === 'test' && !operation.hasTestUrl) return failed('no_test_endpoint');
  return { subject, operation };
}

/** From the record, whose state another node may have changed. */
function readLead({ models }: ActivityDeps, id: string): Promise<LeadRecord | null> {
  return untilAnswered(() => models.leads.findById(id).lean<LeadRecord>().exec());
}

const failed = (reason: string): FoundSubject => ({ ended: { state: 'failed', reason } });
const skipped = (reason: string): FoundSubject => ({ ended: { state: 'skipped', reason } });
