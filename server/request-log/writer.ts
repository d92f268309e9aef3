import type { Logger } from '../../log/logger.ts';
import { native } from '../../models/native.ts';
import type { RequestLogModel, RequestRecord } from '../../models/request-log.ts';
import type { Metrics } from '../metrics.ts';

const FLUSH_MS = 250;
const BATCH = 500;
const ROOM = 10_000;

/** A lost record of the log costs nobody money: the writer does not wait for a majority. */
const WRITE = { ordered: false, writeConcern: { w: 1 as const, j: false } };

export interface RequestWriterDeps {
  records: RequestLogModel;
  metrics: Metrics;
  log: Logger;
  /** Records kept in memory at most. Default 10,000. */
  room?: number;
}

/**
 * Writes the request log in batches, off the way of the answers. When MongoDB does not keep up, records are dropped and
 * counted rather than kept in memory without bound.
 */
export function createRequestWriter({ records, metrics, log, room = ROOM }: RequestWriterDeps) {
  let waiting: RequestRecord[] = [];
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;

  async function writeBatch(): Promise<boolean> {
    const batch = waiting.slice(0, BATCH);
    if (batch.length === 0) return false;
    try {
      await native<RequestRecord>(records).insertMany(batch, WRITE);
    } catch (error) {
      // Records that were written in an attempt whose answer got lost are duplicates now: the others went in.
      if ((error as { code?: unknown }).code !== 11000) {
        log.warn({ code: 'request_log_unwritten', fault: error instanceof Error ? error.name : '' }, 'tried again');
        return false;
      }
    }
    waiting = waiting.slice(batch.length);
    return true;
  }

  async function drain(): Promise<void> {
    while (await writeBatch());
  }

  /** Writes what is there; one at a time. */
  function flush(): Promise<void> {
    writing ??= drain().finally(() => (writing = undefined));
    return writing;
  }

  return {
    flush,
    add(record: RequestRecord): void {
      if (waiting.length >= room) metrics.requestLogDrops.inc();
      else waiting.push(record);
    },
    run(): void {
      timer = setInterval(() => void flush(), FLUSH_MS);
    },
    async stop(): Promise<void> {
      clearInterval(timer);
      // What came while a batch was being written is in the next.
      await flush();
      await flush();
    },
  };
}
export type RequestWriter = ReturnType<typeof createRequestWriter>;
