import type { ActivityDeps } from '../../activities/deps.ts';
import { settleLate, type Settlement } from '../../activities/delivery/settle.ts';
import type { CompiledIntegration } from '../../config/compile.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { DeliveryRecord } from '../../models/delivery.ts';
import { untilAnswered } from '../../models/fence.ts';
import type { PostbackMeaning, PostbackState } from '../../rules/postback/inbound.ts';
import { wasSold } from '../../rules/delivery.ts';
import { isSigned } from '../../rules/postback/signature.ts';
import { requestReturn } from '../returns/request.ts';
import { addresseeOf, deliveryNamed, secretsOf, type FindDeps } from './find.ts';
import { keepPostback } from './log.ts';

export interface PostbackDeps extends FindDeps, Pick<ActivityDeps, 'models' | 'kick' | 'publicUrl'> {
  models: ActivityDeps['models'];
  figures: Pick<ActivityDeps['figures'], 'toldBack'>;
  observer: Pick<ActivityDeps['observer'], 'conflict'>;
}

/** A buyer's postback as it came. */
export interface InboundPostback {
  method: string;
  token: string;
  query: Readonly<Record<string, unknown>>;
  querystring: string;
  headers: Record<string, string>;
  body: Buffer;
}

export interface PostbackReceipt {
  delivery: DeliveryRecord;
  integration: CompiledIntegration;
}

/**
 * Takes what a buyer says about a delivery and settles it. Saying the same again changes nothing and is answered the
 * same; what contradicts how the delivery settled is kept for an operator.
 *
 * @throws LeadwireError `unknown_postback`, `postback_not_signed`, `unknown_delivery`, `postback_not_understood`,
 * `postback_too_early`, `return_too_late`, `return_reason_not_allowed`, `return_refused`, `delivery_conflict`
 */
export async function receivePostback(deps: PostbackDeps, postback: InboundPostback): Promise<PostbackReceipt> {
  const { integration, ...addressed } = await addresseeOf(deps, postback.token);
  await requireSignature(deps, integration, postback);
  const said = await integration.readPostback(postback);
  const delivery = addressed.delivery ?? (await deliveryNamed(deps, integration, said.find));
  // Of what was erased nothing is written down again.
  const meaning = delivery.erased ? { ...said, reason: undefined } : said;
  let error: LeadwireError | undefined;
  let news = true;
  try {
    news = (await settle(deps, integration, delivery, meaning)) === 'settled';
  } catch (thrown) {
    if (!(thrown instanceof LeadwireError)) throw thrown;
    error = thrown;
    deps.log.warn({ code: error.code, delivery: delivery._id, integration: integration.id }, 'postback refused');
  }
  // A repetition says nothing new, and there may be any number of them.
  if (news) await keepPostback(deps, delivery._id, postback, error);
  if (error) throw error;
  return { delivery: await read(deps, delivery._id), integration };
}

async function requireSignature(
  deps: PostbackDeps,
  { id, integration }: CompiledIntegration,
  { headers, body, querystring }: InboundPostback,
): Promise<void> {
  const signature = integration.postback?.signature;
  if (!signature) return;
  const secrets = await secretsOf(deps, id, signature.secrets);
  const request = { header: (name: string) => headers[name], body, querystring };
  if (!isSigned(signature, secrets, request, Date.now())) throw new LeadwireError('postback_not_signed');
}

async function settle(
  deps: PostbackDeps,
  integration: CompiledIntegration,
  delivery: DeliveryRecord,
  meaning: PostbackMeaning,
): Promise<'settled' | 'already'> {
  if (meaning.state === undefined) throw new LeadwireError('postback_not_understood');
  if (delivery.state === 'reserving') throw new LeadwireError('postback_too_early');
  if (meaning.state === 'returned' && wasSold(delivery.state)) return giveBack(deps, integration, delivery, meaning);
  const settlement = settlementFor(integration, meaning, meaning.state);
  const result = await settleLate(deps, delivery._id, settlement, 'postback');
  const isDecided = settlement.state === 'accepted' || settlement.state === 'rejected';
  if (result === 'settled' && isDecided && delivery.mode === 'live') {
    deps.figures.toldBack(integration.id, Date.now() - delivery.createdAt.getTime());
  }
  if (result === 'settled' || result === 'already') return result;
  if (result === 'unknown_delivery') throw new LeadwireError('unknown_delivery');
  // Its state may have changed since it was read, and then the same words may mean something else.
  const now = await read(deps, delivery._id);
  if (now.state !== delivery.state) return settle(deps, integration, now, meaning);
  throw new LeadwireError('delivery_conflict');
}

async function giveBack(
  deps: PostbackDeps,
  integration: CompiledIntegration,
  delivery: DeliveryRecord,
  { reason: buyerReason, reasonCode: reason, leadId: buyerLeadId }: PostbackMeaning,
): Promise<'settled' | 'already'> {
  const said = { buyerReason, buyerLeadId };
  const { isNew } = await requestReturn(deps, integration, delivery, { reason, by: 'postback', said });
  return isNew ? 'settled' : 'already';
}

function settlementFor(
  { deadlines }: CompiledIntegration,
  { price, priceInvalid, reason: buyerReason, leadId: buyerLeadId }: PostbackMeaning,
  state: PostbackState,
): Settlement {
  const said = { buyerReason, buyerLeadId };
  switch (state) {
    case 'accepted':
      // A price that makes no sense is no price: the bid stands, and the reason says so.
      return { state, price, reason: priceInvalid ? 'price_invalid' : 'postback', ...said };
    case 'rejected':
      return { state, reason: 'postback', ...said };
    case 'pending':
      return { state, reason: 'postback', settleBy: minutesFromNow(deadlines.pending.afterMinutes), ...said };
    case 'returned':
      // Given back before it was ever taken: a no. What was taken is returned otherwise.
      return { state: 'rejected', reason: 'returned', ...said };
  }
}

async function read({ models }: PostbackDeps, id: string): Promise<DeliveryRecord> {
  const found = await untilAnswered(() => models.deliveries.findById(id).lean<DeliveryRecord>().exec());
  if (!found) throw new LeadwireError('unknown_delivery');
  return found;
}

function minutesFromNow(minutes: number): Date {
  return new Date(Date.now() + minutes * 60_000);
}
