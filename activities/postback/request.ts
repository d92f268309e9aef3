import type { CompiledEndpoint } from '../../config/postbacks.ts';
import type { OutboundRequest } from '../../http/outbound.ts';
import type { ClickRecord } from '../../models/click.ts';
import { untilAnswered } from '../../models/fence.ts';
import type { LeadRecord } from '../../models/lead.ts';
import { native } from '../../models/native.ts';
import type { PostbackRecord } from '../../models/postback.ts';
import type { MappingContext } from '../../rules/mapping/operation.ts';
import { hashedContacts } from '../../rules/postback/hashed.ts';
import { standardHeaders } from '../../rules/postback/signature.ts';
import type { ActivityDeps } from '../deps.ts';

interface Payload {
  timestamp: string;
  data: Record<string, unknown>;
}

/**
 * The request of one attempt: as the endpoint is configured now, with the headers of Standard Webhooks. A POST that maps
 * no body carries the event as it is, or nothing where its endpoint wants none.
 *
 * @throws MappingError or LeadwireError `secret_missing` when it cannot be made
 */
export async function postbackRequest(
  deps: Pick<ActivityDeps, 'secrets' | 'models' | 'records' | 'config'>,
  record: PostbackRecord,
  endpoint: CompiledEndpoint,
): Promise<OutboundRequest> {
  const names = [...new Set([...endpoint.secrets, ...endpoint.sign])];
  const values = names.length > 0 ? await deps.secrets.forIntegration(endpoint.owner, names) : {};
  const secrets = pick(values, endpoint.secrets);
  const rendered = await (record.subject === undefined
    ? endpoint.render(await contextOf(deps, record, endpoint, secrets))
    : endpoint.renderEvent(await eventContextOf(deps, record, endpoint, secrets)));
  const mapped = rendered.body !== undefined || endpoint.method === 'GET' || endpoint.bare;
  const body = mapped ? (rendered.body ?? '') : record.payload;
  const signed = standardHeaders(record.event, Date.now(), body, Object.values(pick(values, endpoint.sign)));
  return {
    method: rendered.method as OutboundRequest['method'],
    url: rendered.url,
    headers: { ...(mapped ? {} : { 'content-type': 'application/json' }), ...rendered.headers, ...signed },
    ...(endpoint.method === 'GET' ? {} : { body }),
    timeoutMs: endpoint.timeoutMs,
    secrets: Object.values(values),
  };
}

/** What the mapping of an endpoint sees: tracking fields and what became of the lead; nothing of the person. */
async function contextOf(
  deps: Pick<ActivityDeps, 'records' | 'config'>,
  record: PostbackRecord,
  endpoint: CompiledEndpoint,
  secrets: Record<string, string>,
): Promise<MappingContext> {
  const { timestamp, data } = JSON.parse(record.payload) as Payload;
  const lead = await deps.records.lead(record.lead);
  return {
    ...shared(deps, record, endpoint, secrets),
    lead: { ...lead.tracking, ...data },
    event: { id: record.event, name: record.type.replace(/^lead\./, ''), time: timestamp },
  };
}

/** What it sees of an event: every field of the lead as it is now, and everything that came with the event. */
async function eventContextOf(
  deps: Pick<ActivityDeps, 'models' | 'config'>,
  record: PostbackRecord,
  endpoint: CompiledEndpoint,
  secrets: Record<string, string>,
): Promise<MappingContext> {
  const { timestamp, data } = JSON.parse(record.payload) as Payload;
  const { fields, tracking } = await subjectOf(deps.models, record);
  const id = String(data['event_id']);
  const name = deps.config.current().campaigns.get(record.campaign)?.events.get(id)?.name ?? id;
  const converted = data['conversion_date'] ?? timestamp;
  return {
    ...shared(deps, record, endpoint, secrets),
    lead: { ...fields, ...tracking, transaction_id: record.lead },
    hashed: hashedContacts(fields),
    event: {
      ...data,
      id: record.event,
      // What a platform may know of a conversion to tell it from another one.
      transaction: data['conversion_id'] ?? record.event,
      name,
      time: timestamp,
      happened: converted,
      currency: CURRENCY,
    },
  };
}

/** Amounts are dollars throughout. */
const CURRENCY = 'USD';

function shared(
  { config }: Pick<ActivityDeps, 'config'>,
  { campaign, source, mode }: PostbackRecord,
  { settings }: CompiledEndpoint,
  secrets: Record<string, string>,
) {
  return {
    config: { ...settings },
    secrets,
    campaign: { id: campaign, name: config.current().campaigns.get(campaign)?.campaign.name ?? '' },
    source: { id: source },
    sandbox: mode === 'test',
    now: new Date().toISOString(),
  };
}

type Known = Pick<LeadRecord, 'fields' | 'tracking'>;

/** What is known of the transaction: the lead, or the visit that no lead came from. */
async function subjectOf({ leads, clicks }: ActivityDeps['models'], { lead }: PostbackRecord): Promise<Known> {
  const projection = { fields: 1, tracking: 1 } as const;
  const found = await untilAnswered(() => native<LeadRecord>(leads).findOne({ _id: lead }, { projection }));
  if (found) return found;
  const click = await untilAnswered(() => native<ClickRecord>(clicks).findOne({ _id: lead }, { projection }));
  return { fields: {}, tracking: click?.tracking ?? {} };
}

function pick(values: Record<string, string>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, values[name] ?? '']));
}
