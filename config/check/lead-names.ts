import { variablesOfRule } from '../../rules/decision.ts';
import { TRACKING_FIELDS } from '../../rules/tracking.ts';
import type { RuleBody } from '../../schema/filters.ts';
import { OPERATIONS, type Integration, type Moment } from '../../schema/integration.ts';
import type { RequestMapping, Table } from '../../schema/mapping.ts';
import { momentOf } from '../moment.ts';
import type { Draft, Entry } from './draft.ts';
import { join, type Findings } from './issues.ts';

/** Values every lead has or may have beside its fields. */
const BUILT_IN = ['transaction_id', 'tags', 'score', ...TRACKING_FIELDS.fields.map(({ name }) => name)];

/** What became of a lead, for integrations after the outcome. */
const SALE = ['outcome', 'reason', 'price', 'buyer'];

/** Who looks at a click listing, whatever fields its campaign has. */
const VISITOR = ['ip_address', 'user_agent'];

const NAMES_AT: Partial<Record<Moment, readonly string[]>> = { after_outcome: SALE, listing: [...SALE, ...VISITOR] };

/** Warns of `lead.<name>` in tables and rules that no lead will ever have: mostly a name misspelt. */
export function checkLeadNames(entry: Entry<Integration>, draft: Draft, findings: Findings): void {
  const { object, path } = entry;
  const known = leadNames(entry, draft);
  if (!known) return;
  const check = (name: string | undefined, where: string) => {
    if (name === undefined || known.has(name)) return;
    findings.warn(where, 'unknown_field', `no field, tracking field or captured value is named ${name}`);
  };
  for (const operation of OPERATIONS) {
    // What a connector maps by itself need not be there: a field that a campaign lacks is left out.
    const request = (entry.own ?? object)[operation]?.request ?? {};
    for (const [name, where] of namesInTables(request, join(path, operation, 'request'))) check(name, where);
  }
  const rule = ruleOf(object.rule, draft);
  for (const variable of rule === undefined ? [] : variablesOfRule(rule)) check(leadName(variable), join(path, 'rule'));
}

/** Every `lead.<name>` in the tables of a request: the name, and the path of its row. */
export function namesInTables(request: Partial<RequestMapping>, path: string): [name: string, path: string][] {
  return tablesOf(request).flatMap(([where, table]) =>
    Object.entries(table).flatMap(([theirs, source]): [string, string][] => {
      const name = leadName(sourceOf(source));
      return name === undefined ? [] : [[name, join(path, ...where, theirs)]];
    }),
  );
}

/** The path in a row; null, in what differs from a connector, takes a row away. */
function sourceOf(source: Table[string] | null): string {
  if (typeof source === 'string') return source;
  return source && 'field' in source ? source.field : '';
}

function leadName(path: string): string | undefined {
  return /^lead\.([^.]+)/.exec(path)?.[1];
}

/** What `lead.<name>` can be; `undefined` when the campaign's fields could not be read. */
function leadNames({ object }: Entry<Integration>, draft: Draft): Set<string> | undefined {
  const id = object.campaign;
  const campaign = draft.campaigns.find((entry) => entry.id === id);
  if (!campaign || campaign.broken.has('fields')) return undefined;
  const captured = draft.integrations
    .filter((entry) => entry.object.campaign === id)
    .flatMap((entry) => OPERATIONS.flatMap((name) => Object.keys(entry.object[name]?.response?.capture ?? {})));
  const own = (campaign.object.fields ?? []).map(({ name }) => name);
  return new Set([...own, ...BUILT_IN, ...captured, ...(NAMES_AT[momentOf(object)] ?? [])]);
}

/** What a rule says, whether it is written there or named. */
export function ruleOf(rule: Integration['rule'], draft: Draft): RuleBody | undefined {
  return typeof rule === 'string' ? draft.rules.find(({ id }) => id === rule)?.object.logic : rule;
}

function tablesOf({ query, json, form, xml }: Partial<RequestMapping>): [where: string[], table: Table][] {
  const tables: [string[], Table][] = [];
  if (query) tables.push([['query'], query]);
  if (json) tables.push([['json'], json]);
  if (form && typeof form !== 'string') tables.push([['form'], form]);
  if (xml && typeof xml !== 'string' && xml.fields) tables.push([['xml', 'fields'], xml.fields]);
  return tables;
}
