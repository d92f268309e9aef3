import { z } from 'zod';

const template = (about: string) => z.string().max(20_000).describe(`${about} (Handlebars)`);
const jsonata = (about: string) => z.string().min(1).max(20_000).describe(`${about} (JSONata)`);
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** Formats a mapped value can be written in. */
export const VALUE_FORMATS = [
  'string',
  'number',
  'boolean',
  'yes_no',
  'one_zero',
  'digits', // phone: only its digits, country code included
  'national', // phone: ten national digits
  'upper',
  'lower',
  'date_iso', // 2026-01-31
  'date_us', // 01/31/2026
  'age', // years since the date
  'unix', // seconds
] as const;
export type ValueFormat = (typeof VALUE_FORMATS)[number];

/** Where one of their fields takes its value from. */
export const valueSourceSchema = z.union([
  z.string().min(1).describe('Path in {lead, bid, config, secrets, delivery, campaign, source}, e.g. lead.zip'),
  z.strictObject({
    field: z.string().min(1).describe('Path, as above'),
    default: scalar.optional().describe('Used when the field is absent or empty'),
    map: z.record(z.string(), scalar).optional().describe('Our value → their value; others pass unchanged'),
    format: z.enum(VALUE_FORMATS).optional(),
    omitEmpty: z.boolean().optional().describe('Leave their field out when there is no value. Default true'),
  }),
  z.strictObject({ value: scalar.describe('The same value for every lead') }),
]);
export type ValueSource = z.infer<typeof valueSourceSchema>;

export const tableSchema = z
  .record(z.string().min(1), valueSourceSchema)
  .describe('Their field (dots nest: contact.phone) → our field');
export type Table = z.infer<typeof tableSchema>;

const csvShape = {
  header: z.boolean().optional().describe('Whether the names of the columns stand above. Default true'),
  delimiter: z.enum([',', ';', '|', '\t']).optional().describe('Default a comma'),
  formulas: z
    .enum(['escaped', 'kept'])
    .optional()
    .describe('A text that a spreadsheet would take for a formula gets an apostrophe in front (default), or stays'),
};

const requestShape = {
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH']).optional().describe('Default POST'),
  url: template('Address; macros are percent-encoded'),
  testUrl: template('Address that sandbox leads go to instead').optional(),
  headers: z.record(z.string(), template('Header value')).optional(),
  query: tableSchema.optional().describe('Added to the address as query parameters'),
  json: tableSchema.optional().describe('JSON body from a table'),
  jsonata: jsonata('JSON body as an expression over {lead, bid, config, secrets, delivery, …}').optional(),
  form: z.union([tableSchema, template('Form body; macros are percent-encoded')]).optional(),
  xml: z
    .union([
      z.strictObject({ root: z.string().min(1).describe('Name of the root element'), fields: tableSchema }),
      template('XML body; macros are XML-escaped'),
    ])
    .optional(),
  csv: z
    .strictObject({ columns: tableSchema, ...csvShape })
    .optional()
    .describe('CSV body: one row, with a cell for each column'),
  text: template('Plain text body').optional(),
  contentType: z.string().max(200).optional().describe('Replaces the content type that goes with the body'),
  timeoutMs: z.int().min(50).max(60_000).optional().describe('For the whole request, in milliseconds'),
};
const oneBody = [
  (request: object) => bodyKinds(request).length <= 1,
  { message: 'has more than one of json, jsonata, form, xml, csv, text' },
] as const;
export const requestSchema = z.strictObject(requestShape).refine(...oneBody);
export type RequestMapping = z.infer<typeof requestSchema>;

/** The body kinds a request mapping names; at most one in a valid mapping. */
export function bodyKinds(request: object) {
  return (['json', 'jsonata', 'form', 'xml', 'csv', 'text'] as const).filter((kind) => kind in request);
}

/** When an answer means something: JSONata over {status, headers, body, text}, or a table of path → accepted values. */
export const conditionSchema = z.union([
  jsonata('True when the answer means this'),
  z
    .record(z.string(), z.union([scalar, z.array(scalar).min(1)]))
    .describe('Path → value or values; all must match, trimmed and without regard to case'),
]);
export type Condition = z.infer<typeof conditionSchema>;

