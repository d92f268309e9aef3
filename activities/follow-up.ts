import { ApplicationFailure } from '@temporalio/common';
import { LeadwireError } from '../errors/leadwire-error.ts';
import { insertOnce, untilAnswered } from '../models/fence.ts';
import { followUpId, type FollowUpName, type FollowUpRecord } from '../models/follow-up.ts';
import { native } from '../models/native.ts';
import type { EventRecord } from '../models/event.ts';
import type { ReturnRecord } from '../models/return.ts';
import { withdrawalId } from '../models/withdrawal.ts';
import { pauseAfter, readRetryAfter } from '../rules/postback/retry.ts';
import { ask, type Asked } from './ask.ts';
import { uncountCall } from './call-caps.ts';
import type { ActivityDeps } from './deps.ts';
import { admitFollowUp, type Admission } from './follow-up-admission.ts';
import { followUpSubject, type FollowUpSubject } from './follow-up-subject.ts';
import type { FollowUpStep } from './steps.ts';

const DELIVER_TIMEOUT_MS = 20_000;
/** Clocks of two nodes are this far apart at most: a retry that seems early is on time. */
const EARLY_MS = 2_000;
const SHORTEST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 6 * 3_600_000;

/** As it stands in workflow histories. */
export interface FollowUp extends Omit<FollowUpName, 'lead'> {
  transactionId: string;
}

/**
 * Delivers a lead to a service after its outcome, or what happened after an event; or tells it what became of the lead
 * later. A recognised yes ends it, so does a recognised no; anything else is tried again, as long as the schedule of
 * postbacks has attempts. Every attempt carries the record's id as its idempotency key.
 */
export async function deliverFollowUp(deps: ActivityDeps, followUp: FollowUp): Promise<FollowUpStep> {
  const record = await openRecord(deps, followUp);
  if (record.state !== 'open') return stepOf(record);
  const early = (record.nextAt?.getTime() ?? 0) - deps.time.now();
  if (early > EARLY_MS) throw later(deps, record.reason, early);
  const found = await followUpSubject(deps, record);
  if ('ended' in found) return end(deps, record, found.ended);
  const { subject, operation } = found;
  const admission: Admission = record.operation ? { admitted: true, counted: [] } : await admitFollowUp(deps, subject);
  if (!admission.admitted) return keepAway(deps, record, admission);
  // Counted before it is made: an attempt that takes its node down with it is one of them all the same.
  const attempts = await countAttempt(deps, record);
  // Somebody withdrew the lead just now.
  if (attempts === undefined) return stepOf(await openRecord(deps, followUp));
  const headers = { 'idempotency-key': record._id };
  const asked = await ask(deps, withoutDelivery(record, subject), operation, DELIVER_TIMEOUT_MS, headers);
  const heard = { ...record, attempts, ...heardFrom(record, asked) };
  const { interpretation } = asked;
  const outcome = interpretation?.outcome;
  if (interpretation && (outcome === 'accepted' || outcome === 'duplicate')) {
    const { capture, leadId } = interpretation;
    const known = { ...(Object.keys(capture).length > 0 ? { captured: capture } : {}), ...(leadId ? { leadId } : {}) };
    return end(deps, heard, { state: 'done', reason: outcome, ...(record.operation ? {} : known) });
  }
  await uncountCall(deps.models.caps, admission.counted);
  if (outcome === 'rejected') return end(deps, heard, { state: 'failed', reason: 'rejected' });
  const reason = asked.fault ?? outcome ?? 'no_answer';
  const retryAfter = readRetryAfter(asked.retryAfter, deps.time.now());
  const pauseMs = asked.isFinal ? undefined : pauseAfter(attempts, Math.random(), retryAfter);
  if (pauseMs === undefined) return end(deps, heard, { state: 'failed', reason });
  await change(deps, heard, { reason, nextAt: new Date(deps.time.now() + pauseMs) });
  deps.observer.followUp(record.integration, record.operation ?? 'deliver', 'retried');
  throw later(deps, reason, pauseMs);
}

/** A delivery of the lead shows services nothing of its sale; what is told later to a buyer does. */
function withoutDelivery({ operation }: FollowUpRecord, subject: FollowUpSubject): FollowUpSubject {
  if (operation !== undefined) return subject;
  const { bid: _bid, delivery: _delivery, ...shown } = subject;
  return shown;
}

/** What is kept of an answer. Whose data is to be erased is not written down again. */
function heardFrom({ operation }: FollowUpRecord, { exchange, status }: Asked): Partial<FollowUpRecord> {
  return {
    ...(exchange && operation !== 'erase' ? { lastExchange: exchange } : {}),
    ...(status === undefined ? {} : { status }),
  };
}

