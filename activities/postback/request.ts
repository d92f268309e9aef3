import type { CompiledEndpoint } from '../../config/postbacks.ts';
import type { Mail } from '../../http/mail.ts';
import type { OutboundRequest } from '../../http/outbound.ts';
import type { ClickRecord } from '../../models/click.ts';
import { untilAnswered } from '../../models/fence.ts';
import type { LeadRecord } from '../../models/lead.ts';
import { native } from '../../models/native.ts';
import type { PostbackRecord } from '../../models/postback.ts';
import type { MappingContext } from '../../rules/mapping/operation.ts';
import type { OAuthGrant } from '../../rules/oauth.ts';
import { CURRENCY } from '../../rules/money.ts';
import { hashedContacts } from '../../rules/postback/hashed.ts';
import { standardHeaders } from '../../rules/postback/signature.ts';
import type { ActivityDeps } from '../deps.ts';

interface Payload {
  timestamp: string;
  data: Record<string, unknown>;
}

export interface RequestDeps extends Pick<ActivityDeps, 'secrets' | 'models' | 'oauth'> {
  config: Pick<ActivityDeps['config'], 'current'>;
}

/** What is known of the transaction that a postback is about. */
export type Known = Pick<LeadRecord, 'fields' | 'tracking'>;

export interface PostbackRequest {
  request: OutboundRequest;
  /** The access token in it, and how it was got. */
  authorised?: { grant: OAuthGrant; token: string };
}

/**
 * The request of one attempt: as the endpoint is configured now, with the headers of Standard Webhooks. A POST that maps
 * no body carries the event as it is, or nothing where its endpoint wants none.
 *
 * @param known default what is in the lead or visit now
 * @throws MappingError or LeadwireError `secret_missing`, `oauth_authorise_again`, `oauth_unavailable` when it cannot be
 * made
 */
export async function postbackRequest(
  deps: RequestDeps,
  record: PostbackRecord,
  endpoint: CompiledEndpoint,
  known?: Known,
): Promise<PostbackRequest> {
  const names = [...new Set([...endpoint.secrets, ...endpoint.sign])];
  const values = names.length > 0 ? await deps.secrets.forIntegration(endpoint.owner, names) : {};
  const grant = grantOf(endpoint, values);
  const token = grant && (await deps.oauth.tokenFor(grant));
  const secrets = { ...pick(values, endpoint.secrets), ...(token === undefined ? {} : { access_token: token }) };
  const about = known ?? (await subjectOf(deps.models, record));
  const rendered = await (record.subject === undefined
    ? endpoint.render(contextOf(deps, record, endpoint, secrets, about))
    : endpoint.renderEvent(eventContextOf(deps, record, endpoint, secrets, about)));
  const mapped = rendered.body !== undefined || endpoint.method === 'GET' || endpoint.bare;
  const body = mapped ? (rendered.body ?? '') : record.payload;
  const signed = standardHeaders(record.event, Date.now(), body, Object.values(pick(values, endpoint.sign)));
  const request: OutboundRequest = {
    method: rendered.method as OutboundRequest['method'],
    url: rendered.url,
    headers: { ...(mapped ? {} : { 'content-type': 'application/json' }), ...rendered.headers, ...signed },
    ...(endpoint.method === 'GET' ? {} : { body }),
    timeoutMs: endpoint.timeoutMs,
    secrets: [...Object.values(values), ...(token === undefined ? [] : [token])],
  };
  return { request, ...(grant && token !== undefined ? { authorised: { grant, token } } : {}) };
}

function grantOf({ owner, oauth }: CompiledEndpoint, values: Record<string, string>): OAuthGrant | undefined {
  if (!oauth) return undefined;
  const { tokenUrl, grant, scope, clientIn } = oauth;
  const { client_id: clientId = '', client_secret: clientSecret = '', refresh_token: refreshToken = '' } = values;
  return {
    owner,
    tokenUrl,
    clientId,
    clientSecret,
    ...(grant === 'refresh_token' ? { refreshToken } : {}),
    ...(scope === undefined ? {} : { scope }),
    ...(clientIn === undefined ? {} : { clientIn }),
  };
}

/** What an alert says, as a mail. */
export function mailOf(record: PostbackRecord, to: readonly string[], timeoutMs: number): Mail {
  const { data } = JSON.parse(record.payload) as Payload;
  const lines = Object.entries(data).map(([name, value]) => `${name}: ${String(value)}`);
  return { to, subject: String(data['text']), text: `${lines.join('\n')}\n`, id: record.event, timeoutMs };
}

/** What the mapping of an endpoint sees: tracking fields and what became of the lead; nothing of the person. */
function contextOf(
  deps: Pick<RequestDeps, 'config'>,
  record: PostbackRecord,
  endpoint: CompiledEndpoint,
  secrets: Record<string, string>,
  { tracking }: Known,
): MappingContext {
  const { timestamp, data } = JSON.parse(record.payload) as Payload;
  return {
    ...shared(deps, record, endpoint, secrets),
    lead: { ...tracking, ...data },
    event: { id: record.event, name: record.type.replace(/^lead\./, ''), time: timestamp },
  };
}

/** What it sees of an event: every field of the lead as it is now, and everything that came with the event. */
function eventContextOf(
  deps: Pick<RequestDeps, 'config'>,
  record: PostbackRecord,
  endpoint: CompiledEndpoint,
  secrets: Record<string, string>,
  { fields, tracking }: Known,
): MappingContext {
  const { timestamp, data } = JSON.parse(record.payload) as Payload;
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

function shared(
  { config }: Pick<RequestDeps, 'config'>,
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

/** The lead, or the visit that no lead came from. */
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
