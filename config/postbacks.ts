import type { Mode } from '../models/origin.ts';
import { compileCondition, type Test } from '../rules/mapping/condition.ts';
import { compileRequest, type RenderedRequest } from '../rules/mapping/request.ts';
import type { MappingContext } from '../rules/mapping/operation.ts';
import { expandRequest, type EventNames } from '../rules/postback/macros.ts';
import { TEMPLATES } from '../rules/postback/templates.ts';
import type { Source } from '../schema/campaign.ts';
import type { ConfigurationFile } from '../schema/configuration.ts';
import type { RequestMapping } from '../schema/mapping.ts';
import type { OAuthSettings } from '../schema/oauth.ts';
import type { EventPostback, PostbackStatus, SourcePostback } from '../schema/postback.ts';
import { compileChannel } from './alerts.ts';
import { hashOf } from './objects.ts';

/** An event that was fired, as far as it decides who is told. */
export interface FiredEvent {
  event: string;
  campaign: string;
  source: string;
  affiliateConversion: boolean;
}

/** An endpoint, of a source or of an event, ready to run. */
export interface CompiledEndpoint {
  /** `<source>/<name>`, `event/<event>/<name>` or `<campaign>/<event>/<name>`; `alert/<channel>` */
  id: string;
  /** Whose secrets it uses: the id without its name; of a channel all of it. */
  owner: string;
  paused: boolean;
  /** Whether it is told this about leads of this campaign. */
  wants(status: PostbackStatus, campaign: string): boolean;
  wantsEvent(fired: FiredEvent): boolean;
  method: string;
  render(context: MappingContext): Promise<RenderedRequest>;
  /** The same for events: its addresses know more names. */
  renderEvent(context: MappingContext): Promise<RenderedRequest>;
  /** What its mapping sees as `config`. */
  settings: Readonly<Record<string, unknown>>;
  /** A POST that maps no body has none. */
  bare: boolean;
  /** Of an answer with 2xx: whether it was taken. */
  accepts: Test | undefined;
  ordered: boolean;
  timeoutMs: number;
  /** Names of the secrets that its request uses, and of those it is signed with. */
  secrets: readonly string[];
  sign: readonly string[];
  /** How its access token is got, where it needs one. */
  oauth?: OAuthSettings | undefined;
  hasTestUrl: boolean;
  /** It is told by e-mail, to these addresses. */
  mailTo?: readonly string[];
  /** SHA-256 of the request as configured. */
  requestHash: string;
}

/** Every endpoint of a configuration. */
export interface Endpoints {
  /** Those of a source, by its id. */
  ofSource: ReadonlyMap<string, readonly CompiledEndpoint[]>;
  /** Those of an event, of every campaign, by its id. */
  ofEvent: ReadonlyMap<string, readonly CompiledEndpoint[]>;
  byId: ReadonlyMap<string, CompiledEndpoint>;
}

const TIMEOUT_MS = 15_000;

type File = Pick<ConfigurationFile, 'alertChannels' | 'campaigns' | 'events' | 'sources'>;

export function compileEndpoints(file: File): Endpoints {
  const names = eventNamesOf(file);
  const { campaigns = [], events = [], sources = [] } = file;
  const ofSource = sources.flatMap((source) => endpointsOfSource(source, names));
  const ofEvents = events.flatMap(({ id, postbacks = [] }) =>
    postbacks.map((postback) => endpointOfEvent(`event/${id}`, id, undefined, postback, names)),
  );
  const ofCampaigns = campaigns.flatMap(({ id: campaign, events: own = [] }) =>
    own.flatMap((entry) =>
      typeof entry === 'string'
        ? []
        : (entry.postbacks ?? []).map((postback) =>
            endpointOfEvent(`${campaign}/${entry.event}`, entry.event, campaign, postback, names),
          ),
    ),
  );
  const told = [...ofEvents, ...ofCampaigns];
  const channels = (file.alertChannels ?? []).map(compileChannel);
  return {
    ofSource: grouped(ofSource.map((endpoint) => [endpoint.owner, endpoint])),
    ofEvent: grouped(told.map(({ event, endpoint }) => [event, endpoint])),
    byId: new Map(
      [...ofSource, ...told.map(({ endpoint }) => endpoint), ...channels].map((endpoint) => [endpoint.id, endpoint]),
    ),
  };
}

