import type { Buyer, Source } from '../schema/campaign.ts';
import type { Cap } from '../schema/filters.ts';
import { compileCaps, type CapWindowsAt } from './caps.ts';

/** Whose caps a lead counts in when an integration gets it. */
interface CapOwner {
  id: string;
  buyer?: string | undefined;
  caps?: readonly Cap[] | undefined;
}

type Sources = readonly Pick<Source, 'id' | 'caps' | 'timezone'>[];
type Buyers = readonly Pick<Buyer, 'id' | 'caps' | 'timezone'>[];

/** Prepares the caps of an integration, its buyer and the lead's source; `timezone` is the campaign's. */
export type CapScopes = (owner: CapOwner, timezone: string) => CapWindowsAt;

/**
 * The caps of a configuration by their owners. An owner's windows are the same for all that count in them, and are
 * worked out once: a buyer's and a source's count what several integrations and campaigns do.
 */
export function compileCapScopes({ buyers = [], sources = [] }: { buyers?: Buyers; sources?: Sources }): CapScopes {
  const byBuyer = owners('buyer', buyers);
  const bySource = owners('source', sources);
  return ({ id, buyer, caps = [] }, timezone) => {
    const own = compileCaps(caps, id, timezone);
    const bought = buyer === undefined ? undefined : byBuyer(buyer, timezone);
    if (bought === undefined && bySource.none) return own;
    return (at, source) => {
      const sold = buyer === undefined || source === undefined ? undefined : bySource(source, timezone);
      // What counts the most comes last: a place in it is not held up by who finds none in the others.
      return [...own(at, source), ...(sold?.(at) ?? []), ...(bought?.(at, source) ?? [])];
    };
  };
}

function owners(of: 'buyer' | 'source', list: Buyers | Sources) {
  const capped = new Map(list.filter(({ caps }) => caps?.length).map((owner) => [owner.id, owner]));
  const compiled = new Map<string, CapWindowsAt>();
  const find = (id: string, campaignZone: string): CapWindowsAt | undefined => {
    const owner = capped.get(id);
    if (!owner?.caps) return undefined;
    const zone = owner.timezone ?? campaignZone;
    const key = `${id} ${zone}`;
    let windows = compiled.get(key);
    if (!windows) compiled.set(key, (windows = compileCaps(owner.caps, id, zone, of)));
    return windows;
  };
  return Object.assign(find, { none: capped.size === 0 });
}
