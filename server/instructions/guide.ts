import { z } from 'zod';
import type { CompiledCampaign, CompiledConfiguration } from '../../config/compile.ts';
import { ERRORS, type ErrorCode } from '../../errors/registry.ts';
import { isTerminal, type Outcome } from '../../rules/outcome.ts';
import { MACRO_NAMES } from '../../rules/postback/macros.ts';
import { TRACKING_FIELDS } from '../../rules/tracking.ts';
import type { RateLimit, Source } from '../../schema/campaign.ts';
import { POSTBACK_STATUSES } from '../../schema/postback.ts';
import { errorsOf } from '../api/openapi-errors.ts';
import type { DescribedAnswer, JsonSchema, Operation, OperationSpec } from '../api/operation.ts';
import { exampleAnswers, exampleRefusal, type ExampleAnswer } from './examples.ts';
import { fieldGuide, sampleFields, type FieldGuide } from './fields.ts';
import { OUTCOME_MEANINGS, REASON_MEANINGS } from './meanings.ts';
import { samplesOf, type Sample } from './samples.ts';

/** What of the API a seller posts leads with, in the order in which it is told. */
const PATHS = [
  '/api/lead/{cid}',
  '/api/ping/{cid}',
  '/api/post/{cid}',
  '/api/lead/{id}',
  '/api/ping/{id}',
  '/click/{cid}',
  '/api/status',
];

/** Where a seller's requests go, and everything they can be answered with. */
export interface EndpointGuide {
  id: string;
  method: string;
  url: string;
  path: string;
  summary: string;
  answers: { status: number; description: string }[];
  /** What the body of a good answer can hold. */
  members: { name: string; description: string }[];
  errors: { status: number; code: ErrorCode; message: string; retryable: boolean }[];
}

export interface CampaignGuide {
  id: string;
  name: string;
  paused: boolean;
  endpoints: EndpointGuide[];
  fields: FieldGuide[];
  samples: Sample[];
  /** How long an answer may take, in milliseconds; then it is 202. */
  deadlineMs: number;
  /** Whether a ping is answered with its best bid or with all of them. */
  pingAnswer: 'best' | 'all';
  maxBuyers: number;
  dedupe?: { fields: readonly string[]; withinDays: number };
  examples: ExampleAnswer[];
}

/** Everything a source has to know to post its leads. */
export interface Guide {
  source: { id: string; name: string; paused: boolean };
  seller: string;
  /** Version of the configuration it was made from. */
  revision: number;
  publicUrl: string;
  campaigns: CampaignGuide[];
  trackingFields: FieldGuide[];
  /** Endpoints with `{cid}` and `{id}` in them. */
  endpoints: EndpointGuide[];
  outcomes: { outcome: string; final: boolean | undefined; meaning: string }[];
  reasons: { reason: string; meaning: string }[];
  rateLimit: Required<RateLimit>;
  postbacks: { statuses: readonly string[]; macros: readonly string[] };
}

export interface GuideDeps {
  /** Everything the API can do. */
  operations: readonly Operation[];
  publicUrl: string;
  /** What holds for a source without a limit of its own. */
  rateDefaults: Required<RateLimit>;
}

/** The posting instructions of a source, as the configuration is now. */
export function guideOf(configuration: CompiledConfiguration, source: Source, deps: GuideDeps): Guide {
  const { publicUrl, rateDefaults } = deps;
  const seller = configuration.sellers.get(source.seller);
  const specs = PATHS.flatMap((path) => deps.operations.filter(({ spec }) => spec.path === path)).map(
    ({ spec }) => spec,
  );
  const campaigns = [...configuration.campaigns.values()].filter(
    ({ id }) => source.campaigns === undefined || source.campaigns.includes(id),
  );
  return {
    source: { id: source.id, name: source.name ?? source.id, paused: source.paused ?? false },
    seller: seller?.name ?? source.seller,
    revision: configuration.revision,
    publicUrl,
    campaigns: campaigns.map((campaign) => campaignGuide(campaign, source, specs, publicUrl)),
    trackingFields: TRACKING_FIELDS.fields.map(fieldGuide),
    endpoints: specs.map((spec) => endpointGuide(spec, publicUrl)),
    outcomes: Object.entries(OUTCOME_MEANINGS).map(([outcome, meaning]) => ({
      outcome,
      final: finalOf(outcome),
      meaning,
    })),
    reasons: Object.entries(REASON_MEANINGS).map(([reason, meaning]) => ({ reason, meaning })),
    rateLimit: { ...rateDefaults, ...(source.rateLimit ?? seller?.rateLimit) },
    postbacks: { statuses: POSTBACK_STATUSES, macros: MACRO_NAMES },
  };
}

