import { ApplicationFailure } from '@temporalio/common';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { CompiledEndpoint } from '../../config/postbacks.ts';
import type { OutboundResult } from '../../http/outbound.ts';
import { untilAnswered } from '../../models/fence.ts';
import type { PostbackRecord } from '../../models/postback.ts';
import { readAnswer } from '../../rules/mapping/answer.ts';
import { pauseAfter, readRetryAfter, verdictOf, type Verdict } from '../../rules/postback/retry.ts';
import type { ActivityDeps } from '../deps.ts';
import type { PostbackStep } from '../steps.ts';
import { disableEndpoint, findEndpoint, noteFailure, noteSuccess, type FoundEndpoint } from './endpoint.ts';
import { staysBehind } from './order.ts';
import { mailOf, postbackRequest, type RequestDeps } from './request.ts';

/** Exchanges kept of one postback: the last ones tell what is wrong. */
const KEPT_EXCHANGES = 3;

/** Clocks of two nodes are this far apart at most: a retry that seems early is on time. */
const EARLY_MS = 2_000;

/**
 * One attempt of a postback, in its own workflow. Ends it when the endpoint took it, refused it or is gone; otherwise
 * the attempt fails with the pause after which the workflow makes the next one, until there were as many as the schedule
 * has.
 */
export async function deliverPostback(deps: ActivityDeps, { postback }: { postback: string }): Promise<PostbackStep> {
  const { step, pauseMs } = await attemptPostback(deps, await readRecord(deps, postback));
  if (pauseMs === undefined) return step;
  throw ApplicationFailure.create({
    message: step.reason ?? 'waits',
    type: 'not_delivered',
    nextRetryDelay: Math.max(1, deps.time.timer(pauseMs)),
  });
}

/** What an attempt came to; `pauseMs` when there is to be another one, and after how long. */
export interface Attempted {
  step: PostbackStep;
  pauseMs?: number;
}

/** One attempt, unless it is not due. Where it goes and how it is signed is read anew for every attempt. */
export async function attemptPostback(deps: ActivityDeps, record: PostbackRecord): Promise<Attempted> {
  if (record.state !== 'open') return { step: stepOf(record) };
  const early = (record.nextAt?.getTime() ?? 0) - deps.time.now();
  if (early > EARLY_MS) return { step: stepOf(record), pauseMs: early };
  const found = await findEndpoint(deps, record);
  if ('ended' in found) return { step: await end(deps, record, { state: 'failed', reason: found.ended }) };
  const behindMs = await staysBehind(deps, record, found.endpoint);
  if (behindMs !== undefined) return wait(deps, record, 'after_earlier', behindMs);
  const admission = deps.gates.enter(found.endpoint.id);
  if (typeof admission === 'number') return wait(deps, record, 'endpoint_busy', admission);
  let answered = false;
  try {
    // Counted before it is made: an attempt that takes its node down with it is one of the ten all the same.
    const attempts = await countAttempt(deps, record);
    const attempt = await sendPostback(deps, record, found.endpoint);
    answered = attempt.result?.kind === 'response' || attempt.result === undefined;
    return await conclude(deps, { ...record, attempts }, found, attempt);
  } finally {
    admission.leave(answered);
  }
}

/** Stands back without an attempt being counted. */
async function wait(deps: ActivityDeps, record: PostbackRecord, reason: string, pauseMs: number): Promise<Attempted> {
  const waiting = await change(deps, record, { reason, nextAt: new Date(deps.time.now() + pauseMs) });
  return { step: stepOf(waiting), pauseMs };
}

/** Ends a postback for which there is no time left. */
export async function failPostback(deps: ActivityDeps, { postback }: { postback: string }): Promise<PostbackStep> {
  const record = await readRecord(deps, postback);
  if (record.state !== 'open') return stepOf(record);
  return end(deps, record, { state: 'failed', reason: record.reason ?? 'out_of_time' });
}

export type SendDeps = RequestDeps & Pick<ActivityDeps, 'outbound' | 'mailer'>;

export interface Attempt {
  /** Why there is no answer; absent when there is one. */
  fault?: string;
  result?: OutboundResult;
  /** The access token was not taken: there will be another one. */
  isStale?: boolean;
}

