import { z } from 'zod';
import { alertChannelSchema, alertSchema } from '../schema/alert.ts';
import { authenticationSchema } from '../schema/authentication.ts';
import { auctionSchema, buyerSchema, campaignSchema, sellerSchema, sourceSchema } from '../schema/campaign.ts';
import { configurationSchema, ruleSchema } from '../schema/configuration.ts';
import { configPropertySchema, connectorOperationSchema, manifestSchema } from '../schema/connector.ts';
import { fieldSchema } from '../schema/field.ts';
import { capSchema, geoSchema, logicSchema, slotSchema } from '../schema/filters.ts';
import { integrationSchema } from '../schema/integration.ts';
import {
  bidSchema,
  conditionSchema,
  operationPatchSchema,
  operationSchema,
  requestPatchSchema,
  requestSchema,
  responsePatchSchema,
  responseSchema,
  tableSchema,
  valueSourceSchema,
} from '../schema/mapping.ts';
import { fixtureSchema } from '../sdk/fixture.ts';
import { EMBEDDED_OPTIONS } from './embedded.ts';
import { OPTIONS, type Option } from './environment.ts';

/** What the published schema defines once, by name. */
const DEFINITIONS: Record<string, z.ZodType> = {
  campaign: campaignSchema,
  field: fieldSchema,
  auction: auctionSchema,
  seller: sellerSchema,
  source: sourceSchema,
  buyer: buyerSchema,
  rule: ruleSchema,
  logic: logicSchema,
  integration: integrationSchema,
  cap: capSchema,
  slot: slotSchema,
  geo: geoSchema,
  operation: operationSchema,
  operationPatch: operationPatchSchema,
  requestPatch: requestPatchSchema,
  responsePatch: responsePatchSchema,
  request: requestSchema,
  response: responseSchema,
  table: tableSchema,
  valueSource: valueSourceSchema,
  condition: conditionSchema,
  bid: bidSchema,
  authentication: authenticationSchema,
  configProperty: configPropertySchema,
  connectorOperation: connectorOperationSchema,
  alert: alertSchema,
  alertChannel: alertChannelSchema,
};

/** The pages of `docs/` that are generated from the code, as path → content. */
export function publishedPages(): Record<string, string> {
  return {
    'docs/campaign.schema.json': schemaPage(configurationSchema, {
      title: 'Leadwire configuration',
      description: 'The file that `leadwire apply` reads and `leadwire export` writes.',
    }),
    'docs/connector.schema.json': schemaPage(manifestSchema, {
      title: 'Leadwire connector',
      description: 'connector.json: what a connector is, see docs/connectors.md.',
    }),
    'docs/connector-fixture.schema.json': schemaPage(fixtureSchema, {
      title: 'Fixture of a Leadwire connector',
      description: 'A file of its test/exemplary or test/supplemental, see docs/connectors.md.',
    }),
    'docs/environment.md': environmentPage(),
  };
}

function schemaPage(root: z.ZodType, about: { title: string; description: string }): string {
  // Names belong to the published page alone, so they are not given to the schemas themselves.
  const metadata = z.registry<z.core.GlobalMeta>();
  const ownGet = metadata.get.bind(metadata);
  metadata.get = (schema) => ownGet(schema) ?? z.globalRegistry.get(schema);
  for (const [id, schema] of Object.entries(DEFINITIONS)) metadata.add(schema, { ...schema.meta(), id });
  const schema = z.toJSONSchema(root, { metadata });
  const page = {
    $schema: schema.$schema,
    ...about,
    ...schema,
  };
  return `${JSON.stringify(page, undefined, 2)}\n`;
}

function environmentPage(): string {
  return `# Environment

Generated from \`config/environment.ts\` and \`config/embedded.ts\` by \`npm run schema\`. Everything is read once, at
start; a bad value stops the process with every mistake listed. An empty variable counts as unset.

${optionTable(OPTIONS)}

## What \`npm start\` runs beside the node

The command line reads these too: without \`MONGODB_URI\` it works on the deployment that \`npm start\` runs.

${optionTable(EMBEDDED_OPTIONS)}
`;
}

function optionTable(options: Record<string, Option<unknown>>): string {
  const rows = Object.values(options).map((option) => [`\`${option.env}\``, option.default, option.description]);
  const table = [['Variable', 'Default', 'Meaning'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = table;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}
