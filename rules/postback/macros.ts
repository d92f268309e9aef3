import type { RequestMapping } from '../../schema/mapping.ts';
import { TRACKING_FIELDS } from '../tracking.ts';

/** What became of the lead, beside its tracking fields: what a postback sees as `lead.<name>`. */
export const LEAD_NAMES: readonly string[] = [
  'transaction_id',
  'outcome',
  'reason',
  'price',
  ...TRACKING_FIELDS.fields.map(({ name }) => name),
];

/** Names that affiliates know other things by. */
const OTHERS: Readonly<Record<string, string>> = {
  lead_id: 'lead.transaction_id',
  event_id: 'event.id',
  event_name: 'event.name',
  status: 'event.name',
  timestamp: 'event.time',
  payout: 'lead.price',
  revenue: 'lead.price',
  amount: 'lead.price',
  cid: 'campaign.id',
  campaign_id: 'campaign.id',
  pid: 'source.id',
  source_id: 'source.id',
};

/** The same where it is an event that is told. */
const OTHERS_OF_EVENT: Readonly<Record<string, string>> = {
  transaction_id: 'lead.transaction_id',
  lead_id: 'lead.transaction_id',
  event_id: 'event.event_id',
  event_name: 'event.name',
  timestamp: 'event.time',
  conversion_id: 'event.conversion_id',
  conversion_date: 'event.conversion_date',
  revenue: 'event.revenue',
  amount: 'event.revenue',
  payout: 'event.revenue',
  cid: 'campaign.id',
  campaign_id: 'campaign.id',
  pid: 'source.id',
  source_id: 'source.id',
};

/** Names of fields, beside the tracking fields, that stand for themselves where an event is told. */
export interface EventNames {
  lead: ReadonlySet<string>;
  event: ReadonlySet<string>;
}

// Handlebars' own braces are passed over.
const MACRO = /\{\{[\s\S]*?\}\}+|\{([A-Za-z][A-Za-z0-9_]*)\}/g;

/** Every name that means something in single braces. */
export const MACRO_NAMES: readonly string[] = [...LEAD_NAMES, ...Object.keys(OTHERS)];

/** The path that `{name}` is short for; undefined for a name that means nothing. */
function pathOf(name: string, names?: EventNames): string | undefined {
  const others = names ? OTHERS_OF_EVENT : OTHERS;
  if (Object.hasOwn(others, name)) return others[name];
  if (!names) return LEAD_NAMES.includes(name) ? `lead.${name}` : undefined;
  if (TRACKING_FIELDS.fields.some((field) => field.name === name) || names.lead.has(name)) return `lead.${name}`;
  return names.event.has(name) ? `event.fields.${name}` : undefined;
}

/** An address in which `{transaction_id}`, `{sub1}` and the like are written as the templates have it. */
export function expandMacros(url: string, names?: EventNames): string {
  return url.replace(MACRO, (whole, name: string | undefined) => {
    const path = name === undefined ? undefined : pathOf(name, names);
    return path === undefined ? whole : `{{${path}}}`;
  });
}

/** The names in single braces that mean nothing. */
export function unknownMacros(url: string, names?: EventNames): string[] {
  return [...url.matchAll(MACRO)].flatMap(([, name]) =>
    name !== undefined && pathOf(name, names) === undefined ? [name] : [],
  );
}

/** The request of a postback as the mapping engine takes it: with `names`, of one that tells events. */
export function expandRequest(request: RequestMapping, names?: EventNames): RequestMapping {
  const expand = (text: string) => expandMacros(text, names);
  const { url, testUrl, form, headers } = request;
  return {
    ...request,
    url: expand(url),
    ...(testUrl === undefined ? {} : { testUrl: expand(testUrl) }),
    ...(names && typeof form === 'string' ? { form: expand(form) } : {}),
    ...(names && headers ? { headers: mapValues(headers, expand) } : {}),
  };
}

function mapValues(table: Record<string, string>, change: (text: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(table).map(([name, text]) => [name, change(text)]));
}