/** Sends it once, as its endpoint is configured now. */
export async function sendPostback(
  deps: SendDeps,
  record: PostbackRecord,
  endpoint: CompiledEndpoint,
): Promise<Attempt> {
  const { mailTo, timeoutMs } = endpoint;
  if (mailTo) return heardFrom(await deps.mailer.send(mailOf(record, mailTo, timeoutMs)));
  let made;
  try {
    made = await postbackRequest(deps, record, endpoint);
  } catch (error) {
    return { fault: error instanceof LeadwireError ? error.code : 'mapping_failed' };
  }
  const { request, authorised } = made;
  const result = await deps.outbound.send(request);
  if (result.kind !== 'response') return heardFrom(result);
  // The service took the token back before its time. With another one it may go through; a second no is a no.
  const isStale = result.status === 401 && authorised !== undefined && record.status !== 401;
  if (isStale) await deps.oauth.reject(authorised.grant, authorised.token);
  return { result, isStale };
}

function heardFrom(result: OutboundResult): Attempt {
  return result.kind === 'response' ? { result } : { fault: result.code, result };
}

async function conclude(
  deps: ActivityDeps,
  record: PostbackRecord,
  found: FoundEndpoint,
  { fault, result, isStale = false }: Attempt,
): Promise<Attempted> {
  const answer = result?.kind === 'response' ? result : undefined;
  const exchange = result ? [JSON.stringify(result.exchange())] : [];
  const heard: Partial<PostbackRecord> = {
    attempts: record.attempts,
    exchanges: [...record.exchanges, ...exchange].slice(-KEPT_EXCHANGES),
    ...(answer ? { status: answer.status } : {}),
  };
  const verdict = answer && !isStale ? await verdictFor(answer, found.endpoint) : 'again';
  if (verdict === 'delivered') {
    await noteSuccess(deps, found);
    return { step: await end(deps, record, { ...heard, state: 'delivered' }) };
  }
  if (verdict === 'gone') {
    await disableEndpoint(deps, found.endpoint, 'gone');
    return { step: await end(deps, record, { ...heard, state: 'failed', reason: 'gone' }) };
  }
  // What could not be made says nothing of the endpoint.
  if (result) await noteFailure(deps, found);
  const reason = fault ?? (verdict === 'not_accepted' ? verdict : `http_${answer?.status}`);
  const retryAfter = readRetryAfter(answer?.headers['retry-after'], deps.time.now());
  const pauseMs = verdict === 'again' ? pauseAfter(record.attempts, Math.random(), retryAfter) : undefined;
  if (pauseMs === undefined) return { step: await end(deps, record, { ...heard, state: 'failed', reason }) };
  const changed = await change(deps, record, { ...heard, reason, nextAt: new Date(deps.time.now() + pauseMs) });
  deps.observer.postback(record.endpoint, 'retried');
  return { step: stepOf(changed), pauseMs };
}

/** What an answer means; some platforms refuse with 200. */
export async function verdictFor(
  answer: Extract<OutboundResult, { kind: 'response' }>,
  { accepts }: CompiledEndpoint,
): Promise<Verdict | 'not_accepted'> {
  const verdict = verdictOf(answer.status);
  if (verdict !== 'delivered' || !accepts) return verdict;
  return (await accepts(readAnswer(answer))) ? verdict : 'not_accepted';
}

export async function readRecord({ models }: ActivityDeps, id: string): Promise<PostbackRecord> {
  const found = await untilAnswered(() => models.postbacks.findById(id).lean<PostbackRecord>().exec());
  if (!found) throw new LeadwireError('internal', { message: 'The record of a postback is missing' });
  return found;
}

async function countAttempt({ models }: ActivityDeps, { _id, attempts }: PostbackRecord): Promise<number> {
  const counted = attempts + 1;
  await untilAnswered(() => models.postbacks.updateOne({ _id, state: 'open' }, { $set: { attempts: counted } }));
  return counted;
}

async function end(deps: ActivityDeps, record: PostbackRecord, ending: Partial<PostbackRecord>): Promise<PostbackStep> {
  const ended = await change(deps, record, ending);
  deps.observer.postback(record.endpoint, ended.state);
  return stepOf(ended);
}

async function change(
  { models }: ActivityDeps,
  record: PostbackRecord,
  changes: Partial<PostbackRecord>,
): Promise<PostbackRecord> {
  const set = { ...changes, changedAt: new Date() };
  const gone = { ...(set.nextAt ? {} : { nextAt: '' }), ...(set.reason ? {} : { reason: '' }) };
  await untilAnswered(() =>
    models.postbacks.updateOne({ _id: record._id, state: 'open' }, { $set: set, $unset: gone } as never),
  );
  return { ...record, reason: undefined, ...set } as PostbackRecord;
}

function stepOf({ state, reason, attempts, status }: PostbackRecord): PostbackStep {
  return { state, attempts, ...(status === undefined ? {} : { status }), ...(reason ? { reason } : {}) };
}