function grouped(entries: readonly (readonly [string, CompiledEndpoint])[]): Map<string, CompiledEndpoint[]> {
  const groups = new Map<string, CompiledEndpoint[]>();
  for (const [key, endpoint] of entries) groups.set(key, [...(groups.get(key) ?? []), endpoint]);
  return groups;
}

/** The endpoints that are told of an event, sandbox ones where the lead is one. */
export function endpointsFor({ ofSource, ofEvent }: Endpoints, fired: FiredEvent, mode: Mode) {
  return [...(ofEvent.get(fired.event) ?? []), ...(ofSource.get(fired.source) ?? [])].filter(
    (endpoint) => !endpoint.paused && (mode === 'live' || endpoint.hasTestUrl) && endpoint.wantsEvent(fired),
  );
}

/** Names of the fields that an event's address may hold in single braces: those of any campaign. */
export function eventNamesOf({ campaigns = [] }: Pick<File, 'campaigns'>): EventNames {
  const entries = campaigns.flatMap(({ events = [] }) => events).filter((entry) => typeof entry !== 'string');
  return {
    lead: new Set(campaigns.flatMap(({ fields }) => fields.map(({ name }) => name))),
    event: new Set(entries.flatMap(({ fields = [] }) => fields.map(({ name }) => name))),
  };
}

/** The request of a postback: its own, or that of its template. */
export function requestOf({ request, template }: Pick<EventPostback, 'request' | 'template'>): RequestMapping {
  if (request) return request;
  if (template) return TEMPLATES[template].request;
  throw new Error('a postback without a request passed the check');
}

function endpointsOfSource({ id: source, postbacks = [] }: Source, names: EventNames): CompiledEndpoint[] {
  return postbacks.map((postback) => {
    const { on = [], events, campaigns } = postback;
    const isFor = (campaign: string) => campaigns?.includes(campaign) ?? true;
    return {
      ...compileEndpoint(source, postback, names),
      wants: (status, campaign) => on.includes(status) && isFor(campaign),
      wantsEvent: (fired) =>
        fired.source === source &&
        fired.affiliateConversion &&
        isFor(fired.campaign) &&
        (events === 'all' || (events?.includes(fired.event) ?? false)),
    };
  });
}

function endpointOfEvent(
  owner: string,
  event: string,
  campaign: string | undefined,
  postback: EventPostback,
  names: EventNames,
): { event: string; endpoint: CompiledEndpoint } {
  const endpoint: CompiledEndpoint = {
    ...compileEndpoint(owner, postback, names),
    wants: () => false,
    wantsEvent: (fired) => fired.event === event && (campaign === undefined || fired.campaign === campaign),
  };
  return { event, endpoint };
}

function compileEndpoint(
  owner: string,
  postback: EventPostback | SourcePostback,
  names: EventNames,
): Omit<CompiledEndpoint, 'wants' | 'wantsEvent'> {
  const { id, paused = false, secrets = [], sign = [], settings = {}, template } = postback;
  const request = requestOf(postback);
  const accepted = postback.accepted ?? (template && TEMPLATES[template].accepted);
  const oauth = postback.oauth ?? (template && TEMPLATES[template].oauth);
  return {
    id: `${owner}/${id}`,
    owner,
    paused,
    method: request.method ?? 'POST',
    render: compileRequest(expandRequest(request)),
    renderEvent: compileRequest(expandRequest(request, names)),
    settings,
    bare: postback.body === 'none',
    accepts: accepted === undefined ? undefined : compileCondition(accepted),
    ordered: postback.order === 'per_lead',
    timeoutMs: request.timeoutMs ?? TIMEOUT_MS,
    secrets,
    sign,
    oauth,
    hasTestUrl: request.testUrl !== undefined,
    // What was off before it had settings stays off: the request alone counts where there are none.
    requestHash: hashOf(postback.settings || template ? { request, settings } : request),
  };
}
