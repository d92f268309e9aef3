import type { BrowserKey, SellerKey } from '../../config/key-holder.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { ClickRecord } from '../../models/click.ts';
import { untilAnswered } from '../../models/fence.ts';
import type { LeadRecord } from '../../models/lead.ts';
import type { LeadModels } from '../../models/models.ts';
import { joinTracking } from '../../rules/cost.ts';
import { isTransactionId } from '../../rules/transaction-id.ts';

/** The visit that a lead comes from, and the lead that was posted for it before. */
export interface Visit {
  click: ClickRecord;
  lead: LeadRecord | null;
}

/**
 * The visit that a lead names by its `transaction_id`: to the same campaign, of a source the key may post for, and in
 * the key's mode.
 *
 * @throws LeadwireError `unknown_click` for any other.
 */
export async function visitOf(
  { clicks, leads }: Pick<LeadModels, 'clicks' | 'leads'>,
  named: unknown,
  cid: string,
  key: SellerKey | BrowserKey,
): Promise<Visit | undefined> {
  if (named === undefined || named === null || named === '') return undefined;
  if (typeof named !== 'string' || !isTransactionId(named)) throw new LeadwireError('unknown_click');
  const [click, lead] = await Promise.all([
    untilAnswered(() => clicks.findById(named).lean<ClickRecord>().exec()),
    untilAnswered(() => leads.findById(named).lean<LeadRecord>().exec()),
  ]);
  if (!click || click.campaign !== cid || !isOwn(key, click)) throw new LeadwireError('unknown_click');
  return { click, lead };
}

function isOwn(key: SellerKey | BrowserKey, { seller, source, mode }: ClickRecord): boolean {
  return mode === key.mode && (key.source === undefined ? seller === key.seller : source === key.source);
}

/**
 * What the lead says of itself, and what its visit said where the lead says nothing. Events that changed the visit have
 * changed the lead with it.
 */
export function withVisit<Values extends Pick<LeadRecord, 'tracking'>>(
  values: Values,
  visit?: Visit,
): Values & Pick<LeadRecord, 'changedBy' | 'edits' | 'revenue' | 'earnedFrom'> {
  if (!visit) return values;
  const { tracking, changedBy, edits, revenue, earnedFrom } = visit.click;
  const earned = revenue === undefined ? {} : { revenue, earnedFrom };
  const joined = { ...values, tracking: joinTracking(tracking, values.tracking), ...earned };
  return changedBy && edits ? { ...joined, changedBy, edits } : joined;
}
