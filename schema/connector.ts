import { z } from 'zod';
import { authenticationSchema, hostSchema } from './authentication.ts';
import { CATEGORIES } from './integration.ts';
import { operationPatchSchema, requestSchema, responseSchema } from './mapping.ts';

/** Version of the contract between Leadwire and its connectors; a manifest's `sdk` is a range of it. */
export const CONTRACT_VERSION = '1.0.0';

/** Everything a connector can be asked to do. */
export const CONNECTOR_OPERATIONS = [
  ...(['ping', 'post', 'status', 'return'] as const),
  ...(['deliver', 'enrich', 'check', 'retain', 'revoke', 'erase'] as const),
  ...(['postback', 'click'] as const),
] as const;
export type ConnectorOperation = (typeof CONNECTOR_OPERATIONS)[number];

const about = {
  title: z.string().min(1).max(200).optional().describe('Label in forms'),
  description: z.string().max(2000).optional(),
};
const text = z.strictObject({
  type: z.literal('string'),
  ...about,
  default: z.string().optional(),
  enum: z.array(z.string()).min(1).max(500).optional(),
  minLength: z.int().min(0).optional(),
  maxLength: z.int().min(1).optional(),
  pattern: z.string().max(500).optional().describe('Without look-around and back-references'),
  format: z.enum(['uri', 'hostname', 'email']).optional(),
  secret: z.boolean().optional().describe('A credential: set apart, seen as secrets.<name>, shown nowhere'),
  writeOnly: z.boolean().optional().describe('The same as secret'),
  examples: z.array(z.string()).optional(),
});
const number = z.strictObject({
  type: z.enum(['number', 'integer']),
  ...about,
  default: z.number().optional(),
  enum: z.array(z.number()).min(1).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  examples: z.array(z.number()).optional(),
});
const flag = z.strictObject({ type: z.literal('boolean'), ...about, default: z.boolean().optional() });
const list = z.strictObject({
  type: z.literal('array'),
  ...about,
  items: z.strictObject({ type: z.enum(['string', 'number', 'integer']), enum: z.array(z.string()).optional() }),
  minItems: z.int().min(0).optional(),
  maxItems: z.int().min(1).optional(),
  default: z.array(z.union([z.string(), z.number()])).optional(),
});
const map = z.strictObject({
  type: z.literal('object'),
  ...about,
  additionalProperties: z.strictObject({ type: z.enum(['string', 'number', 'integer', 'boolean']) }),
  default: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});
export const configPropertySchema = z.discriminatedUnion('type', [text, number, flag, list, map]);
export type ConfigProperty = z.infer<typeof configPropertySchema>;

const propertyName = z.string().regex(/^[a-z][a-zA-Z0-9_]{0,63}$/, 'must be a name such as api_key');

/** What an integration on the connector fills in: the part of JSON Schema 2020-12 that a form can be made of. */
export const configSchema = z
  .strictObject({
    type: z.literal('object'),
    properties: z.record(propertyName, configPropertySchema),
    required: z.array(z.string()).optional(),
    additionalProperties: z.literal(false).optional(),
  })
  .refine(({ properties, required = [] }) => required.every((name) => Object.hasOwn(properties, name)), {
    message: 'requires a property that it does not have',
    path: ['required'],
  });
export type ConfigSchema = z.infer<typeof configSchema>;

const SEMVER = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/;
/** What becomes of the configuration of integrations that are moved to a version. */
export const migrationSchema = z.strictObject({
  to: z.string().regex(SEMVER, 'must be a version such as 2.0.0').describe('The version that needs it'),
  rename: z
    .record(propertyName, propertyName)
    .optional()
    .describe('From old name to new; of a credential too, whose value is taken along'),
  set: z.record(propertyName, z.json()).optional().describe('Values of properties that have none'),
  remove: z.array(propertyName).max(100).optional().describe('Properties that are gone'),
});
export type Migration = z.infer<typeof migrationSchema>;

const identity = {
  $schema: z.string().optional(),
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,59}$/, 'must be lower case letters, digits and -')
    .describe('What integrations name it by'),
  title: z.string().min(1).max(100),
  description: z.string().min(1).max(4000).describe('What it connects to, for people who choose one'),
  category: z.enum(CATEGORIES),
  version: z.string().regex(SEMVER, 'must be a version such as 1.0.0').describe('Semantic version'),
  sdk: z
    .string()
    .regex(/^[\^~]?\d+\.\d+\.\d+$/, 'must be a range such as ^1.0.0')
    .describe('Versions of the contract it is written for'),
  homepage: z
    .url({ protocol: /^https$/ })
    .optional()
    .describe("Documentation of the service's own API"),
  migrations: z
    .array(migrationSchema)
    .max(50)
    .optional()
    .describe('How the configuration of integrations on older versions comes to fit, version by version'),
};
const contract = {
  hosts: z.array(hostSchema).min(1).max(50).describe('The only hosts that its requests go to'),
  authentication: authenticationSchema.optional().describe('Default none'),
  config: configSchema,
  idempotent: z.boolean().optional().describe('The service takes the same Idempotency-Key twice as one lead'),
};

/** One of its operations. A connector with code may leave out the half that its code makes. */
export const connectorOperationSchema = z.strictObject({
  description: z.string().max(1000).optional(),
  request: requestSchema.optional(),
  response: responseSchema.optional(),
});

/** Keys are checked one by one, so that a mistake names its operation. */
const operations = <Shape extends z.ZodType>(operation: Shape) =>
  z.strictObject(
    Object.fromEntries(CONNECTOR_OPERATIONS.map((name) => [name, operation.optional()])) as Record<
      ConnectorOperation,
      z.ZodOptional<Shape>
    >,
  );

/** `connector.json` of a connector that stands by itself. */
export const ownManifestSchema = z.strictObject({
  ...identity,
  ...contract,
  code: z
    .literal('index.js')
    .optional()
    .describe('Its module, where mappings are not enough: the default export is what defineConnector() gives'),
  operations: operations(connectorOperationSchema).refine((all) => Object.keys(all).length > 0, {
    message: 'has no operation',
  }),
});

/** `connector.json` of an alias: another connector with what differs from it. No code of its own. */
export const aliasManifestSchema = z.strictObject({
  ...identity,
  extends: z.string().min(1).max(200).describe('Id of the connector it is like'),
  hosts: contract.hosts.optional(),
  authentication: contract.authentication,
  config: z
    .strictObject({
      properties: z.record(z.string(), z.union([configPropertySchema, z.null()])).optional(),
      required: z.array(z.string()).optional(),
    })
    .optional()
    .describe('Properties to add, replace, or (null) take away; required replaces'),
  idempotent: contract.idempotent,
  operations: operations(z.union([operationPatchSchema, z.null()])).optional(),
});

export const manifestSchema = z.union([ownManifestSchema, aliasManifestSchema]);
/** `connector.json` as its author writes it. */
export type Manifest = z.infer<typeof manifestSchema>;
/** A manifest without `extends`: an alias after it was resolved. */
export type Connector = z.infer<typeof ownManifestSchema>;
