import type { CompiledConfiguration } from '../../config/compile.ts';
import type { BuyerKey, SellerKey } from '../../config/key-holder.ts';
import type { Source } from '../../schema/campaign.ts';

/** What a key is good for, as the configuration stands. */
export interface Reach {
  /** A seller's sources that it may post for. */
  sources?: { id: string; active: boolean; default: boolean; campaigns: string[] }[];
  /** Campaigns that a seller may post to; those in which a buyer is asked. */
  campaigns: { id: string; name: string; active: boolean }[];
}

export function reachOf(configuration: CompiledConfiguration, key: SellerKey | BuyerKey): Reach {
  const { campaigns, sources, defaultSources, integrations } = configuration;
  const described = (ids: ReadonlySet<string>) =>
    [...campaigns.values()]
      .filter(({ id }) => ids.has(id))
      .map(({ id, campaign: { name, paused } }) => ({ id, name, active: !paused }));
  if (key.kind === 'buyer') {
    const own = [...integrations.values()].filter(({ buyer }) => buyer === key.buyer);
    return { campaigns: described(new Set(own.map(({ campaign }) => campaign))) };
  }
  const open = (source: Source) => [...campaigns.keys()].filter((id) => source.campaigns?.includes(id) ?? true);
  const own = [...sources.values()]
    .filter(({ id, seller }) => seller === key.seller && (key.source === undefined || key.source === id))
    .map((source) => ({
      id: source.id,
      active: !source.paused,
      default: source.id === (key.source ?? defaultSources.get(key.seller)),
      campaigns: open(source),
    }));
  return { sources: own, campaigns: described(new Set(own.flatMap(({ campaigns: ids }) => ids))) };
}
