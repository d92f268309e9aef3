import type { Connection } from 'mongoose';
import { createAccessTokenModel } from '../models/access-token.ts';
import { createApiKeyModel } from '../models/api-key.ts';
import { createAuditModel } from '../models/audit.ts';
import { createConnectorBlockModel } from '../models/connector-block.ts';
import { createConnectorIndexHeadModel, createConnectorIndexModel } from '../models/connector-index.ts';
import {
  createConnectorPackageModel,
  createConnectorRevisionModel,
  createConnectorUpgradeModel,
} from '../models/connector-package.ts';
import { createHeadModel, createSnapshotModel } from '../models/configuration.ts';
import { createPostingLinkModel } from '../models/posting-link.ts';
import { createSecretModel } from '../models/secret.ts';

/** The collections that hold what people configure, on one connection. */
export function createConfigurationModels(connection: Connection) {
  return {
    snapshots: createSnapshotModel(connection),
    head: createHeadModel(connection),
    secrets: createSecretModel(connection),
    apiKeys: createApiKeyModel(connection),
    accessTokens: createAccessTokenModel(connection),
    postingLinks: createPostingLinkModel(connection),
    audit: createAuditModel(connection),
    connectorBlocks: createConnectorBlockModel(connection),
    connectorIndex: createConnectorIndexModel(connection),
    connectorIndexHead: createConnectorIndexHeadModel(connection),
    connectorPackages: createConnectorPackageModel(connection),
    connectorRevisions: createConnectorRevisionModel(connection),
    connectorUpgrades: createConnectorUpgradeModel(connection),
  };
}
export type ConfigurationModels = ReturnType<typeof createConfigurationModels>;

/** Creates the indexes of these collections; safe to repeat. */
export async function ensureConfigurationIndexes(models: ConfigurationModels): Promise<void> {
  await Promise.all([
    models.accessTokens.createIndexes(),
    models.postingLinks.createIndexes(),
    models.audit.createIndexes(),
    models.connectorIndex.createIndexes(),
  ]);
}
