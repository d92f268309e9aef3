import { LeadwireError } from '../errors/leadwire-error.ts';
import type { Source } from '../schema/campaign.ts';
import type { BrowserKey, SellerKey } from './key-holder.ts';

/** What `pid` defaults to, and what makes a source its seller's default. */
const ORGANIC = 'organic';

/** The part of a configuration that tells sources apart. */
export interface Sources {
  sources: ReadonlyMap<string, Source>;
  /** By seller, the id of the source that takes what names none. */
  defaultSources: ReadonlyMap<string, string>;
}

/**
 * The source a seller's request is for. A `pid` that is absent, empty or `organic` means the key's own source, or else
 * the seller's default one: its only source, or the one with the id `src_organic` or the name `organic`.
 *
 * @throws LeadwireError `source_not_allowed` for a source that is not the key's, `source_required` without a default,
 * `source_inactive`.
 */
export function sourceOf({ sources, defaultSources }: Sources, key: SellerKey | BrowserKey, pid: unknown): Source {
  const named = pid === undefined || pid === null || pid === '' || pid === ORGANIC ? undefined : pid;
  if (named !== undefined && typeof named !== 'string') throw new LeadwireError('source_not_allowed');
  if (named !== undefined && key.source !== undefined && named !== key.source) {
    throw new LeadwireError('source_not_allowed');
  }
  const id = named ?? key.source ?? defaultSources.get(key.seller);
  if (id === undefined) throw new LeadwireError('source_required');
  const source = sources.get(id);
  // Another seller's source and one that does not exist look the same from outside.
  if (source ? source.seller !== key.seller : named !== undefined) throw new LeadwireError('source_not_allowed');
  if (!source || source.paused) throw new LeadwireError('source_inactive');
  return source;
}

/** By seller, the id of the source that takes what names none. */
export function defaultSourcesOf(sources: readonly Source[]): ReadonlyMap<string, string> {
  const bySeller = new Map<string, Source[]>();
  for (const source of sources) {
    const own = bySeller.get(source.seller);
    if (own) own.push(source);
    else bySeller.set(source.seller, [source]);
  }
  const defaults = new Map<string, string>();
  for (const [seller, own] of bySeller) {
    const organic = own.find(({ id }) => id === `src_${ORGANIC}`) ?? own.find(({ name }) => name === ORGANIC);
    const chosen = own.length === 1 ? own[0] : organic;
    if (chosen) defaults.set(seller, chosen.id);
  }
  return defaults;
}
