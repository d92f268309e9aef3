import { setTimeout } from 'node:timers/promises';
import { moveAccount, reservedIn } from '../../activities/delivery/credit.ts';
import { settleDelivery } from '../../activities/delivery/settle.ts';
import type { CapRecord } from '../../models/cap.ts';
import type { DeliveryRecord } from '../../models/delivery.ts';
import type { LeadRecord } from '../../models/lead.ts';
import type { LedgerRecord } from '../../models/ledger.ts';
import type { LeadModels } from '../../models/models.ts';
import { native } from '../../models/native.ts';
import { accountOf } from '../../rules/billing.ts';
import { batches, byId } from './batches.ts';
import { auditClicks } from './check-clicks.ts';
import { auditAccount, auditSale, type Finding } from '../../rules/ledger-audit.ts';

export interface LedgerAudit {
  /** Sales that were looked at, and accounts. */
  sales: number;
  accounts: number;
  findings: Finding[];
}

/** How often an account is added up that does not come out, and how long after each other. */
const ATTEMPTS = 5;
const SETTLE_MS = 100;
const SOLD = { mode: 'live' as const, state: { $in: ['accepted' as const, 'returned' as const] } };

/**
 * Adds everything up again: each sale's delivery, its rows in the ledger and its lead say the same; each row is of a
 * sale, or of a click that was counted; each account is the sum of its rows and reservations. What moved after `until` may be under way and is left out.
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
  audit.findings.push(...(await auditClicks(models, until, complete)));
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

/** A difference counts that is seen twice in a row: on an account that moves there is another one each time. */
async function auditOneAccount(models: LeadModels, id: string): Promise<Finding[]> {
  let seen: number | undefined;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await setTimeout(SETTLE_MS);
    const account = await native<CapRecord>(models.caps).findOne({ _id: id });
    if (!account) return [];
    const sums = { entered: await enteredBy(models, id), reserved: await reservedIn(models, account) };
    const findings = auditAccount(account, sums);
    const difference = account.n - sums.entered - sums.reserved;
    if (findings.length === 0 || difference === seen) return findings;
    seen = difference;
  }
  return [];
}

/** What the rows of an account come to. */
async function enteredBy({ ledger }: Pick<LeadModels, 'ledger'>, account: string): Promise<number> {
  const buyer = account.slice(accountOf('').length);
  const [sums] = await native<LedgerRecord>(ledger)
    .aggregate<{ amount: number }>([
      { $match: { buyer, onAccount: true } },
      { $group: { _id: null, amount: { $sum: '$amount' } } },
    ])
    .toArray();
  return sums?.amount ?? 0;
}

/** Rows that are in the ledger and whose call died before it moved the account. */
async function finishEntries(models: LeadModels, { entering = [] }: CapRecord): Promise<void> {
  const rows = await byId<LedgerRecord>(
    models.ledger,
    entering.map((mark) => mark.slice(0, mark.lastIndexOf('|'))),
  );
  for (const row of rows.values()) await moveAccount(models, row);
}
