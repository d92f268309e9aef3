import { z } from 'zod';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { isSecret } from '../../rules/connector/config.ts';
import { CONNECTOR_OPERATIONS, type ConfigSchema } from '../../schema/connector.ts';
import { CATEGORIES } from '../../schema/integration.ts';
import { operation, type Operation } from '../api/operation.ts';
import { pageOf } from '../api/pages.ts';
import type { ConnectorDirectory, Listed } from '../connectors/directory.ts';
import { factsSchema, sampleName, type ConnectorFacts } from '../connectors/entry.ts';
import { connectorListPage } from '../connectors/list-page.ts';
import { readForm } from '../connectors/config-form.ts';
import { connectorPage } from '../connectors/page.ts';
import { searchConnectors } from '../connectors/search.ts';

const PAGE_ROWS = 60;
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";
const headers = {
  'referrer-policy': 'no-referrer',
  'cache-control': 'public, max-age=60',
};

const { updatedAt, ...facts } = factsSchema.shape;
const shown = z.object({
  ...facts,
  updated_at: updatedAt,
  installed: z
    .array(z.string())
    .optional()
    .describe('Operators only: the versions that are installed, the newest first'),
  blocked: z
    .object({ versions: z.string().optional(), reason: z.string(), at: z.iso.datetime() })
    .optional()
    .describe('It must not run. Without an operator key only what the index blocks'),
});
const json = z.record(z.string(), z.unknown());

const query = {
  q: z.string().max(200).optional().describe('Words; each must be found in its names, description, hosts or keywords'),
  category: z.enum(CATEGORIES).optional(),
  cursor: z
    .string()
    .regex(/^[0-9]{1,6}$/, 'must be a next_cursor')
    .optional(),
};

