import { LRUCache } from 'lru-cache';
import { LeadwireError } from '../errors/leadwire-error.ts';
import type { AuctionRecord } from '../models/auction.ts';
import { untilAnswered } from '../models/fence.ts';
import type { LeadRecord } from '../models/lead.ts';
import type { LeadModels } from '../models/models.ts';

/** The parts of a lead that never change once written; safe to keep in memory. */
export type LeadFacts = Readonly<
  Pick<
    LeadRecord,
    '_id' | 'campaign' | 'seller' | 'source' | 'mode' | 'revision' | 'fields' | 'tracking' | 'receivedAt' | 'sellBy'
  >
>;

/**
 * Leads and auctions by id. Both are immutable as far as they are kept here, so the node that took a lead in need not
 * read it back: the cache saves two round trips a lead and can never be stale.
 */
export function createLeadRecords(models: LeadModels, size = 2000) {
  const leads = new LRUCache<string, LeadFacts>({ max: size });
  const auctions = new LRUCache<string, AuctionRecord>({ max: size });
  return {
    remember(lead: LeadRecord): void {
      leads.set(lead._id, lead);
    },
    rememberAuction(auction: AuctionRecord): void {
      auctions.set(auction._id, auction);
    },
    async lead(id: string): Promise<LeadFacts> {
      const known = leads.get(id);
      if (known) return known;
      const found = await untilAnswered(() => models.leads.findById(id).lean().exec());
      if (!found) throw new LeadwireError('unknown_lead');
      leads.set(id, found);
      return found;
    },
    async auction(id: string): Promise<AuctionRecord> {
      const known = auctions.get(id);
      if (known) return known;
      const found = await untilAnswered(() => models.auctions.findById(id).lean().exec());
      if (!found) throw new LeadwireError('internal', { message: 'The record of an auction is missing' });
      auctions.set(id, found);
      return found;
    },
  };
}
export type LeadRecords = ReturnType<typeof createLeadRecords>;
