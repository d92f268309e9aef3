import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../../errors/registry.ts';
import { ERROR_SCHEMA, errorExamples, errorSchema, errorsOf, exampleWithText } from './openapi-errors.ts';
import { createSchemaWriter, type SchemaWriter } from './openapi-schema.ts';
import type { DescribedAnswer, JsonSchema, Operation, OperationSpec } from './operation.ts';

/** Of the API; a member or an operation more raises the second figure, anything else the first. */
const API_VERSION = '1.0.0';
const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  description?: string;
  schema: JsonSchema;
}
export interface DocumentedAnswer {
  description: string;
  headers?: Record<string, JsonSchema>;
  content?: Record<string, { schema: JsonSchema; examples?: Record<string, JsonSchema> }>;
}
export interface DocumentedOperation {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  security: Record<string, string[]>[];
  parameters?: Parameter[];
  requestBody?: { description?: string; required: boolean; content: Record<string, { schema: JsonSchema }> };
  responses: Record<string, DocumentedAnswer>;
}
export interface ApiDocument {
  openapi: '3.1.1';
  info: JsonSchema;
  servers: { url: string }[];
  tags: { name: string }[];
  paths: Record<string, Partial<Record<OperationSpec['method'], DocumentedOperation>>>;
  components: {
    schemas: Record<string, JsonSchema>;
    examples: Record<string, JsonSchema>;
    headers: Record<string, JsonSchema>;
    securitySchemes: Record<string, JsonSchema>;
  };
}

export interface DocumentOptions {
  /** Where sellers reach the deployment. */
  publicUrl: string;
  /** See `createSchemaWriter`. Default false. */
  closed?: boolean;
}

/** The OpenAPI 3.1 document of these operations: the same descriptions they are served and checked by. */
export function documentOf(
  operations: readonly Operation[],
  { publicUrl, closed = false }: DocumentOptions,
): ApiDocument {
  const writer = createSchemaWriter({ closed });
  const paths: ApiDocument['paths'] = {};
  const templates = templatesOf(operations.map(({ spec }) => spec.path));
  for (const { spec } of operations) {
    const template = templates.get(spec.path) ?? spec.path;
    paths[template] = { ...paths[template], [spec.method]: documented(spec, template, writer) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Leadwire',
      version: API_VERSION,
      summary: 'Post leads, ping for bids, and learn what became of them',
      description:
        'Every error has the same shape and a stable `code`. Answers may get further members: ignore those you do not ' +
        'know. Amounts are plain decimals in the currency of the campaign, times are ISO 8601 in UTC.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: publicUrl }],
    tags: [...new Set(operations.map(({ spec }) => spec.tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { Error: ERROR_SCHEMA, ...writer.components() },
      examples: errorExamples(operations),
      headers: HEADERS,
      securitySchemes: securitySchemes(publicUrl),
    },
  };
}

/**
 * The path by which each path is documented. To OpenAPI, paths that differ in the names of their parameters only are one
 * path: where they do, a parameter is called `id`.
 */
export function templatesOf(paths: readonly string[]): Map<string, string> {
  const shape = (path: string) => path.replace(PARAMETER, '{}');
  const clashes = (path: string) => paths.some((other) => other !== path && shape(other) === shape(path));
  return new Map(paths.map((path) => [path, clashes(path) ? path.replace(PARAMETER, '{id}') : path]));
}
const PARAMETER = /\{(\w+)\}/g;

function documented(spec: OperationSpec, template: string, writer: SchemaWriter): DocumentedOperation {
  const { id, tag, summary, description, access, body } = spec;
  const keys = access.length > 0 ? `Takes ${access.join(' and ')} keys${spec.keyless ? ', or none' : ''}.` : undefined;
  const text = [description, keys].filter(Boolean).join('\n\n');
  const parameters = parametersOf(spec, template, writer);
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(text ? { description: text } : {}),
    security: access.length > 0 ? [...(spec.keyless ? [{}] : []), { apiKey: [] }, { bearer: [] }, { oauth: [] }] : [],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: requestBody(body, writer) } : {}),
    responses: answersOf(spec, writer),
  };
}

function parametersOf(spec: OperationSpec, template: string, writer: SchemaWriter): Parameter[] {
  const { path, params, query, headers } = spec;
  const names = [...template.matchAll(PARAMETER)].map(([, name = '']) => name);
  const inPath = [...path.matchAll(PARAMETER)].map(([, name = ''], index) => ({
    name: names[index] ?? name,
    own: name,
  }));
  return [
    ...inPath.map(({ name, own }) => parameter('path', name, params?.shape[own] ?? z.string(), writer)),
    ...Object.entries(query?.shape ?? {}).map(([name, schema]) => parameter('query', name, schema, writer)),
    ...Object.entries(headers?.shape ?? {}).map(([name, schema]) => parameter('header', name, schema, writer)),
  ];
}

function parameter(where: Parameter['in'], name: string, type: unknown, writer: SchemaWriter): Parameter {
  const field = type as z.ZodType;
  const { description, ...schema } = writer.write(field, 'input');
  return {
    name,
    in: where,
    required: where === 'path' || !field.safeParse(undefined).success,
    ...(typeof description === 'string' ? { description } : {}),
    schema,
  };
}

