import assert from 'node:assert/strict';
import { checkConfiguration } from '../../config/check.ts';
import { createConnectorCatalog, type ConnectorSource } from '../../config/connectors/catalog.ts';
import type { ConfigurationFile } from '../../schema/configuration.ts';
import type { Connector } from '../../sdk/index.ts';
import { campaignFile } from '../leads/campaign-file.ts';

/** A connector for the tests: one operation, one secret. */
export function aManifest(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'acme',
    title: 'Acme',
    description: 'A connector for tests.',
    category: 'Buyer',
    version: '1.0.0',
    sdk: '^1.0.0',
    hosts: ['*.acme.example'],
    authentication: { kind: 'bearer', token: '{{secrets.token}}' },
    config: {
      type: 'object',
      properties: {
        account: { type: 'string', title: 'Account', pattern: '^[0-9]+$' },
        size: { type: 'integer', minimum: 1, default: 3 },
        token: { type: 'string', secret: true },
      },
      required: ['account', 'token'],
    },
    operations: {
      post: {
        request: {
          url: 'https://api.acme.example/{{config.account}}',
          json: { zip: 'lead.zip', name: 'lead.first_name' },
        },
        response: { rejected: { 'body.ok': false }, accepted: { 'body.ok': true } },
      },
    },
    ...changes,
  };
}

/** A catalog of built-in connectors that there are not. */
export const catalogOf = (...manifests: Record<string, unknown>[]) =>
  createConnectorCatalog(
    manifests.map((manifest): ConnectorSource => ({
      name: String(manifest['id']),
      version: String(manifest['version']),
      manifest,
    })),
  );

/** A manifest that has no mistakes. */
export function read(manifest: Record<string, unknown>): Connector {
  const connector = catalogOf(manifest).find('acme');
  assert.ok(connector, JSON.stringify(catalogOf(manifest).issues('acme')));
  return connector;
}

/** A file with one integration on the connector. */
export function fileWith(integration: Record<string, unknown>): ConfigurationFile {
  const file = campaignFile('https://buyer.example', { buyers: ['one'] });
  const { id, campaign, buyer, category } = file.integrations?.[0] ?? {};
  const own = { id, campaign, buyer, category, price: 5, connector: 'acme', config: { account: '7' }, ...integration };
  return { ...file, integrations: [own] } as unknown as ConfigurationFile;
}

/** Mistakes in it, as `path code`. */
export function issuesOf(integration: Record<string, unknown>, connectors = catalogOf(aManifest())): string[] {
  const { issues } = checkConfiguration(fileWith(integration), { connectors });
  return issues.filter(({ severity }) => severity !== 'warning').map(({ path, code }) => `${path} ${code}`);
}