/** Its own rule, area, schedule or caps say no: for good, or for now. Waiting is not an attempt. */
async function keepAway(
  deps: ActivityDeps,
  record: FollowUpRecord,
  { reason, never, retryInMs }: Extract<Admission, { admitted: false }>,
): Promise<FollowUpStep> {
  if (never) return end(deps, record, { state: 'skipped', reason });
  // The longer it has waited, the less often it looks.
  const waited = deps.time.now() - record.createdAt.getTime();
  const pauseMs = retryInMs ?? Math.min(Math.max(waited / 2, SHORTEST_WAIT_MS), LONGEST_WAIT_MS);
  await change(deps, record, { reason, nextAt: new Date(deps.time.now() + pauseMs) });
  throw later(deps, reason, pauseMs);
}

/** Ends a follow-up for which there is no time left. */
export async function failFollowUp(deps: ActivityDeps, followUp: FollowUp): Promise<FollowUpStep> {
  const record = await openRecord(deps, followUp);
  if (record.state !== 'open') return stepOf(record);
  return end(deps, record, { state: 'failed', reason: record.reason ?? 'out_of_time' });
}

function later({ time }: ActivityDeps, reason: string | undefined, pauseMs: number): ApplicationFailure {
  return ApplicationFailure.create({
    message: reason ?? 'waits',
    type: 'not_delivered',
    nextRetryDelay: Math.max(1, time.timer(pauseMs)),
  });
}

async function openRecord(deps: ActivityDeps, { transactionId, ...named }: FollowUp): Promise<FollowUpRecord> {
  const { models } = deps;
  const name = { ...named, lead: transactionId };
  const _id = followUpId(name);
  const read = () => untilAnswered(() => models.followUps.findById(_id).lean<FollowUpRecord>().exec());
  const found = await read();
  if (found) return found;
  await insertOnce<FollowUpRecord>(models.followUps, await freshFollowUp(deps, name));
  const opened = await read();
  if (!opened) throw new LeadwireError('internal', { message: 'The record of a follow-up is missing' });
  return opened;
}

/** The record of a follow-up that nobody has tried yet. */
export async function freshFollowUp(deps: ActivityDeps, name: FollowUpName): Promise<FollowUpRecord> {
  const { campaign, source, mode, why } = await aboutOf(deps, name);
  const now = new Date(deps.time.now());
  return {
    _id: followUpId(name),
    ...name,
    ...{ campaign, source, mode, state: 'open', attempts: 0, createdAt: now, changedAt: now },
    ...(why === undefined ? {} : { why }),
  };
}

async function aboutOf(
  { models, records }: ActivityDeps,
  { lead, event, operation, delivery }: FollowUpName,
): Promise<Pick<FollowUpRecord, 'campaign' | 'source' | 'mode' | 'why'>> {
  const found =
    event === undefined
      ? undefined
      : await untilAnswered(() => native<EventRecord>(models.events).findOne({ _id: event }));
  const about = found ?? (await records.lead(lead));
  if (operation === undefined) return pick(about);
  const reason =
    operation === 'return'
      ? (await untilAnswered(() => native<ReturnRecord>(models.returns).findOne({ _id: delivery ?? '' })))?.reason
      : (await untilAnswered(() => models.withdrawals.findById(withdrawalId(lead, operation)).lean().exec()))?.why;
  return { ...pick(about), ...(reason === undefined ? {} : { why: reason }) };
}

function pick({ campaign, source, mode }: Pick<FollowUpRecord, 'campaign' | 'source' | 'mode'>) {
  return { campaign, source, mode };
}

async function countAttempt({ models }: ActivityDeps, record: FollowUpRecord): Promise<number | undefined> {
  const attempts = record.attempts + 1;
  const open = { _id: record._id, state: 'open' as const };
  const { matchedCount } = await untilAnswered(() => models.followUps.updateOne(open, { $set: { attempts } }));
  return matchedCount > 0 ? attempts : undefined;
}

async function end(
  deps: ActivityDeps,
  record: FollowUpRecord,
  ending: Partial<FollowUpRecord> & { state: 'done' | 'failed' | 'skipped' },
): Promise<FollowUpStep> {
  const step = await change(deps, record, ending);
  deps.observer.followUp(record.integration, record.operation ?? 'deliver', ending.state);
  return step;
}

async function change(
  { models }: ActivityDeps,
  record: FollowUpRecord,
  changes: Partial<FollowUpRecord>,
): Promise<FollowUpStep> {
  const { nextAt: _nextAt, ...before } = record;
  const changed: FollowUpRecord = { ...before, ...changes, changedAt: new Date() };
  await untilAnswered(() =>
    models.followUps.updateOne(
      { _id: record._id, state: 'open' },
      { $set: changed, ...(changed.nextAt ? {} : { $unset: { nextAt: '' } }) },
    ),
  );
  return stepOf(changed);
}

function stepOf({ state, reason, attempts }: FollowUpRecord): FollowUpStep {
  return { state, attempts, ...(reason ? { reason } : {}) };
}
