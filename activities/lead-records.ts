import { LRUCache } from 'lru-cache';
import { LeadwireError } from '../errors/leadwire-error.ts';
import type { AuctionRecord } from '../models/auction.ts';
import { untilAnswered } from '../models/fence.ts';
import type { LeadRecord } from '../models/lead.ts';
import type { LeadModels } from '../models/models.ts';
import type { PingRecord } from '../models/ping.ts';
import { pingIdOf } from '../rules/ping-id.ts';

/** The parts of a lead that never change once written; safe to keep in memory. */
export type LeadFacts = Readonly<
  Pick<
    LeadRecord,
    | '_id'
    | 'campaign'
    | 'seller'
    | 'source'
    | 'mode'
    | 'revision'
    | 'fields'
    | 'tracking'
    | 'payout'
    | 'ping'
    | 'receivedAt'
    | 'sellBy'
  >
>;

const FORGET_MS = 3_600_000;

/** The lead as it came: what an event changed since is not part of its sale. */
function asItCame<Lead extends LeadRecord>(lead: Lead): Lead {
  return lead.original ? { ...lead, ...lead.original } : lead;
}

/**
 * Leads, pings and auctions by id. All are immutable as far as they are kept here, so the node that took a lead in need not
 * read it back: the cache saves two round trips a lead and can never be stale.
 */
export function createLeadRecords(models: LeadModels, size = 2000) {
  // In time nodes forget what was erased meanwhile.
  const limits = { max: size, ttl: FORGET_MS };
  const leads = new LRUCache<string, LeadFacts>(limits);
  const auctions = new LRUCache<string, AuctionRecord>(limits);
  const pings = new LRUCache<string, PingRecord>(limits);
  return {
    remember(lead: LeadRecord): void {
      leads.set(lead._id, asItCame(lead));
    },
    /** Drops what is kept of a lead that was erased. */
    forget(id: string): void {
      const isOf = (key: string) => key.startsWith(`${id}:`) || key.startsWith(`${pingIdOf(id)}:`);
      leads.delete(id);
      pings.delete(pingIdOf(id));
      for (const key of [...auctions.keys()].filter(isOf)) auctions.delete(key);
    },
    rememberAuction(auction: AuctionRecord): void {
      auctions.set(auction._id, auction);
    },
    async lead(id: string): Promise<LeadFacts> {
      const known = leads.get(id);
      if (known) return known;
      const found = await untilAnswered(() => models.leads.findById(id).lean().exec());
      if (!found) throw new LeadwireError('unknown_lead');
      const lead = asItCame(found);
      leads.set(id, lead);
      return lead;
    },
    rememberPing(ping: PingRecord): void {
      pings.set(ping._id, ping);
    },
    async ping(id: string): Promise<PingRecord> {
      const known = pings.get(id);
      if (known) return known;
      const found = await untilAnswered(() => models.pings.findById(id).lean().exec());
      if (!found) throw new LeadwireError('unknown_ping');
      pings.set(id, found);
      return found;
    },
    async auction(id: string): Promise<AuctionRecord> {
      const found = await findAuction(id);
      if (!found) throw new LeadwireError('internal', { message: 'The record of an auction is missing' });
      return found;
    },
    /** As `auction`, where there may be none yet. */
    findAuction,
  };

  async function findAuction(id: string): Promise<AuctionRecord | undefined> {
    const known = auctions.get(id);
    if (known) return known;
    const found = await untilAnswered(() => models.auctions.findById(id).lean().exec());
    if (found) auctions.set(id, found);
    return found ?? undefined;
  }
}
export type LeadRecords = ReturnType<typeof createLeadRecords>;
