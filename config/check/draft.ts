import { z } from 'zod';
import { alertChannelSchema, type AlertChannel } from '../../schema/alert.ts';
import type { Buyer, Campaign, Seller, Source } from '../../schema/campaign.ts';
import { auctionSchema, buyerSchema, campaignSchema, sellerSchema, sourceSchema } from '../../schema/campaign.ts';
import {
  COLLECTIONS,
  configurationSchema,
  ruleSchema,
  type CollectionName,
  type ConfigurationFile,
  type Rule,
} from '../../schema/configuration.ts';
import { eventListSchema, eventSchema, type EventList, type EventSettings } from '../../schema/event.ts';
import { connectedIntegrationSchema, customIntegrationSchema, type Integration } from '../../schema/integration.ts';
import {
  operationSchema,
  requestSchema,
  responseSchema,
  type Operation,
  type RequestMapping,
  type ResponseMapping,
} from '../../schema/mapping.ts';
import { join, shapeIssues, type Findings } from './issues.ts';

/** An operation of which parts may be missing because their shape is wrong. */
export interface PartialOperation {
  request?: Partial<RequestMapping>;
  response?: Partial<ResponseMapping>;
}

/** What could be read of an object. */
export type Readable<Checked> = {
  [Name in keyof Checked]?: NonNullable<Checked[Name]> extends Operation ? PartialOperation : Checked[Name];
};

/** An object under check: those of its properties that have the right shape. */
export interface Entry<Checked> {
  id: string;
  object: Readable<Checked>;
  path: string;
  /** False for an object of the deployment that the file does not name. */
  isNew: boolean;
  /** Of an integration on a connector: what it says itself. `object` then has the connector's parts too. */
  own?: Readable<Checked>;
  /** Of an integration on a connector: every credential that the connector knows, also those it can do without. */
  credentials?: readonly string[];
  /** Of an integration on a connector with code: what its mappings do not say, the code may. */
  hasCode?: boolean;
  /** Properties of `object` that are not or not wholly there because their shape is wrong, which was reported. */
  broken: ReadonlySet<string>;
}

interface Contents {
  sellers: Seller;
  sources: Source;
  buyers: Buyer;
  rules: Rule;
  events: EventSettings;
  eventLists: EventList;
  alertChannels: AlertChannel;
  campaigns: Campaign;
  integrations: Integration;
}

/** The configuration as it would be, as far as it can be read. */
export type Draft = { [Name in CollectionName]: Entry<Contents[Name]>[] };

const SCHEMAS: Record<CollectionName, z.ZodObject> = {
  sellers: sellerSchema,
  sources: sourceSchema,
  buyers: buyerSchema,
  rules: ruleSchema,
  events: eventSchema,
  eventLists: eventListSchema,
  alertChannels: alertChannelSchema,
  campaigns: campaignSchema,
  integrations: customIntegrationSchema,
};

/**
 * Reads a file property by property, so that one mistake does not hide the others: what has the wrong shape is
 * reported and left out, and the rest goes on to the other checks.
 */
export function readDraft(input: unknown, findings: Findings): Draft {
  const draft = Object.fromEntries(COLLECTIONS.map((name) => [name, []])) as unknown as Draft;
  if (!isObject(input)) {
    findings.error('', 'wrong_type', 'must be an object with campaigns, integrations and so on');
    return draft;
  }
  const outline = configurationSchema.omit(Object.fromEntries(COLLECTIONS.map((name) => [name, true])) as never);
  const rest = Object.fromEntries(Object.entries(input).filter(([key]) => !isCollection(key)));
  const parsed = outline.safeParse(rest, { reportInput: true });
  if (!parsed.success) findings.issues.push(...shapeIssues(parsed.error.issues, ''));

  for (const collection of COLLECTIONS) {
    const list: unknown = input[collection];
    if (list === undefined) continue;
    if (!Array.isArray(list)) findings.error(collection, 'wrong_type', 'must be a list');
    else
      draft[collection] = Array.from(list, (value, at) =>
        readEntry(collection, value, join(collection, at), findings),
      ) as never;
  }
  return draft;
}

/** Adds the objects of the deployment that the file leaves as they are. */
export function addExisting(
  draft: Draft,
  existing: ConfigurationFile,
  stays: (name: CollectionName, id: string) => boolean,
) {
  for (const collection of COLLECTIONS) {
    const named = new Set<string>(draft[collection].map(({ id }) => id));
    for (const object of existing[collection] ?? []) {
      if (named.has(object.id) || !stays(collection, object.id)) continue;
      const path = join(collection, object.id);
      draft[collection].push({ id: object.id, object, path, isNew: false, broken: new Set() } as never);
    }
  }
}

function readEntry(collection: CollectionName, value: unknown, path: string, findings: Findings): Entry<object> {
  if (!isObject(value)) {
    findings.error(path, 'wrong_type', 'must be an object');
    return { id: '', object: {}, path, isNew: true, broken: new Set() };
  }
  const { object, broken } = readProperties(schemaOf(collection, value), value, path, findings);
  return { id: typeof value.id === 'string' ? value.id : '', object, path, isNew: true, broken };
}

/** What is configured on a connector need not be whole. */
function schemaOf(collection: CollectionName, { connector = 'custom' }: Record<string, unknown>): z.ZodObject {
  return collection === 'integrations' && connector !== 'custom' ? connectedIntegrationSchema : SCHEMAS[collection];
}

/** Schemas of which a part is worth checking when another part has the wrong shape. */
const DIVISIBLE: readonly unknown[] = [operationSchema, requestSchema, responseSchema, auctionSchema];

function readProperties(schema: z.ZodObject, given: Record<string, unknown>, path: string, findings: Findings) {
  const { shape } = schema;
  const object: Record<string, unknown> = {};
  const broken = new Set<string>();
  for (const [name, property] of Object.entries(shape)) {
    const errors = findings.issues.length;
    const value = readValue(property as z.ZodType, given[name], join(path, name), findings);
    if (value !== undefined) object[name] = value;
    if (findings.issues.length > errors) broken.add(name);
  }
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(shape, name)) findings.error(join(path, name), 'unknown_property', 'is not known');
  }
  return { object, broken };
}

function readValue(schema: z.ZodType, value: unknown, path: string, findings: Findings): unknown {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  const inner = schema instanceof z.ZodOptional ? schema.unwrap() : schema;
  if (inner instanceof z.ZodObject && DIVISIBLE.includes(inner) && isObject(value)) {
    const errors = findings.issues.length;
    const { object } = readProperties(inner, value, path, findings);
    if (findings.issues.length > errors) return object;
  }
  findings.issues.push(...shapeIssues(parsed.error.issues, path));
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCollection(key: string): key is CollectionName {
  return (COLLECTIONS as readonly string[]).includes(key);
}
