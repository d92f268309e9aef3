import { verdictFor } from '../../activities/postback/deliver.ts';
import { postbackRequest, type RequestDeps } from '../../activities/postback/request.ts';
import type { CompiledConfiguration } from '../../config/compile.ts';
import type { CompiledEndpoint } from '../../config/postbacks.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { Exchange, Outbound } from '../../http/outbound.ts';
import type { ClickRecord } from '../../models/click.ts';
import type { EventRecord } from '../../models/event.ts';
import { untilAnswered } from '../../models/fence.ts';
import type { LeadRecord } from '../../models/lead.ts';
import type { LeadModels } from '../../models/models.ts';
import { native } from '../../models/native.ts';
import { MappingError } from '../../rules/mapping/mapping-error.ts';
import { isTransactionId } from '../../rules/transaction-id.ts';
import { sampleLead, tellingsOf, testPostback, type Telling, type TestSubject } from './sample.ts';

export interface TryDeps extends RequestDeps {
  outbound: Pick<Outbound, 'send'>;
}

export interface TryOrder {
  /** Id of the endpoint. */
  endpoint: string;
  /** An event that it is told of, or a status of a lead. Default the first. */
  event?: string | undefined;
  /** A real transaction whose values are sent. Default made-up ones. */
  transactionId?: string | undefined;
  /** To its real address; otherwise to its testUrl. */
  live: boolean;
  /** Whether the transaction may be used by whoever asks. Default every one may. */
  mayUse?: (subject: TestSubject) => boolean;
}

/** What came of a test. */
export interface Tried {
  /** What it was told: `event.sale_completed`, `lead.sold`. */
  type: string;
  /** Whether a postback with this answer would count as delivered. */
  taken: boolean;
  /** Why not: a code. */
  reason?: string;
  /** As it was sent and answered, trimmed and with its secrets masked; absent when the request could not be made. */
  exchange?: Exchange;
}

/**
 * Sends an endpoint one postback as a test. Nothing is written and nothing counted, and nothing is tried again.
 *
 * @throws LeadwireError `unknown_endpoint`, `endpoint_not_told`, `no_test_address`, `unknown_lead`
 */
export async function tryEndpoint(deps: TryDeps, order: TryOrder): Promise<Tried> {
  const configuration = deps.config.current();
  const endpoint = configuration.endpoints.byId.get(order.endpoint);
  if (!endpoint) throw new LeadwireError('unknown_endpoint');
  if (!order.live && !endpoint.hasTestUrl) throw new LeadwireError('no_test_address');
  const real = order.transactionId === undefined ? undefined : await transactionOf(deps.models, order);
  const [telling, lead] = chosen(configuration, endpoint, order, real);
  const subject: TestSubject = { ...lead, mode: order.live ? 'live' : 'test' };
  const fired = real && 'event' in telling ? await lastFired(deps.models, real._id, telling.event) : undefined;
  const record = testPostback(telling, endpoint.id, subject, fired);
  const { type } = record;
  let request;
  try {
    ({ request } = await postbackRequest(deps, record, endpoint, subject));
  } catch (error) {
    if (error instanceof LeadwireError) return { type, taken: false, reason: error.code };
    if (error instanceof MappingError) return { type, taken: false, reason: 'mapping_failed' };
    throw error;
  }
  const result = await deps.outbound.send(request);
  const exchange = result.exchange();
  if (result.kind !== 'response') return { type, taken: false, reason: result.code, exchange };
  const verdict = await verdictFor(result, endpoint);
  if (verdict === 'delivered') return { type, taken: true, exchange };
  return { type, taken: false, reason: verdict === 'not_accepted' ? verdict : `http_${result.status}`, exchange };
}

function chosen(
  configuration: CompiledConfiguration,
  endpoint: CompiledEndpoint,
  { event }: TryOrder,
  real: TestSubject | undefined,
): [Telling, TestSubject] {
  const { sources } = configuration;
  const source = real?.source ?? (sources.has(endpoint.owner) ? endpoint.owner : ([...sources.keys()][0] ?? 'organic'));
  const telling = tellingsOf(configuration, endpoint, source, event).find(
    ({ campaign }) => real === undefined || campaign.id === real.campaign,
  );
  const isOthers = sources.has(endpoint.owner) && source !== endpoint.owner;
  if (!telling || isOthers) throw new LeadwireError('endpoint_not_told');
  return [telling, real ?? sampleLead(telling.campaign, sources.get(source)?.seller ?? '', source)];
}

type Models = Pick<LeadModels, 'leads' | 'clicks' | 'events'>;

async function transactionOf(
  { leads, clicks }: Models,
  { transactionId: id = '', mayUse = () => true }: TryOrder,
): Promise<TestSubject> {
  if (!isTransactionId(id)) throw new LeadwireError('unknown_lead');
  const lead = await untilAnswered(() => native<LeadRecord>(leads).findOne({ _id: id }));
  const click = lead ? null : await untilAnswered(() => native<ClickRecord>(clicks).findOne({ _id: id }));
  const found = lead ?? (click && { ...click, fields: {} });
  if (!found || !mayUse(found)) throw new LeadwireError('unknown_lead');
  const { _id, campaign, seller, source, mode, fields, tracking } = found;
  return { _id, campaign, seller, source, mode, fields, tracking };
}

async function lastFired({ events }: Models, lead: string, event: string): Promise<EventRecord | undefined> {
  // ';' is the character after ':'.
  const range = { _id: { $gte: `${lead}:${event}`, $lt: `${lead}:${event};` }, event };
  const found = await untilAnswered(() => native<EventRecord>(events).findOne(range, { sort: { at: -1 } }));
  return found ?? undefined;
}
