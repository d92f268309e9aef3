import { z } from 'zod';
import type { CompiledIntegration } from '../../config/compile.ts';
import { fieldsOf } from '../../config/field-names.ts';
import { FILLED_BY } from '../../rules/connector/suggest.ts';
import { campaignId, integrationId } from '../../schema/ids.ts';
import { CATEGORIES, MOMENTS, OPERATIONS } from '../../schema/integration.ts';
import { operation, type Operation } from '../api/operation.ts';
import { pageOf } from '../api/pages.ts';
import { requireIntegration } from '../integrations/integration.ts';
import type { TryIntegrationDeps } from '../integrations/try-integration.ts';
import { integrationLogOperations } from './integration-log.ts';
import { integrationSecretOperations } from './integration-secrets.ts';
import { integrationTestOperations } from './integration-test.ts';

export type IntegrationDeps = TryIntegrationDeps;

const shown = z.object({
  id: z.string(),
  name: z.string().optional(),
  campaign: z.string(),
  buyer: z.string().optional(),
  category: z.enum(CATEGORIES),
  when: z.enum(MOMENTS),
  connector: z.string().describe('With its version; `custom` where everything is configured in the integration'),
  paused: z.boolean(),
  operations: z.array(
    z.object({ operation: z.enum(OPERATIONS), has_test_url: z.boolean().describe('Whether a test has where to go') }),
  ),
  credentials: z.array(z.string()).describe('Names of those that it needs'),
});

/** `/api/integrations`: what is connected to campaigns, how it does, and trying it out. Operators only. */
export function integrationOperations(deps: IntegrationDeps): Operation[] {
  return [
    list(deps),
    fields(deps),
    ...integrationLogOperations(deps),
    ...integrationTestOperations(deps),
    ...integrationSecretOperations(deps),
  ];
}

function list({ config }: Pick<IntegrationDeps, 'config'>): Operation {
  return operation(
    {
      id: 'listIntegrations',
      method: 'get',
      path: '/api/integrations',
      tag: 'Integrations',
      summary: 'The integrations, by category or campaign',
      access: ['operator'],
      query: z.object({
        category: z.enum(CATEGORIES).optional(),
        campaign: campaignId.optional(),
        limit: z.coerce.number().int().min(1).max(500).default(200),
        cursor: integrationId.optional(),
      }),
      answers: {
        200: {
          description: 'A page of integrations, by their ids',
          schema: pageOf({ integrations: z.array(shown) }),
        },
      },
      errors: [],
    },
    async ({ query: { category, campaign, limit, cursor = '' } }) => {
      const found = [...config.current().integrations.values()]
        .filter((one) => category === undefined || one.category === category)
        .filter((one) => campaign === undefined || one.campaign === campaign)
        .filter(({ id }) => id > cursor)
        .sort((a, b) => (a.id < b.id ? -1 : 1));
      const page = found.slice(0, limit);
      const more = found.length > limit ? { next_cursor: page.at(-1)?.id } : {};
      return { status: 200, body: { status: 200, type: 'success', integrations: page.map(integrationShown), ...more } };
    },
  );
}

function integrationShown(compiled: CompiledIntegration): z.output<typeof shown> {
  const { id, campaign, buyer, category, when, connectorKey, integration, operations } = compiled;
  const { name, paused = false, secrets = [] } = integration;
  return {
    ...{ id, ...(name === undefined ? {} : { name }), campaign, ...(buyer === undefined ? {} : { buyer }) },
    ...{ category, when, connector: connectorKey ?? 'custom', paused },
    operations: OPERATIONS.flatMap((one) => {
      const made = operations[one];
      return made ? [{ operation: one, has_test_url: made.hasTestUrl }] : [];
    }),
    credentials: secrets,
  };
}

const wanted = z.object({
  operation: z.string(),
  part: z.string().describe('Where it stands: `json`, `form`, `query`, `headers`, `url` …'),
  theirs: z.string().optional().describe("The service's name for it; absent in an expression or a template"),
  wants: z.string().describe('The name it has in the mapping, as in `lead.<wants>`'),
  filled_by: z
    .enum(FILLED_BY)
    .describe(
      '`field`: a field of the campaign. `known`: leads have it anyway. `synonym`, `type`: a field that could fill it. ' +
        '`nothing`: it is left out of the request',
    ),
  field: z.string().optional().describe('The field of the campaign'),
});

function fields({ config }: Pick<IntegrationDeps, 'config'>): Operation {
  return operation(
    {
      id: 'listIntegrationFields',
      method: 'get',
      path: '/api/integrations/{id}/fields',
      tag: 'Integrations',
      summary: 'Which fields its requests look at, and what of the campaign fills them',
      access: ['operator'],
      params: z.object({ id: integrationId }),
      answers: {
        200: {
          description: 'Every value of a lead that is looked at',
          schema: z.object({
            status: z.literal(200),
            type: z.literal('success'),
            fields: z.array(wanted),
            override: z
              .record(z.string(), z.unknown())
              .describe('What the integration would say, by operation, to take the fields that could fill it'),
            unused: z.array(z.string()).describe('Fields of the campaign that no request looks at'),
          }),
        },
      },
      errors: ['unknown_integration'],
    },
    async ({ params }) => {
      const { integration, campaign } = requireIntegration(config, params.id);
      const { wanted: found, override, unused } = fieldsOf(campaign, integration);
      const rows = found.map(({ filledBy, ...rest }) => ({ ...rest, filled_by: filledBy }));
      return { status: 200, body: { status: 200, type: 'success', fields: rows, override, unused } };
    },
  );
}
