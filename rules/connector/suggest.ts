import type { Field, FieldType } from '../../schema/field.ts';
import type { Operation, OperationPatch, RequestMapping, Table, ValueSource } from '../../schema/mapping.ts';
import { areSynonyms, sameName } from './field-synonyms.ts';

/** How a value that a request looks at is filled. */
export const FILLED_BY = ['field', 'known', 'synonym', 'type', 'nothing'] as const;
export type FilledBy = (typeof FILLED_BY)[number];

/** One value of a lead that a request looks at. */
export interface Wanted {
  operation: string;
  /** Where it stands: `json`, `form`, `query`, `xml`, `csv`, `headers`, `url`, `jsonata` or `text`. */
  part: string;
  /** The service's name for it; absent where an expression or a template asks for it. */
  theirs?: string;
  /** The name it has in the mapping, as in `lead.<wants>`. */
  wants: string;
  /**
   * `field`: a field of the campaign has the name. `known`: leads have it anyway. `synonym`, `type`: another field of the
   * campaign means the same, or is its only one of the type. `nothing`: it is left out of the request.
   */
  filledBy: FilledBy;
  /** The field of the campaign. */
  field?: string;
}

export interface Suggestion {
  wanted: Wanted[];
  /** What the integration would say to take the suggested fields, by operation; empty when there is nothing to say. */
  override: Record<string, OperationPatch>;
  /** Fields of the campaign that no request looks at. */
  unused: string[];
}

export interface Suggested {
  /** Operations with everything filled in, by name. */
  operations: Readonly<Partial<Record<string, Pick<Operation, 'request'>>>>;
  fields: readonly Field[];
  /** Names that leads have beside their fields: tracking values, captured ones, what became of the lead. */
  known: readonly string[];
}

/** What requests look at of a lead, which field of a campaign fills it, and how to map what others would fill. */
export function suggestFields({ operations, fields, known }: Suggested): Suggestion {
  const wanted: Wanted[] = [];
  const override: Suggestion['override'] = {};
  for (const [operation, mapped] of Object.entries(operations)) {
    if (!mapped) continue;
    for (const { source, part, theirs, wants } of lookedAt(mapped.request)) {
      const found = fill(wants, fields, known);
      wanted.push({ operation, part, ...(theirs === undefined ? {} : { theirs }), wants, ...found });
      const isOther = found.filledBy === 'synonym' || found.filledBy === 'type';
      if (isOther && theirs !== undefined && source !== undefined) {
        const row = { [theirs]: retarget(source, `lead.${found.field}`) };
        const patch = (override[operation] ??= { request: {} });
        patch.request = withRow(patch.request ?? {}, part, row);
      }
    }
  }
  const used = new Set(wanted.map(({ field }) => field));
  return { wanted, override, unused: fields.map(({ name }) => name).filter((name) => !used.has(name)) };
}

/** The values of a lead that a request looks at, each name once for each place. */
export function lookedAt(
  request: RequestMapping,
): { part: string; theirs?: string; wants: string; source?: ValueSource }[] {
  const tables: [string, Table | undefined][] = [
    ['query', request.query],
    ['json', request.json],
    ['form', typeof request.form === 'object' ? request.form : undefined],
    ['xml', typeof request.xml === 'object' ? request.xml.fields : undefined],
    ['csv', request.csv?.columns],
  ];
  const texts: [string, string | undefined][] = [
    ['url', request.url],
    ...Object.values(request.headers ?? {}).map((text) => ['headers', text] as [string, string]),
    ['jsonata', request.jsonata],
    ['form', typeof request.form === 'string' ? request.form : undefined],
    ['xml', typeof request.xml === 'string' ? request.xml : undefined],
    ['text', request.text],
  ];
  return [
    ...tables.flatMap(([part, table = {}]) =>
      Object.entries(table).flatMap(([theirs, source]) => {
        const path = typeof source === 'string' ? source : 'field' in source ? source.field : '';
        const wants = /^lead\.([A-Za-z_]\w*)/.exec(path)?.[1];
        return wants === undefined ? [] : [{ part, theirs, wants, source }];
      }),
    ),
    ...texts.flatMap(([part, text = '']) =>
      [...new Set([...text.matchAll(/\blead\.([A-Za-z_]\w*)/g)].map(([, name = '']) => name))].map((wants) => ({
        part,
        wants,
      })),
    ),
  ];
}

/** Types whose name alone says what a field holds. */
const TELLING_TYPES: readonly FieldType[] = ['email', 'phone', 'zip', 'state', 'ip'];

function fill(wants: string, fields: readonly Field[], known: readonly string[]): Pick<Wanted, 'filledBy' | 'field'> {
  if (fields.some(({ name }) => name === wants)) return { filledBy: 'field', field: wants };
  if (known.includes(wants)) return { filledBy: 'known' };
  const other = fields.find(({ name }) => sameName(name, wants)) ?? fields.find(({ name }) => areSynonyms(name, wants));
  if (other) return { filledBy: 'synonym', field: other.name };
  const type = TELLING_TYPES.find((name) => name === wants || areSynonyms(name, wants));
  const [only, ...others] = fields.filter((field) => field.type === type);
  return only && others.length === 0 ? { filledBy: 'type', field: only.name } : { filledBy: 'nothing' };
}

function retarget(source: ValueSource, path: string): ValueSource {
  return typeof source === 'string' || !('field' in source) ? path : { ...source, field: path };
}

type RequestPatch = NonNullable<OperationPatch['request']>;

function withRow(request: RequestPatch, part: string, row: Table): RequestPatch {
  if (part === 'xml') {
    const { fields = {} } = typeof request.xml === 'object' ? request.xml : {};
    return { ...request, xml: { fields: { ...fields, ...row } } };
  }
  if (part === 'csv') return { ...request, csv: { columns: { ...request.csv?.columns, ...row } } };
  const name = part as 'json' | 'query' | 'form';
  const before = request[name];
  return { ...request, [name]: { ...(typeof before === 'object' ? before : {}), ...row } };
}
