import { moveAccount, reservedIn } from '../../activities/delivery/credit.ts';
import { settleDelivery } from '../../activities/delivery/settle.ts';
import type { CapRecord } from '../../models/cap.ts';
import type { DeliveryRecord } from '../../models/delivery.ts';
import type { LeadRecord } from '../../models/lead.ts';
import type { LedgerRecord } from '../../models/ledger.ts';
import type { LeadModels } from '../../models/models.ts';
import { native } from '../../models/native.ts';
import { accountOf } from '../../rules/billing.ts';
import { auditAccount, auditSale, type Finding } from '../../rules/ledger-audit.ts';

export interface LedgerAudit {
  /** Sales that were looked at, and accounts. */
  sales: number;
  accounts: number;
  findings: Finding[];
}

const BATCH = 500;
const SOLD = { mode: 'live' as const, state: { $in: ['accepted' as const, 'returned' as const] } };

/**
 * Adds everything up again: each sale's delivery, its rows in the ledger and its lead say the same; each row is of a
 * sale; each account is the sum of its rows and reservations. What moved after `until` may be under way and is left out.
 *
 * @param complete brings to an end what a node that died left undone: rows that are missing, accounts not moved. What
 * contradicts itself stays for an operator.
 */
export async function auditLedger(models: LeadModels, until: Date, complete = false): Promise<LedgerAudit> {
  const audit: LedgerAudit = { sales: 0, accounts: 0, findings: [] };
  const deliveries = native<DeliveryRecord>(models.deliveries);
  for await (const batch of batches(deliveries.find({ ...SOLD, changedAt: { $lte: until } }).sort({ _id: 1 }))) {
    audit.sales += batch.length;
    const found = await auditSales(models, batch);
    audit.findings.push(...found);
    if (!complete || found.length === 0) continue;
    const lacking = new Set(found.map(({ id }) => id));
    for (const delivery of batch) if (lacking.has(delivery._id)) await settleDelivery(models, delivery);
  }
  audit.findings.push(...(await auditRows(models, until)));
  const accounts = native<CapRecord>(models.caps).find({ _id: /^credit:/ });
  for await (const account of accounts) {
    audit.accounts++;
    if (complete) await finishEntries(models, account);
    audit.findings.push(...(await auditOneAccount(models, account._id)));
  }
  return audit;
}

async function auditSales(models: LeadModels, batch: readonly DeliveryRecord[]): Promise<Finding[]> {
  const rows = await byId<LedgerRecord>(
    models.ledger,
    batch.flatMap(({ _id }) => [`${_id}:sale`, `${_id}:return`]),
  );
  const leads = await byId<LeadRecord>(models.leads, [...new Set(batch.map(({ lead }) => lead))]);
  return batch.flatMap((delivery) =>
    auditSale(delivery, {
      sale: rows.get(`${delivery._id}:sale`),
      return: rows.get(`${delivery._id}:return`),
      // A lead that goes on has not written its sales down yet.
      shown: leads.get(delivery.lead)?.sales.find((sale) => sale.delivery === delivery._id),
    }),
  );
}

/** Rows of sales and returns that no delivery stands behind. */
async function auditRows(models: LeadModels, until: Date): Promise<Finding[]> {
  const findings: Finding[] = [];
  const kinds = { kind: { $in: ['sale', 'return'] }, at: { $lte: until } };
  const rows = native<LedgerRecord>(models.ledger)
    .find(kinds as never)
    .sort({ _id: 1 });
  for await (const batch of batches(rows)) {
    const behind = await byId<DeliveryRecord>(
      models.deliveries,
      batch.map(({ delivery = '' }) => delivery),
    );
    for (const { _id, kind, delivery = '' } of batch) {
      const state = behind.get(delivery)?.state;
      const stands = state === 'returned' || (state === 'accepted' && kind === 'sale');
      if (!stands) findings.push({ id: _id, what: 'row_without_sale', says: `its delivery is ${state ?? 'missing'}` });
    }
  }
  return findings;
}

async function auditOneAccount(models: LeadModels, id: string): Promise<Finding[]> {
  const account = await native<CapRecord>(models.caps).findOne({ _id: id });
  if (!account) return [];
  const buyer = id.slice(accountOf('').length);
  const [sums] = await native<LedgerRecord>(models.ledger)
    .aggregate<{ amount: number }>([
      { $match: { buyer, onAccount: true } },
      { $group: { _id: null, amount: { $sum: '$amount' } } },
    ])
    .toArray();
  return auditAccount(account, { entered: sums?.amount ?? 0, reserved: await reservedIn(models, account) });
}

/** Rows that are in the ledger and whose call died before it moved the account. */
async function finishEntries(models: LeadModels, { entering = [] }: CapRecord): Promise<void> {
  const rows = await byId<LedgerRecord>(
    models.ledger,
    entering.map((mark) => mark.slice(0, mark.lastIndexOf('|'))),
  );
  for (const row of rows.values()) await moveAccount(models, row);
}

async function byId<T extends { _id: string }>(
  model: Parameters<typeof native<T>>[0],
  ids: readonly string[],
): Promise<Map<string, T>> {
  const found = (await native<T>(model)
    .find({ _id: { $in: [...ids] } } as never)
    .toArray()) as T[];
  return new Map(found.map((record) => [record._id, record]));
}

async function* batches<T>(cursor: AsyncIterable<T>): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const record of cursor) {
    batch.push(record);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