/** Whether an outcome can still change; a bid is none. */
function finalOf(outcome: string): boolean | undefined {
  if (outcome === 'bid' || outcome === 'no_bid') return undefined;
  return outcome !== 'processing' && isTerminal(outcome as Outcome);
}

function campaignGuide(
  compiled: CompiledCampaign,
  source: Source,
  specs: readonly OperationSpec[],
  publicUrl: string,
): CampaignGuide {
  const { campaign, settings } = compiled;
  const fields = campaign.fields.filter(({ hidden }) => !hidden).map(fieldGuide);
  const at = (path: string) => `${publicUrl}${path.replace('{cid}', campaign.id)}`;
  const own = specs.filter(({ path }) => path.includes('{cid}'));
  const refusal = exampleRefusal(compiled);
  // A key may be good for several sources.
  const named = { pid: source.id };
  return {
    id: campaign.id,
    name: campaign.name,
    paused: campaign.paused ?? false,
    endpoints: own.map((spec) => ({ ...endpointGuide(spec, publicUrl), url: at(spec.path) })),
    fields,
    samples: samplesOf({
      lead: at('/api/lead/{cid}'),
      ping: at('/api/ping/{cid}'),
      post: at('/api/post/{cid}'),
      pingFields: { ...named, ...sampleFields(fields, 'ping') },
      leadFields: { ...sampleFields(fields, 'post') },
    }),
    deadlineMs: settings.deadlineMs,
    pingAnswer: settings.pingAnswer,
    maxBuyers: settings.maxBuyers,
    ...(campaign.dedupe ? { dedupe: campaign.dedupe } : {}),
    examples: [...exampleAnswers(publicUrl, settings.pingAnswer), ...(refusal ? [refusal] : [])],
  };
}

function endpointGuide(spec: OperationSpec, publicUrl: string): EndpointGuide {
  const answers = Object.entries(spec.answers).map(([status, { description }]) => ({
    status: Number(status),
    description,
  }));
  const errors = [...errorsOf(spec)].flatMap(([status, codes]) =>
    codes.map((code) => ({ status, code, message: ERRORS[code].message, retryable: ERRORS[code].retryable })),
  );
  const members = new Map(
    Object.values(spec.answers)
      .flatMap(({ schema }) => membersOf(schema))
      .reverse(),
  );
  const { id, method, path, summary } = spec;
  return {
    id,
    method: method.toUpperCase(),
    path,
    url: `${publicUrl}${path}`,
    summary,
    answers,
    members: [...members].map(([name, description]) => ({ name, description })),
    errors,
  };
}

/** Names and descriptions of what an answer's body has, in any of its forms. */
function membersOf(schema: DescribedAnswer['schema']): [string, string][] {
  const shape = schema instanceof z.ZodType ? z.toJSONSchema(schema, { unrepresentable: 'any' }) : (schema ?? {});
  const { anyOf = [], properties = {} } = shape as Shape;
  const own = Object.entries(properties).map(([name, { description = '' }]): [string, string] => [name, description]);
  return [...own, ...anyOf.flatMap(membersOf)];
}

interface Shape {
  anyOf?: JsonSchema[];
  properties?: Record<string, { description?: string }>;
}