/** `GET /api/connectors…` and their pages, `GET /docs/connectors…`: what there is to choose from. */
export function connectorOperations(directory: ConnectorDirectory): Operation[] {
  const visible = async (isOperator: boolean) =>
    (await directory.all()).filter(({ unlisted }) => isOperator || !unlisted);
  const params = z.object({
    id: z.string().max(214).describe('Its `id`; of a package with a scope with `%2F` for its /'),
  });

  async function find(id: string, isOperator: boolean) {
    const found = await directory.find(id);
    if (!found || (found.listed.unlisted && !isOperator)) throw new LeadwireError('connector_not_listed');
    return found;
  }

  return [
    operation(
      {
        id: 'listConnectors',
        method: 'get',
        path: '/api/connectors',
        tag: 'Connectors',
        summary: 'The connectors there are, those that fit best first',
        description:
          'Those that come with Leadwire and those of the index that operators loaded. It needs no key; with a key of an ' +
          'operator it also tells what is installed and what was blocked here, and lists installed ones that are in no index.',
        access: ['operator'],
        keyless: true,
        query: z.object({
          ...query,
          operation: z.enum(CONNECTOR_OPERATIONS).optional().describe('Those that can be asked to do it'),
          installed: z.enum(['true', 'false']).optional().describe('Operators only'),
          limit: z.coerce.number().int().min(1).max(200).default(50),
        }),
        answers: {
          200: {
            description: 'A page of connectors',
            schema: pageOf({
              total: z.int().describe('How many fit'),
              connectors: z.array(shown),
            }),
          },
        },
        errors: ['missing_key'],
      },
      async ({ optionalKey, query: { q, category, operation: name, installed, limit, cursor = '0' } }) => {
        const isOperator = optionalKey !== undefined;
        if (installed !== undefined && !isOperator) throw new LeadwireError('missing_key');
        const all = searchConnectors(await visible(isOperator), { q, category, operation: name }).filter(
          (one) => installed === undefined || (installed === 'true') === one.installed.length > 0,
        );
        const from = Number(cursor);
        const body = {
          status: 200,
          type: 'success',
          total: all.length,
          connectors: all.slice(from, from + limit).map((one) => factsFor(one, isOperator)),
          ...(from + limit < all.length ? { next_cursor: String(from + limit) } : {}),
        };
        return { status: 200, body };
      },
    ),
    operation(
      {
        id: 'getConnector',
        method: 'get',
        path: '/api/connectors/{id}',
        tag: 'Connectors',
        summary: 'A connector: what it wants to know, does, sends and understands',
        description: '`config` is what a form for an integration is made from. The samples are its exemplary fixtures.',
        access: ['operator'],
        keyless: true,
        params,
        answers: {
          200: {
            description: 'The connector',
            schema: z.object({
              status: z.literal(200),
              type: z.literal('success'),
              connector: shown.extend({
                config: json.describe('JSON Schema 2020-12 of `config`; a credential is `writeOnly`'),
                authentication: json.describe('`kind`, and what belongs to it'),
                manifest: json.describe('Its `connector.json`, with what it takes from the one it extends'),
                samples: z.array(
                  z.looseObject({
                    name: z.string(),
                    operation: z.enum(CONNECTOR_OPERATIONS),
                    request: json.optional(),
                    response: json.optional(),
                    result: json.optional(),
                    error: json.optional(),
                  }),
                ),
              }),
            }),
          },
        },
        errors: ['connector_not_listed'],
      },
      async ({ params: { id }, optionalKey }) => {
        const isOperator = optionalKey !== undefined;
        const { listed, details } = await find(id, isOperator);
        const { manifest, fixtures } = details;
        const connector = {
          ...factsFor(listed, isOperator),
          config: formSchema(manifest.config),
          authentication: manifest.authentication ?? { kind: 'none' },
          manifest,
          samples: fixtures.map(({ file, fixture: { $schema: _, ...fixture } }) => ({
            name: sampleName(file),
            ...fixture,
          })),
        };
        return { status: 200, body: { status: 200, type: 'success', connector } };
      },
    ),
    operation(
      {
        id: 'getConnectorsPage',
        method: 'get',
        path: '/docs/connectors',
        tag: 'Connectors',
        summary: 'The connectors there are, as a page for people',
        access: [],
        query: z.object({ ...query, category: z.enum([...CATEGORIES, '']).optional() }),
        answers: { 200: { description: 'The page', contentType: 'text/html', schema: z.string() } },
        errors: [],
      },
      async ({ query: { q, category, cursor = '0' } }) => {
        const wanted = { q, category: category === '' ? undefined : category };
        const all = searchConnectors(await visible(false), wanted);
        const from = Number(cursor);
        const next = from + PAGE_ROWS < all.length ? from + PAGE_ROWS : undefined;
        const connectors = all.slice(from, from + PAGE_ROWS).map(forEverybody);
        const page = connectorListPage({ wanted, connectors, total: all.length, next });
        return html(page, `${POLICY}; form-action 'self'`);
      },
    ),
    operation(
      {
        id: 'getConnectorPage',
        method: 'get',
        path: '/docs/connectors/{id}',
        tag: 'Connectors',
        summary: 'A connector as a page for people',
        access: [],
        params,
        query: z.looseObject({
          filled: z.literal('yes').optional().describe('Its form was sent: beside it, what was filled in by property'),
        }),
        answers: { 200: { description: 'The page', contentType: 'text/html', schema: z.string() } },
        errors: ['connector_not_listed'],
      },
      async ({ params: { id }, query: sent }) => {
        const { listed, details } = await find(id, false);
        const page = connectorPage(forEverybody(listed), details, readForm(details.manifest.config, sent));
        return html(page, `${POLICY}; form-action 'self'`);
      },
    ),
  ];
}

function html(body: string, policy: string) {
  const type = 'text/html; charset=utf-8';
  return { status: 200, type, headers: { ...headers, 'content-security-policy': policy }, body };
}

/** What an operator blocked, and why, is its own affair; what the index blocks is everybody's. */
function forEverybody(listed: Listed): Listed {
  const { block, ...rest } = listed;
  return block?.origin === 'index' ? listed : rest;
}

function factsFor(listed: Listed, isOperator: boolean) {
  const { block, installed, updatedAt: at, unlisted: _, ...known } = isOperator ? listed : forEverybody(listed);
  return {
    ...(known satisfies Omit<ConnectorFacts, 'updatedAt'>),
    ...(at === undefined ? {} : { updated_at: at }),
    ...(isOperator ? { installed } : {}),
    ...(block
      ? {
          blocked: {
            ...(block.versions === undefined ? {} : { versions: block.versions }),
            reason: block.reason,
            at: block.at.toISOString(),
          },
        }
      : {}),
  };
}

/** Any form that is made of JSON Schema knows `writeOnly`; `secret` is ours. */
function formSchema({ properties, ...schema }: ConfigSchema) {
  const marked = Object.entries(properties).map(([name, property]) => [
    name,
    isSecret(property) ? { ...property, secret: true, writeOnly: true } : property,
  ]);
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', ...schema, properties: Object.fromEntries(marked) };
}
