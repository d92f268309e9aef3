import type { CompiledConfiguration } from './compile.ts';

/** The newest version, as far as it holds for every lead at once: pauses and cap maxima are read from here. */
export interface LiveConfiguration extends CompiledConfiguration {
  /** Whether it is switched off now. What was deleted since is switched off. */
  isPaused(collection: 'campaigns' | 'sources' | 'buyers' | 'integrations', id: string): boolean;
}

export function createLive(configuration: CompiledConfiguration): LiveConfiguration {
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
  };
}
