import type { OutboundResult } from '../../http/outbound.ts';
import type { ExchangeText } from '../../models/auction.ts';
import type { DeliveryRecord } from '../../models/delivery.ts';
import type { CompiledOperation, Interpretation, MappingContext } from '../../rules/mapping/operation.ts';
import type { ActivityDeps } from '../deps.ts';
import { mappingContext, outboundRequest, rejectToken, renderFault } from '../mapping-context.ts';
import { operationName, type RequestResult } from '../performance.ts';
import { readPostAnswer, type PostAnswer } from './answer.ts';
import type { DeliverySubject } from './subject.ts';

/** How long a sender may take from raising its fence to the first byte. */
export const SEND_WITHIN_MS = 2_000;
const POST_TIMEOUT_MS = 10_000;

/** Times that fence one post: the sender gives up before `sendBy`, and has its answer or none by `deadline`. */
export function postTimes(operation: CompiledOperation, now: number): { sendBy: Date; deadline: Date } {
  const timeoutMs = operation.timeoutMs ?? POST_TIMEOUT_MS;
  return { sendBy: new Date(now + SEND_WITHIN_MS), deadline: new Date(now + SEND_WITHIN_MS + timeoutMs + 500) };
}

export interface Posted {
  answer: PostAnswer;
  exchange?: ExchangeText;
  durationMs: number;
}

/**
 * Posts the lead to the delivery's buyer. Every post of one delivery carries the same idempotency key.
 * Never throws for what the network, the buyer or the mapping does.
 */
export async function postLead(deps: ActivityDeps, subject: DeliverySubject, record: DeliveryRecord): Promise<Posted> {
  const operation = subject.integration.operations.post;
  if (!operation) return { answer: { state: 'not_sent', reason: 'no_post_operation' }, durationMs: 0 };
  return exchangeWith(deps, subject, record, operation, { 'idempotency-key': record._id });
}

/** Asks the buyer what became of a post that got no clear answer. */
export async function askStatus(deps: ActivityDeps, subject: DeliverySubject, record: DeliveryRecord): Promise<Posted> {
  const operation = subject.integration.operations.status;
  if (!operation) return { answer: { state: 'unknown', reason: 'no_status_operation' }, durationMs: 0 };
  const asked = await exchangeWith(deps, subject, record, operation, {});
  // That the question was not sent says nothing about the post.
  return asked.answer.state === 'not_sent'
    ? { ...asked, answer: { state: 'unknown', reason: 'status_not_sent' } }
    : asked;
}

async function exchangeWith(
  deps: ActivityDeps,
  subject: DeliverySubject,
  record: DeliveryRecord,
  operation: CompiledOperation,
  headers: Record<string, string>,
): Promise<Posted> {
  const { _id: id, token, buyerLeadId, createdAt } = record;
  const delivery = {
    ...{ id, token, created_at: createdAt.toISOString() },
    ...(buyerLeadId === undefined ? {} : { lead_id: buyerLeadId }),
  };
  let request, context;
  try {
    context = await mappingContext(deps, { ...subject, bid: record.bid, delivery });
    const rendered = await operation.render(context);
    request = outboundRequest({ ...rendered, headers: { ...headers, ...rendered.headers } }, context, {
      timeoutMs: operation.timeoutMs ?? POST_TIMEOUT_MS,
      sendBy: record.sendBy.getTime(),
      delivery: { id, repeated: record.attempt > 1 },
      freshSocket: true,
      lane: subject.integration.id,
    });
  } catch (error) {
    const answer = { state: 'not_sent', reason: renderFault(error) } as const;
    count(deps, subject, operation, answer);
    return { answer, durationMs: 0 };
  }
  const result = await deps.outbound.send(request);
  if (result.kind === 'response' && result.status === 401) await rejectToken(deps, subject.integration, context);
  const { interpretation, fault } = await interpret(operation, result, context);
  const answer = readPostAnswer(result, interpretation, fault);
  count(deps, subject, operation, answer, result.kind === 'response' ? result.durationMs : undefined);
  return { answer, exchange: JSON.stringify(result.exchange()), durationMs: result.durationMs };
}

/** For operators, who want to know how the requests of an integration go. */
function count(
  { performance }: ActivityDeps,
  { lead, integration }: DeliverySubject,
  operation: CompiledOperation,
  { state, reason }: PostAnswer,
  durationMs?: number,
): void {
  if (lead.mode !== 'live') return;
  performance.asked(integration.id, operationName(integration, operation), resultOf(state, reason), durationMs);
}

function resultOf(state: PostAnswer['state'], reason: string | undefined): RequestResult {
  if (state === 'rejected') return reason === 'buyer_error' ? 'error' : 'rejected';
  return state === 'accepted' || state === 'pending' ? state : 'error';
}

async function interpret(
  operation: CompiledOperation,
  result: OutboundResult,
  context: MappingContext,
): Promise<{ interpretation?: Interpretation; fault?: string }> {
  if (result.kind !== 'response') return {};
  try {
    const { status, headers, body } = result;
    return { interpretation: await operation.interpret({ status, headers, body }, context) };
  } catch (error) {
    return { fault: renderFault(error) };
  }
}
