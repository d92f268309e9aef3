import type { Strategy } from '../../schema/auction.ts';
import type { AuctionSettings } from '../../schema/campaign.ts';
import { parsePrice, type Micros } from '../money.ts';
import { compileModifiers, type CompiledModifier } from './modifiers.ts';

/** Integrations that are tried together. */
export interface Group {
  /** Absent for those that no group names. */
  id?: string;
  strategy: Strategy;
  /** Once one of the group has the lead, no later group is offered it. */
  stops: boolean;
  /** Buyers of the group that may have the lead. Absent: as many as the auction says. */
  maxBuyers?: number;
}

export interface Agreement {
  integration: string;
  /** Absent: all. */
  sources?: ReadonlySet<string>;
  states?: ReadonlySet<string>;
  /** Absent: what it bids. */
  price?: Micros;
}

/** How the bids of a campaign are ranked, prepared once for a configuration version. */
export interface AuctionPlan {
  /** In the order in which they are tried; the last is of those that no group names. */
  groups: readonly Group[];
  /** Group by integration. */
  groupOf: ReadonlyMap<string, string>;
  /** Where an integration is named, in its group or else in the configuration. */
  placeOf: ReadonlyMap<string, number>;
  agreements: readonly Agreement[];
  modifiers: readonly CompiledModifier[];
  /** What is believed of the acceptance of a buyer, as if of so many posts. */
  prior: { acceptance: number; posts: number };
  hybrid: boolean;
}

/** Prepares a campaign's auction for its buyers, in the order of the configuration. */
export function compileAuctionPlan(
  auction: AuctionSettings = {},
  buyers: readonly { id: string; tags?: readonly string[] | undefined }[] = [],
): AuctionPlan {
  const { strategy = 'highest_bid', groups = [], agreements = [], modifiers = [], prior = {} } = auction;
  const groupOf = new Map<string, string>();
  const placeOf = new Map(buyers.map(({ id }, at) => [id, at]));
  for (const { id, integrations, tag } of groups) {
    integrations?.forEach((integration, at) => placeOf.set(integration, at));
    for (const integration of integrations ?? taggedWith(tag, buyers)) groupOf.set(integration, id);
  }
  return {
    groups: [
      ...groups.map(({ id, strategy: own = strategy, ifSold = 'stop', maxBuyers }) => ({
        id,
        strategy: own,
        stops: ifSold === 'stop',
        ...(maxBuyers === undefined ? {} : { maxBuyers }),
      })),
      { strategy, stops: true },
    ],
    groupOf,
    placeOf,
    agreements: agreements.map(({ integration, sources, states, price }) => ({
      integration,
      ...(sources ? { sources: new Set(sources) } : {}),
      ...(states ? { states: new Set(states) } : {}),
      ...(price === undefined ? {} : { price: parsePrice(price) ?? 0 }),
    })),
    modifiers: compileModifiers(modifiers),
    prior: { acceptance: prior.acceptance ?? 0.5, posts: prior.posts ?? 10 },
    hybrid: auction.hybrid ?? false,
  };
}

/** Ids of the buyers with a tag, in their order. */
export function taggedWith(
  tag: string | undefined,
  buyers: readonly { id: string; tags?: readonly string[] | undefined }[],
): string[] {
  return tag === undefined ? [] : buyers.filter(({ tags }) => tags?.includes(tag)).map(({ id }) => id);
}

/** The group of an integration. */
export function groupFor({ groups, groupOf }: Pick<AuctionPlan, 'groups' | 'groupOf'>, integration: string): Group {
  const id = groupOf.get(integration);
  // The rest is always there.
  return groups.find((group) => group.id === id) ?? groups[groups.length - 1]!;
}

/** The agreements about a lead, by integration; of several of one integration the first counts. */
export function agreementsAbout(
  agreements: readonly Agreement[],
  lead: { source: string; state: string | undefined },
): ReadonlyMap<string, Agreement> {
  const about = agreements.filter(
    ({ sources, states }) =>
      (!sources || sources.has(lead.source)) && (!states || (lead.state !== undefined && states.has(lead.state))),
  );
  return new Map(about.reverse().map((agreement) => [agreement.integration, agreement]));
}

/** What is expected of an integration's acceptance, 0 to 1, from its recent posts and what is believed without any. */
export function expectedAcceptance(
  { posts, accepts }: { posts: number; accepts: number },
  prior: AuctionPlan['prior'],
): number {
  return (accepts + prior.acceptance * prior.posts) / (posts + prior.posts);
}
