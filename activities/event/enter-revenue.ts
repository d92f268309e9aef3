import type { Model } from 'mongoose';
import type { ClickRecord } from '../../models/click.ts';
import type { EventRecord } from '../../models/event.ts';
import { insertOnce, untilAnswered } from '../../models/fence.ts';
import type { LeadRecord } from '../../models/lead.ts';
import type { LedgerRecord } from '../../models/ledger.ts';
import type { LeadModels } from '../../models/models.ts';
import { native } from '../../models/native.ts';
import type { Updated } from './update-lead.ts';

type Models = Pick<LeadModels, 'leads' | 'clicks' | 'ledger'>;

/** Whether an event brings money that somebody we know vouches for. */
export function bringsRevenue({ conversion, verified, revenue = 0 }: EventRecord): boolean {
  return conversion && verified && revenue > 0;
}

/** Events that a record remembers to have its revenue from; only the newest can still be repeated. */
const REMEMBERED = 10_000;

/**
 * Enters the verified revenue of a conversion in the ledger and in its lead, or in the visit that has no lead yet. The
 * event's id names the row and stands beside the sum, so that an event is entered once however often this runs. Revenue
 * that nobody vouches for is entered nowhere, and that of sandbox leads in no ledger.
 */
export async function enterRevenue(models: Models, event: EventRecord): Promise<Updated> {
  if (!bringsRevenue(event)) return 'nothing';
  if (event.mode === 'live') await enterRow(models.ledger, event);
  // A visit earns before its lead is looked for: a lead that comes later takes what its visit has.
  const visit = await earn<ClickRecord>(models.clicks, event);
  return (await earn<LeadRecord>(models.leads, event)) ? 'lead' : visit ? 'visit' : 'nothing';
}

/** Adds to what a lead or visit has earned unless it has earned this already; false when it is not there. */
async function earn<T extends LeadRecord | ClickRecord>(
  model: Pick<Model<T>, 'collection'>,
  { _id: event, lead: _id, revenue = 0 }: EventRecord,
): Promise<boolean> {
  const earning = {
    $inc: { revenue },
    $push: { earnedFrom: { $each: [event], $slice: -REMEMBERED } },
  };
  const records = native<T>(model);
  const earned = await untilAnswered(() =>
    records.updateOne({ _id, earnedFrom: { $ne: event } } as never, earning as never),
  );
  if (earned.matchedCount > 0) return true;
  return (await untilAnswered(() => records.findOne({ _id } as never, { projection: { _id: 1 } }))) !== null;
}

async function enterRow(ledger: Models['ledger'], event: EventRecord): Promise<void> {
  const { _id, lead, campaign, source, seller, revenue = 0, at } = event;
  await insertOnce<LedgerRecord>(ledger, {
    _id: `${_id}:event`,
    kind: 'event',
    event: event.event,
    ...{ lead, campaign, source, seller, at },
    amount: 0,
    payout: revenue,
  });
}
