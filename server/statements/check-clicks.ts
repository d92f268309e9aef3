import { finishClick, rowOf } from '../../activities/listing/count-click.ts';
import type { LedgerRecord } from '../../models/ledger.ts';
import type { ListingClickRecord } from '../../models/listing-click.ts';
import type { LeadModels } from '../../models/models.ts';
import { native } from '../../models/native.ts';
import { auditClick, type Finding } from '../../rules/ledger-audit.ts';
import { batches, byId } from './batches.ts';

type Models = Pick<LeadModels, 'listingClicks' | 'ledger' | 'caps'>;

/**
 * Whether each click that was counted by `until` stands in the ledger as what it is, and each of the ledger's is one
 * that was counted.
 *
 * @param complete finishes the clicks that a node left when it died
 */
export async function auditClicks(models: Models, until: Date, complete: boolean): Promise<Finding[]> {
  const findings: Finding[] = [];
  const counted = { mode: 'live' as const, state: 'counted' as const, at: { $lte: until } };
  const clicks = native<ListingClickRecord>(models.listingClicks).find(counted).sort({ _id: 1 });
  for await (const batch of batches(clicks)) {
    const rows = await byId<LedgerRecord>(
      models.ledger,
      batch.map((click) => rowOf(click)._id),
    );
    for (const click of batch) {
      const wanted = rowOf(click);
      const found = auditClick(click._id, rows.get(wanted._id), wanted);
      findings.push(...found);
      if (complete && found.length > 0) await finishClick(models, click);
    }
  }
  return [...findings, ...(await auditRows(models, until))];
}

async function auditRows(models: Models, until: Date): Promise<Finding[]> {
  const findings: Finding[] = [];
  const rows = native<LedgerRecord>(models.ledger)
    .find({ kind: 'click', at: { $lte: until } })
    .sort({ _id: 1 });
  for await (const batch of batches(rows)) {
    const clickOf = ({ _id }: LedgerRecord) => _id.slice(0, -':click'.length);
    const behind = await byId<ListingClickRecord>(models.listingClicks, batch.map(clickOf));
    for (const row of batch) {
      const state = behind.get(clickOf(row))?.state;
      if (state === 'counted') continue;
      findings.push({ id: row._id, what: 'row_without_click', says: `its click is ${state ?? 'missing'}` });
    }
  }
  return findings;
}
