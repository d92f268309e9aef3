import { z } from 'zod';
import { authorOf } from '../../config/audit.ts';
import type { OperatorKey } from '../../config/key-holder.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { integrationId } from '../../schema/ids.ts';
import { operation, type Operation } from '../api/operation.ts';
import { parsedBody } from '../api/parsed-body.ts';
import { requireIntegration } from '../integrations/integration.ts';
import type { TryIntegrationDeps } from '../integrations/try-integration.ts';

type Deps = Pick<TryIntegrationDeps, 'config' | 'secrets'>;

const NAME = /^[a-z][a-z0-9_]{0,63}$/i;
const params = z.object({ id: integrationId, name: z.string().describe('As mappings see it, `secrets.<name>`') });
const shared = { tag: 'Integrations', access: ['operator'], params } as const;
const body = z.strictObject({ value: z.string().min(1).max(10_000).describe('It can be replaced, never read') });
const done = z.object({
  status: z.literal(200),
  type: z.literal('success'),
  name: z.string(),
  used: z.boolean().describe('Whether the integration names it'),
});

/** Credentials of an integration: set, replaced, taken away, never read. */
export function integrationSecretOperations({ config, secrets }: Deps): Operation[] {
  const usedBy = (id: string, name: string) =>
    requireIntegration(config, id).integration.integration.secrets?.includes(name) ?? false;
  return [
    operation(
      {
        id: 'listIntegrationSecrets',
        method: 'get',
        path: '/api/integrations/{id}/secrets',
        tag: 'Integrations',
        summary: 'Names of its credentials, and when each was set',
        access: ['operator'],
        params: z.object({ id: integrationId }),
        answers: {
          200: {
            description: 'Those that it names, and any other that was set',
            schema: z.object({
              status: z.literal(200),
              type: z.literal('success'),
              secrets: z.array(
                z.object({
                  name: z.string(),
                  used: z.boolean().describe('Whether the integration names it'),
                  set_at: z.iso.datetime().optional().describe('Absent: it has no value'),
                }),
              ),
            }),
          },
        },
        errors: ['unknown_integration'],
      },
      async ({ params: { id } }) => {
        const { secrets: named = [] } = requireIntegration(config, id).integration.integration;
        const set = new Map((await secrets.list(id)).map(({ name, updatedAt }) => [name, updatedAt]));
        const rows = [...new Set([...named, ...set.keys()])].sort().map((name) => {
          const at = set.get(name);
          return { name, used: named.includes(name), ...(at ? { set_at: at.toISOString() } : {}) };
        });
        return { status: 200, body: { status: 200, type: 'success', secrets: rows } };
      },
    ),
    operation(
      {
        ...shared,
        id: 'setIntegrationSecret',
        method: 'put',
        path: '/api/integrations/{id}/secrets/{name}',
        summary: 'Set or replace a credential',
        description:
          'Kept encrypted, used within a second, never given back. In the audit log by its name. Live keys only.',
        body: { schema: body },
        answers: { 200: { description: 'It is set', schema: done } },
        errors: ['invalid_body', 'unknown_integration', 'unknown_secret'],
      },
      async ({ params: { id, name }, body: sent, key }) => {
        requireLive(key);
        const used = usedBy(id, name);
        if (!NAME.test(name))
          throw new LeadwireError('unknown_secret', { message: 'No credential can have this name' });
        const { value } = parsedBody(body, sent, 'Send its text as value');
        await secrets.set(id, name, value, authorOf(key));
        return { status: 200, body: { status: 200, type: 'success', name, used } };
      },
    ),
    operation(
      {
        ...shared,
        id: 'removeIntegrationSecret',
        method: 'delete',
        path: '/api/integrations/{id}/secrets/{name}',
        summary: 'Take a credential away',
        description: 'Requests that need it are not made any more. Live keys only.',
        answers: { 200: { description: 'It is gone', schema: done } },
        errors: ['unknown_integration', 'unknown_secret'],
      },
      async ({ params: { id, name }, key }) => {
        requireLive(key);
        const used = usedBy(id, name);
        if (!(await secrets.remove(id, name, authorOf(key)))) throw new LeadwireError('unknown_secret');
        return { status: 200, body: { status: 200, type: 'success', name, used } };
      },
    ),
  ];
}

/** What is set for live leads is not a sandbox key's to change. @throws LeadwireError `key_not_allowed` */
function requireLive({ mode }: OperatorKey): void {
  if (mode !== 'live') throw new LeadwireError('key_not_allowed', { message: 'A test key may not do that' });
}
