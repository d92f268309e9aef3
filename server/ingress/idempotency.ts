import { createHash } from 'node:crypto';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { insertFence, untilAnswered } from '../../models/fence.ts';
import type { LeadRecord } from '../../models/lead.ts';
import type { LeadModels } from '../../models/models.ts';
import { newTransactionId } from '../../rules/transaction-id.ts';

export type Begun = { transactionId: string; replay?: LeadRecord };

/** Checks the header's form (IETF draft): 1 to 255 visible ASCII characters. */
export function readIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (!/^[\x21-\x7e]{1,255}$/.test(header)) throw new LeadwireError('invalid_idempotency_key');
  return header;
}

/**
 * Begins a request under an Idempotency-Key: a new key gets a transaction id, a known one its lead. What is replayed is
 * the lead record, never a workflow's result, since histories expire. A key whose request died before its lead was
 * stored is taken over with the same transaction id when its lease is over.
 *
 * @throws LeadwireError `idempotency_key_reused` for another body, `idempotency_in_flight` while the first is answered.
 */
export async function beginIdempotent(
  models: LeadModels,
  scope: string,
  key: string | undefined,
  body: Buffer,
  leaseMs: number,
): Promise<Begun> {
  const transactionId = newTransactionId();
  if (key === undefined) return { transactionId };
  const bodyHash = createHash('sha256').update(body).digest('base64url');
  const record = { _id: `${scope}:${key}`, lead: transactionId, bodyHash, leaseUntil: new Date(Date.now() + leaseMs) };
  const fenced = await insertFence(models.idempotency, record, ({ lead }) => lead === transactionId);
  if (fenced.ours) return { transactionId };
  const found = fenced.record;
  if (found.bodyHash !== bodyHash) throw new LeadwireError('idempotency_key_reused');
  const lead = await untilAnswered(() => models.leads.findById(found.lead).lean().exec());
  const leased = Date.now() <= found.leaseUntil.getTime();
  if (lead && (lead.state === 'concluded' || !leased)) return { transactionId: lead._id, replay: lead };
  if (leased) throw new LeadwireError('idempotency_in_flight', { headers: { 'retry-after': '1' } });
  const taken = await untilAnswered(() =>
    models.idempotency.updateOne(
      { _id: record._id, lead: found.lead, leaseUntil: found.leaseUntil },
      { $set: { leaseUntil: record.leaseUntil } },
    ),
  );
  if (taken.matchedCount === 0) throw new LeadwireError('idempotency_in_flight', { headers: { 'retry-after': '1' } });
  return { transactionId: found.lead };
}