export const bidSchema = z.strictObject({
  each: jsonata('List of bids in the answer; the other expressions are then relative to one of them').optional(),
  price: jsonata('Price'),
  id: jsonata("The buyer's id of the bid, needed in its post").optional(),
  expiresInMs: z.union([z.int().min(1), jsonata('Milliseconds the bid stands')]).optional(),
  exclusive: z
    .union([z.boolean(), jsonata('True when the price is for having the lead alone')])
    .optional()
    .describe('Whether it has to have the lead alone. Default false'),
  private: z.record(z.string(), jsonata('Value kept for the post of the same integration, as bid.<name>')).optional(),
});
export type BidMapping = z.infer<typeof bidSchema>;

/** Tested in this order, first match wins: error, duplicate, rejected, pending, accepted. */
export const responseSchema = z.strictObject({
  error: conditionSchema.optional(),
  duplicate: conditionSchema.optional(),
  rejected: conditionSchema.optional(),
  pending: conditionSchema.optional(),
  accepted: conditionSchema.optional(),
  bid: bidSchema.optional().describe("A ping's bid or bids"),
  price: jsonata('Final price in the answer to a post; when absent the bid stands').optional(),
  reason: jsonata('Their words for a reject').optional(),
  leadId: jsonata("The buyer's id of the lead").optional(),
  redirectUrl: jsonata('Where the consumer goes next').optional(),
  capture: z.record(z.string().regex(/^[a-z][a-z0-9_]{0,63}$/), jsonata('Value stored in the lead')).optional(),
});
export type ResponseMapping = z.infer<typeof responseSchema>;

export const operationSchema = z.strictObject({ request: requestSchema, response: responseSchema });
export type Operation = z.infer<typeof operationSchema>;

/** An operation of which code may make a half, or both. */
export const halvesSchema = z.strictObject({
  request: requestSchema.optional(),
  response: responseSchema.optional(),
});

const patchTable = z
  .record(z.string().min(1), z.union([valueSourceSchema, z.null()]))
  .describe('Their field → our field; null leaves a field of the connector out');
const patchValues = z.record(z.string(), z.union([jsonata('Value'), z.null()]));

/** What an integration changes in a request of its connector: what it names replaces, null takes away. */
export const requestPatchSchema = z
  .strictObject({
    method: requestShape.method.nullable(),
    url: requestShape.url.optional(),
    testUrl: requestShape.testUrl.nullable(),
    headers: z.record(z.string(), z.union([template('Header value'), z.null()])).optional(),
    query: patchTable.nullable().optional(),
    json: patchTable.optional(),
    jsonata: requestShape.jsonata,
    form: z.union([patchTable, template('Form body; macros are percent-encoded')]).optional(),
    xml: z
      .union([
        z.strictObject({ root: z.string().min(1).optional(), fields: patchTable.optional() }),
        template('XML body; macros are XML-escaped'),
      ])
      .optional(),
    csv: z.strictObject({ columns: patchTable.optional(), ...csvShape }).optional(),
    text: requestShape.text,
    contentType: requestShape.contentType.nullable(),
    timeoutMs: requestShape.timeoutMs.nullable(),
  })
  .refine(...oneBody);

/** What an integration changes in how an answer is read. */
export const responsePatchSchema = z.strictObject({
  error: conditionSchema.nullable().optional(),
  duplicate: conditionSchema.nullable().optional(),
  rejected: conditionSchema.nullable().optional(),
  pending: conditionSchema.nullable().optional(),
  accepted: conditionSchema.nullable().optional(),
  bid: z
    .strictObject({
      each: jsonata('List of bids in the answer').nullable().optional(),
      price: jsonata('Price').optional(),
      id: jsonata("The buyer's id of the bid").nullable().optional(),
      expiresInMs: z.union([z.int().min(1), jsonata('Milliseconds the bid stands'), z.null()]).optional(),
      exclusive: z
        .union([z.boolean(), jsonata('True when the price is for having the lead alone'), z.null()])
        .optional(),
      private: patchValues.optional(),
    })
    .nullable()
    .optional(),
  price: jsonata('Final price').nullable().optional(),
  reason: jsonata('Their words').nullable().optional(),
  leadId: jsonata("The buyer's id of the lead").nullable().optional(),
  redirectUrl: jsonata('Where the consumer goes next').nullable().optional(),
  capture: patchValues.nullable().optional(),
});

export const operationPatchSchema = z
  .strictObject({ request: requestPatchSchema.optional(), response: responsePatchSchema.optional() })
  .describe('Of an integration on a connector: what differs from it');
export type OperationPatch = z.infer<typeof operationPatchSchema>;
