import type { ClickRecord } from '../../models/click.ts';
import type { EventRecord } from '../../models/event.ts';
import { isDuplicateKey, untilAnswered } from '../../models/fence.ts';
import type { LeadRecord } from '../../models/lead.ts';
import type { LedgerRecord } from '../../models/ledger.ts';
import type { LeadModels } from '../../models/models.ts';
import { native } from '../../models/native.ts';
import type { Updated } from './update-lead.ts';

type Models = Pick<LeadModels, 'leads' | 'clicks' | 'ledger' | 'events'>;

/** Whether an event brings money that somebody we know vouches for. */
export function bringsRevenue({ conversion, verified, revenue = 0 }: EventRecord): boolean {
  return conversion && verified && revenue > 0;
}

/**
 * Enters the verified revenue of a conversion in the ledger and in its lead, or in the visit that has no lead yet. The
 * event's id names the row, so that an event is entered once however often this runs; what the lead has is added up
 * anew each time. Revenue that nobody vouches for is entered nowhere, and that of sandbox leads in no ledger.
 */
export async function enterRevenue(models: Models, event: EventRecord): Promise<Updated> {
  if (!bringsRevenue(event)) return 'nothing';
  if (event.mode === 'live') await enterRow(models.ledger, event);
  // Revenue is only ever added, so the highest sum is the newest, whoever came last.
  const raise = { $max: { revenue: await revenueOf(models.events, event.lead) } };
  const { leads, clicks } = models;
  const only = { _id: event.lead };
  // A visit is raised before its lead is looked for: a lead that comes later takes what its visit has.
  const visit = await untilAnswered(() => native<ClickRecord>(clicks).updateOne(only, raise));
  const lead = await untilAnswered(() => native<LeadRecord>(leads).updateOne(only, raise));
  if (lead.matchedCount > 0) return 'lead';
  return visit.matchedCount > 0 ? 'visit' : 'nothing';
}

async function enterRow(ledger: Models['ledger'], event: EventRecord): Promise<void> {
  const { _id, lead, campaign, source, seller, revenue = 0, at } = event;
  try {
    await untilAnswered(() =>
      native<LedgerRecord>(ledger).insertOne({
        _id: `${_id}:event`,
        kind: 'event',
        event: event.event,
        ...{ lead, campaign, source, seller, at },
        amount: 0,
        payout: revenue,
      }),
    );
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
}

/** All the verified revenue of a transaction, in micro-dollars. */
async function revenueOf(events: Models['events'], lead: string): Promise<number> {
  // ';' is the character after ':'.
  const own = { _id: { $gte: `${lead}:`, $lt: `${lead};` }, conversion: true, verified: true };
  const sums = await untilAnswered(() =>
    events.collection
      .aggregate<{ revenue: number }>([{ $match: own }, { $group: { _id: null, revenue: { $sum: '$revenue' } } }])
      .toArray(),
  );
  return sums[0]?.revenue ?? 0;
}