const BULK_TYPES = ['text/csv', 'application/x-ndjson', JSON_TYPE];

function requestBody({ schema, description, raw, streamed }: NonNullable<OperationSpec['body']>, writer: SchemaWriter) {
  const written = { schema: writer.write(schema, 'input') };
  if (raw) {
    const plain = [JSON_TYPE, FORM_TYPE, 'application/xml', 'text/plain'];
    const types = streamed ? BULK_TYPES : plain;
    const content = Object.fromEntries(types.map((type) => [type, written]));
    return { ...(description ? { description } : {}), required: false, content };
  }
  return {
    ...(description ? { description } : {}),
    required: !raw,
    content: raw ? { '*/*': written } : { [JSON_TYPE]: written, [FORM_TYPE]: written },
  };
}

function answersOf(spec: OperationSpec, writer: SchemaWriter): Record<string, DocumentedAnswer> {
  const answers: Record<string, DocumentedAnswer> = {};
  for (const [status, answer] of Object.entries(spec.answers)) answers[status] = success(spec, answer, writer);
  for (const [status, codes] of errorsOf(spec)) answers[status] = failure(spec, status, codes, answers[status]);
  return answers;
}

function success(spec: OperationSpec, answer: DescribedAnswer, writer: SchemaWriter): DocumentedAnswer {
  const { description, schema, contentType = JSON_TYPE, also = {}, headers = {} } = answer;
  const shapes = Object.entries({ ...(schema ? { [contentType]: schema } : {}), ...also });
  const content = Object.fromEntries(shapes.map(([type, shape]) => [type, { schema: writer.write(shape, 'output') }]));
  const own = Object.fromEntries(
    Object.entries(headers).map(([name, meaning]) => [name, { description: meaning, schema: { type: 'string' } }]),
  );
  return {
    description,
    headers: { ...own, ...commonHeaders(spec) },
    ...(shapes.length > 0 ? { content } : {}),
  };
}

/** Errors of one status; an answer that is none may share it. */
function failure(
  spec: OperationSpec,
  status: number,
  codes: readonly ErrorCode[],
  beside: DocumentedAnswer | undefined,
): DocumentedAnswer {
  const schema = errorSchema(status, codes, spec.statusText);
  const other = beside?.content?.[JSON_TYPE]?.schema;
  const retryable = codes.some((code) => ERRORS[code].retryable);
  return {
    description: [beside?.description, STATUS_CODES[status], ...codes.map((code) => `\`${code}\``)]
      .filter(Boolean)
      .join(' · '),
    headers: {
      ...beside?.headers,
      ...commonHeaders(spec),
      ...(retryable ? { 'Retry-After': ref('headers', 'Retry-After') } : {}),
      ...(status === 401 ? { 'WWW-Authenticate': ref('headers', 'WWW-Authenticate') } : {}),
    },
    content: {
      ...beside?.content,
      [JSON_TYPE]: {
        schema: other ? { anyOf: [other, schema] } : schema,
        examples: Object.fromEntries(
          codes.map((code) => [code, spec.statusText ? exampleWithText(code) : ref('examples', code)]),
        ),
      },
    },
  };
}

/** What every answer carries, those aside that end a connection before there was a request. */
function commonHeaders({ internal }: OperationSpec): Record<string, JsonSchema> {
  if (internal) return {};
  return Object.fromEntries(COMMON_HEADERS.map((name) => [name, ref('headers', name)]));
}

const ref = (kind: string, name: string): JsonSchema => ({ $ref: `#/components/${kind}/${name}` });

const LIMIT_HEADERS = ['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset', 'RateLimit-Policy'];
const COMMON_HEADERS = ['X-Request-Id', ...LIMIT_HEADERS];
const count = (minimum: number, description: string) => ({ description, schema: { type: 'integer', minimum } });
const HEADERS: Record<string, JsonSchema> = {
  'X-Request-Id': { description: 'Names the request in /api/requests', schema: { type: 'string' } },
  'RateLimit-Limit': count(1, 'Requests in the window that is nearest to its limit'),
  'RateLimit-Remaining': count(0, 'What is left of them'),
  'RateLimit-Reset': count(1, 'Seconds until that window ends'),
  'RateLimit-Policy': {
    description: 'All limits that hold for this key or address, with their windows in seconds: `100;w=1, 3000;w=60`',
    schema: { type: 'string' },
  },
  'Retry-After': count(1, 'Seconds until trying again can help'),
  'WWW-Authenticate': { description: 'How to authenticate', schema: { type: 'string' } },
};

function securitySchemes(publicUrl: string): Record<string, JsonSchema> {
  return {
    apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key', description: 'An API key' },
    bearer: { type: 'http', scheme: 'bearer', description: 'An API key, or an access token of /oauth/token' },
    oauth: {
      type: 'oauth2',
      description: 'The id of an API key is the client id, the key the secret',
      flows: { clientCredentials: { tokenUrl: `${publicUrl}/oauth/token`, scopes: {} } },
    },
  };
}
