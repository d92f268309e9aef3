import type { ClickRecord } from '../../models/click.ts';
import { untilAnswered } from '../../models/fence.ts';
import type { LeadRecord } from '../../models/lead.ts';
import type { LeadModels } from '../../models/models.ts';
import { native } from '../../models/native.ts';
import { isTransactionId } from '../../rules/transaction-id.ts';

/** What an event happens to: a lead, or a visit that has none yet. */
export type Subject = Pick<LeadRecord, '_id' | 'campaign' | 'seller' | 'source' | 'mode'> & { isVisit: boolean };

const PROJECTION = { erasedAt: 1, campaign: 1, seller: 1, source: 1, mode: 1 } as const;

/** Finds the transaction of an event; undefined when there is none. */
export async function findSubject(
  { leads, clicks }: Pick<LeadModels, 'leads' | 'clicks'>,
  id: string,
): Promise<Subject | undefined> {
  if (!isTransactionId(id)) return undefined;
  const [lead, click] = await Promise.all([
    untilAnswered(() => native<LeadRecord>(leads).findOne({ _id: id }, { projection: PROJECTION })),
    untilAnswered(() => native<ClickRecord>(clicks).findOne({ _id: id }, { projection: PROJECTION })),
  ]);
  const found = lead ?? click;
  // Of what was erased nothing is written down again.
  return found && !found.erasedAt ? { ...found, isVisit: !lead } : undefined;
}
