import { ERRORS, type ErrorCode } from '../../errors/registry.ts';
import type { JsonSchema, OperationSpec } from './operation.ts';

/** What an operation's passages can refuse, by the passage; `mount` puts the same ones before its handler. */
const PASSAGES: readonly { codes: readonly ErrorCode[]; passes: (spec: OperationSpec) => boolean }[] = [
  // The connection itself, and its headers and address.
  { codes: ['bad_request', 'invalid_encoding', 'request_timeout', 'headers_too_large'], passes: () => true },
  { codes: ['internal', 'unavailable'], passes: () => true },
  { codes: ['rate_limited'], passes: ({ internal }) => !internal },
  {
    codes: [
      ...(['unknown_key', 'conflicting_keys', 'address_not_allowed', 'key_not_allowed'] as const),
      ...(['missing_signature', 'stale_signature', 'invalid_signature', 'no_configuration'] as const),
    ],
    passes: ({ access }) => access.length > 0,
  },
  { codes: ['missing_key'], passes: ({ access, keyless }) => access.length > 0 && !keyless },
  { codes: ['origin_not_allowed'], passes: ({ access }) => access.includes('browser') },
  { codes: ['overloaded', 'shutting_down'], passes: ({ sheds }) => sheds === true },
  { codes: ['invalid_parameters'], passes: ({ query }) => query !== undefined },
  { codes: ['body_too_large', 'invalid_body', 'unsupported_content_type'], passes: ({ body }) => body !== undefined },
  { codes: ['invalid_json'], passes: ({ body }) => body !== undefined && !body.raw },
];

/** The errors that an operation answers without naming them, because of what it lets a request pass. */
export function impliedErrors(spec: OperationSpec): ErrorCode[] {
  return PASSAGES.filter(({ passes }) => passes(spec)).flatMap(({ codes }) => codes);
}

/** Codes that come from what a request passes, the same wherever it does. */
export const IMPLIED_CODES: ReadonlySet<ErrorCode> = new Set(PASSAGES.flatMap(({ codes }) => codes));

/** All its errors by their status, statuses and codes in order. */
export function errorsOf(spec: OperationSpec): Map<number, ErrorCode[]> {
  const codes = [...new Set([...spec.errors, ...impliedErrors(spec)])].sort();
  const statuses = [...new Set(codes.map((code) => ERRORS[code].status))].sort();
  return new Map(statuses.map((status) => [status, codes.filter((code) => ERRORS[code].status === status)]));
}

/** The one shape of all errors; a status adds which codes it has. */
export const ERROR_SCHEMA: JsonSchema = {
  type: 'object',
  description: 'Everything that is refused or failed. Go by `code`: it is never renamed.',
  properties: {
    status: { type: 'integer', minimum: 400, maximum: 599, description: 'The HTTP status' },
    type: { const: 'error' },
    code: { type: 'string', description: 'What went wrong; the reference describes each' },
    message: { type: 'string', description: 'For people. Never holds a value of the request' },
    errors: {
      type: 'array',
      description: 'Each mistake: where it stands and what is wrong with it',
      items: {
        type: 'object',
        properties: { path: { type: 'string' }, code: { type: 'string' }, message: { type: 'string' } },
        required: ['path', 'code', 'message'],
      },
    },
    missingFields: {
      type: 'object',
      description: 'Fields that are required and not there',
      additionalProperties: { type: 'string' },
    },
    invalidFields: {
      type: 'object',
      description: 'Fields with what is wrong with them',
      additionalProperties: { type: 'string' },
    },
  },
  required: ['status', 'type', 'code', 'message'],
};

/** An error of this status with one of these codes. */
export function errorSchema(status: number, codes: readonly ErrorCode[], statusText = false): JsonSchema {
  if (statusText) {
    const { properties, ...shape } = ERROR_SCHEMA;
    const own = { status: { const: String(status) }, code: { enum: codes } };
    return { ...shape, properties: { ...(properties as JsonSchema), ...own } };
  }
  return {
    allOf: [
      { $ref: '#/components/schemas/Error' },
      { type: 'object', properties: { status: { const: status }, code: { enum: codes } } },
    ],
  };
}

/** One example for each code that these operations can answer, by its name among the components. */
export function errorExamples(operations: readonly { spec: OperationSpec }[]): Record<string, JsonSchema> {
  const answered = new Set(operations.flatMap(({ spec }) => [...errorsOf(spec).values()].flat()));
  return Object.fromEntries(
    (Object.keys(ERRORS) as ErrorCode[])
      .filter((code) => answered.has(code))
      .map((code) => {
        const { status, message } = ERRORS[code];
        return [code, { summary: message, value: { status, type: 'error', code, message, ...EXTRA[code] } }];
      }),
  );
}

/** An error of an operation that tells its status as a text. */
export function exampleWithText(code: ErrorCode): JsonSchema {
  const { status, message } = ERRORS[code];
  const value = { status: String(status), type: 'error', code, message, missingFields: {}, invalidFields: {} };
  return { summary: message, value: { ...value, ...EXTRA[code] } };
}

const EXTRA: Partial<Record<ErrorCode, JsonSchema>> = {
  invalid_fields: { missingFields: { phone: 'is required' }, invalidFields: { zip: 'is not a ZIP code' } },
  invalid_parameters: {
    errors: [{ path: 'from', code: 'invalid_parameter', message: 'must be a date such as 2026-11-21' }],
  },
};
