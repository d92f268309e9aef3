import { randomUUID } from 'node:crypto';
import type { SellerKey } from '../../config/key-holder.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { Logger } from '../../log/logger.ts';
import { bulkChunkId, type BulkChunkRecord, type BulkJobRecord, type BulkResult } from '../../models/bulk-job.ts';
import type { EventRecord } from '../../models/event.ts';
import { untilAnswered } from '../../models/fence.ts';
import type { LeadModels } from '../../models/models.ts';
import { native } from '../../models/native.ts';
import { createPeriodic } from '../periodic.ts';
import type { BulkRow } from './bulk-reader.ts';
import type { EventRequest } from './trigger.ts';

const EVERY_MS = 1_000;
/** A node that has not finished a chunk in this time is taken for dead. */
const LEASE_MS = 60_000;
/** Rows on their way at once. */
const AT_ONCE = 8;
/** A row that ended as many runs in a fault is refused with it, so that what comes behind it goes on. */
const MAX_ATTEMPTS = 10;

export interface BulkRunDeps {
  models: Pick<LeadModels, 'bulkJobs' | 'bulkChunks'>;
  trigger: (request: EventRequest) => Promise<EventRecord>;
  log: Logger;
}

/**
 * Takes in the rows of uploads, each as an event that came by itself. One node at a time works on an upload; when it
 * dies another one goes on with the chunk it was at, and rows that were taken in already are recognised.
 */
export function createBulkRun({ models, trigger, log }: BulkRunDeps) {
  const jobs = native<BulkJobRecord>(models.bulkJobs);
  const chunks = native<BulkChunkRecord>(models.bulkChunks);
  let stopping = false;
  let running: Promise<void> = Promise.resolve();

  async function claim(): Promise<(BulkJobRecord & { holder: string }) | undefined> {
    const holder = randomUUID();
    const now = Date.now();
    const found = await jobs.findOneAndUpdate(
      { state: 'open', leaseUntil: { $lte: new Date(now) } },
      { $set: { holder, leaseUntil: new Date(now + LEASE_MS) }, $inc: { attempts: 1 } },
      { returnDocument: 'after', sort: { leaseUntil: 1 } },
    );
    return found ? { ...found, holder } : undefined;
  }

  /** One chunk: its results first, then that it is done. Doing it again gives the same. */
  async function runChunk(job: BulkJobRecord, position: number, lastTry: boolean) {
    const _id = bulkChunkId(job.upload, position);
    const chunk = await untilAnswered(() => chunks.findOne({ _id }));
    if (!chunk) throw new LeadwireError('internal', { message: 'A chunk of an upload is missing' });
    const results = chunk.results ?? (await runRows(job, chunk, lastTry));
    if (!chunk.results) {
      await untilAnswered(() => chunks.updateOne({ _id }, { $set: { results }, $unset: { rows: 1 } }));
    }
    const accepted = results.filter((result) => result.accepted).length;
    return { accepted, refused: results.length - accepted };
  }

  /** Rows of one transaction in their order, different ones beside each other. */
  async function runRows(job: BulkJobRecord, chunk: BulkChunkRecord, lastTry: boolean): Promise<BulkResult[]> {
    const rows = JSON.parse(chunk.rows ?? '[]') as BulkRow[];
    const byTransaction = new Map<string, number[]>();
    for (const [index, row] of rows.entries()) {
      const name = typeof row['transaction_id'] === 'string' ? row['transaction_id'] : `row ${index}`;
      byTransaction.set(name, [...(byTransaction.get(name) ?? []), index]);
    }
    const results: BulkResult[] = [];
    const waiting = [...byTransaction.values()];
    const work = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        for (const index of next) results[index] = await runRow(job, chunk.first + index, rows[index]!, lastTry);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return results;
  }

  async function runRow(job: BulkJobRecord, row: number, body: BulkRow, lastTry: boolean): Promise<BulkResult> {
    const once = `${job._id}-${row}`;
    try {
      const record = await trigger({ body, textual: job.textual, caller: { origin: 'bulk', key: keyOf(job) }, once });
      const { event, lead, conversionId } = record;
      return { row, accepted: true, event, lead, ...(conversionId === undefined ? {} : { conversionId }) };
    } catch (error) {
      const known = error instanceof LeadwireError ? error : new LeadwireError('internal', { cause: error });
      // What may pass later ends this run; the next begins with this chunk.
      if (known.retryable && !lastTry) throw known;
      return { row, accepted: false, code: known.code, message: known.message };
    }
  }

  async function runJob(job: BulkJobRecord & { holder: string }): Promise<void> {
    let lastTry = job.attempts >= MAX_ATTEMPTS;
    for (let position = job.position; position < job.chunks; position++) {
      if (stopping) break;
      const { accepted, refused } = await runChunk(job, position, lastTry);
      lastTry = false;
      const isLast = position + 1 === job.chunks;
      const now = Date.now();
      const moved = await untilAnswered(() =>
        jobs.updateOne(
          { _id: job._id, position },
          {
            $set: {
              ...{ position: position + 1, attempts: 0, leaseUntil: new Date(now + LEASE_MS) },
              ...(isLast ? { state: 'done' as const, doneAt: new Date(now) } : {}),
            },
            $inc: { accepted, refused },
          },
        ),
      );
      // Somebody else has it, or this was done and its answer lost: whoever claims it next sees.
      if (moved.matchedCount === 0) break;
    }
    await release(job);
  }

  async function release({ _id, holder }: { _id: string; holder: string }, until = new Date(0)): Promise<void> {
    await jobs.updateOne({ _id, holder }, { $set: { leaseUntil: until } });
  }

  async function work(): Promise<void> {
    while (!stopping) {
      const job = await claim();
      if (!job) return;
      try {
        await runJob(job);
      } catch (error) {
        const { code } = error as { code?: unknown };
        log.warn({ code: 'bulk_interrupted', job: job._id, fault: String(code ?? '') }, 'goes on later');
        await release(job, new Date(Date.now() + EVERY_MS * job.attempts));
      }
    }
  }

  const periodic = createPeriodic(() => (running = work()), EVERY_MS, log);
  return {
    /** Works on what there is, until there is nothing more. */
    work,
    run: () => periodic.run(),
    /** Ends after the chunk at hand; another node goes on. */
    async stop(): Promise<void> {
      stopping = true;
      periodic.stop();
      await running.catch(() => undefined);
    },
  };
}

/** The key as it was when the upload came with it: what was allowed then still is. */
function keyOf({ key: id, signed, seller, source, mode }: BulkJobRecord): SellerKey {
  return { kind: 'seller', id, signed, seller, mode, expiresAt: null, ...(source === undefined ? {} : { source }) };
}
