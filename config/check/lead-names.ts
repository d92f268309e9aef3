import { variablesOf } from '../../rules/logic.ts';
import { TRACKING_FIELDS } from '../../rules/tracking.ts';
import type { Logic } from '../../schema/filters.ts';
import { OPERATIONS, type Integration } from '../../schema/integration.ts';
import type { RequestMapping, Table } from '../../schema/mapping.ts';
import { momentOf } from '../moment.ts';
import type { Draft, Entry } from './draft.ts';
import { join, type Findings } from './issues.ts';

/** Values every lead has or may have beside its fields. */
const BUILT_IN = ['transaction_id', ...TRACKING_FIELDS.fields.map(({ name }) => name)];

/** What became of a lead, for integrations after the outcome. */
const SALE = ['outcome', 'reason', 'price', 'buyer'];

/** Warns of `lead.<name>` in tables and rules that no lead will ever have: mostly a name misspelt. */
export function checkLeadNames(entry: Entry<Integration>, draft: Draft, findings: Findings): void {
  const { object, path } = entry;
  const known = leadNames(entry, draft);
  if (!known) return;
  const check = (ours: string, where: string) => {
    const name = /^lead\.([^.]+)/.exec(ours)?.[1];
    if (name === undefined || known.has(name)) return;
    findings.warn(where, 'unknown_field', `no field, tracking field or captured value is named ${name}`);
  };
  for (const name of OPERATIONS) {
    for (const [where, table] of tablesOf(object[name]?.request ?? {})) {
      for (const [theirs, source] of Object.entries(table)) {
        const ours = typeof source === 'string' ? source : 'field' in source ? source.field : '';
        check(ours, join(path, name, 'request', ...where, theirs));
      }
    }
  }
  for (const variable of variablesOf(logicOf(object.rule, draft))) check(variable, join(path, 'rule'));
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
  return new Set([...own, ...BUILT_IN, ...captured, ...(momentOf(object) === 'after_outcome' ? SALE : [])]);
}

function logicOf(rule: Integration['rule'], draft: Draft): Logic | undefined {
  return typeof rule === 'string' ? draft.rules.find(({ id }) => id === rule)?.object.logic : rule;
}

function tablesOf({ query, json, form, xml }: Partial<RequestMapping>): [where: string[], table: Table][] {
  const tables: [string[], Table][] = [];
  if (query) tables.push([['query'], query]);
  if (json) tables.push([['json'], json]);
  if (form && typeof form !== 'string') tables.push([['form'], form]);
  if (xml && typeof xml !== 'string') tables.push([['xml', 'fields'], xml.fields]);
  return tables;
}
