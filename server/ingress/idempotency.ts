import { createHash, randomUUID } from 'node:crypto';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { insertFence, untilAnswered } from '../../models/fence.ts';
import type { LeadModels } from '../../models/models.ts';

/** What a request makes, and how to find it again. */
export interface Subject<Found> {
  /** Id of what this request makes, unless an earlier one with the same key has begun it under another id. */
  id: string;
  find(id: string): Promise<Found | null>;
  /** The first request has been answered, or could have been. */
  isDone(found: Found): boolean;
}

export type Begun<Found> = { id: string; replay?: Found };

/** How long after its deadline a request that died is still taken for one under way. */
const GRACE_MS = 5_000;

/** Checks the header's form (IETF draft): 1 to 255 visible ASCII characters. */
export function readIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (!/^[\x21-\x7e]{1,255}$/.test(header)) throw new LeadwireError('invalid_idempotency_key');
  return header;
}

/**
 * Begins a request under an Idempotency-Key: a new key gets the subject's id, a known one what it made. What is replayed
 * is the record, never a workflow's result, since histories expire. A key whose request died before its record was
 * stored is taken over with the same id when its lease is over.
 *
 * @param deadlineMs within which the request is answered
 * @throws LeadwireError `idempotency_key_reused` for another body, `idempotency_in_flight` while the first is answered.
 */
export async function beginIdempotent<Found>(
  models: Pick<LeadModels, 'idempotency'>,
  scope: string,
  key: string | undefined,
  body: Buffer,
  deadlineMs: number,
  subject: Subject<Found>,
): Promise<Begun<Found>> {
  if (key === undefined) return { id: subject.id };
  const _id = `${scope}:${key}`;
  const bodyHash = hashOf(body);
  const record = {
    _id,
    lead: subject.id,
    request: randomUUID(),
    bodyHash,
    leaseUntil: new Date(Date.now() + deadlineMs + GRACE_MS),
  };
  const fenced = await insertFence(models.idempotency, record, ({ request }) => request === record.request);
  if (fenced.ours) return { id: subject.id };
  const found = fenced.record;
  if (found.bodyHash !== bodyHash) throw new LeadwireError('idempotency_key_reused');
  const made = await subject.find(found.lead);
  const leased = Date.now() <= found.leaseUntil.getTime();
  if (made && (subject.isDone(made) || !leased)) return { id: found.lead, replay: made };
  if (leased) throw new LeadwireError('idempotency_in_flight', { headers: { 'retry-after': '1' } });
  const taken = await untilAnswered(() =>
    models.idempotency.updateOne(
      { _id, lead: found.lead, leaseUntil: found.leaseUntil },
      { $set: { leaseUntil: record.leaseUntil } },
    ),
  );
  if (taken.matchedCount === 0) throw new LeadwireError('idempotency_in_flight', { headers: { 'retry-after': '1' } });
  return { id: found.lead };
}

/** Whether this request was begun before: then the answer to the first one is what it asks for. */
export async function isRepeated(
  models: Pick<LeadModels, 'idempotency'>,
  scope: string,
  key: string | undefined,
): Promise<boolean> {
  if (key === undefined) return false;
  return (await untilAnswered(() => models.idempotency.findById(`${scope}:${key}`).lean().exec())) !== null;
}

/** Gives the key of a request free that was refused after all. */
export async function releaseKey(
  models: Pick<LeadModels, 'idempotency'>,
  scope: string,
  key: string | undefined,
  id: string,
): Promise<void> {
  if (key !== undefined) await models.idempotency.deleteOne({ _id: `${scope}:${key}`, lead: id });
}

function hashOf(body: Buffer): string {
  return createHash('sha256').update(body).digest('base64url');
}
