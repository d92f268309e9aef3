import type { ConnectorBlock } from '../models/connector-block.ts';
import type { CompiledConfiguration, CompiledIntegration } from './compile.ts';
import { NO_BLOCKS, type ConnectorBlocks } from './connectors/blocks.ts';

/** The newest version, as far as it holds for every lead at once: pauses and cap maxima are read from here. */
export interface LiveConfiguration extends CompiledConfiguration {
  /** Whether it is switched off now. What was deleted since is switched off. */
  isPaused(collection: 'campaigns' | 'sources' | 'buyers' | 'integrations', id: string): boolean;
  /** Why the connector of an integration must not run, in whatever version of the configuration; undefined: it may. */
  blockOf(integration: Pick<CompiledIntegration, 'connectorKey'>): ConnectorBlock | undefined;
}

export function createLive(
  configuration: CompiledConfiguration,
  blocks: Pick<ConnectorBlocks, 'of'> = NO_BLOCKS,
): LiveConfiguration {
  const { campaigns, sources, buyers, integrations } = configuration;
  const found = {
    campaigns: (id: string) => campaigns.get(id)?.campaign,
    sources: (id: string) => sources.get(id),
    buyers: (id: string) => buyers.get(id),
    integrations: (id: string) => integrations.get(id)?.integration,
  };
  return {
    ...configuration,
    isPaused(collection, id) {
      const object = found[collection](id);
      return object === undefined || object.paused === true;
    },
    blockOf: ({ connectorKey }) => blocks.of(connectorKey),
  };
}
