import type { Logger } from '../log/logger.ts';
import { isDuplicateKey, untilAnswered } from '../models/fence.ts';
import type { LeadModels } from '../models/models.ts';
import { native } from '../models/native.ts';
import type { OutboxRecord } from '../models/outbox.ts';
import { claimHolds } from './ingress/claims.ts';
import type { Metrics } from './metrics.ts';
import type { Starter, StartableLead } from './temporal/starter.ts';

const CLEAN_MS = 100;
const SWEEP_MS = 1_000;
/** Rows younger than this belong to whoever wrote them. */
const SETTLED_MS = 3_000;
/** A row whose lead never came is dropped after this. */
const ORPHAN_MS = 10 * 60_000;

export interface OutboxDeps {
  models: LeadModels;
  starter: Starter;
  metrics: Metrics;
  log: Logger;
}

/**
 * Work that has to start: a row is written before what it follows from, and goes when its workflow has started. Every
 * node sweeps the rows that were left behind by another; deterministic workflow ids make a second start harmless.
 */
export function createOutbox({ models, starter, metrics, log }: OutboxDeps) {
  /** Started rows → when they were written: a row written again since then stays. */
  const done = new Map<string, Date>();
  const timers: NodeJS.Timeout[] = [];
  let sweeping = false;

  async function write(row: OutboxRecord): Promise<void> {
    try {
      await untilAnswered(() => native<OutboxRecord>(models.outbox).insertOne(row));
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
  }

  async function start(row: OutboxRecord, lead: StartableLead): Promise<boolean> {
    if (row.kind === 'resume') await starter.resume(lead);
    else if (row.kind === 'follow_up') await starter.followUp(lead, row);
    else {
      const { eager } = await starter.lead(lead);
      metrics.starts.inc({ eager: String(eager) });
      done.set(row._id, row.at);
      return eager;
    }
    done.set(row._id, row.at);
    return false;
  }

  async function sweepRow(row: OutboxRecord): Promise<void> {
    const lead = await models.leads.findById(row.lead).lean();
    if (!lead) {
      if (Date.now() - row.at.getTime() > ORPHAN_MS) done.set(row._id, row.at);
      return;
    }
    if (row.kind === 'lead') {
      const mayStart = lead.state === 'received' && (await claimHolds(models, row.claim, lead._id, undefined));
      if (!mayStart) {
        done.set(row._id, row.at);
        return;
      }
    }
    metrics.sweeps.inc({ kind: row.kind });
    await start(row, lead);
  }

  async function sweep(): Promise<void> {
    if (sweeping) return;
    sweeping = true;
    try {
      const old = await models.outbox
        .find({ at: { $lt: new Date(Date.now() - SETTLED_MS) } })
        .limit(200)
        .lean();
      for (const row of old) {
        if (!done.has(row._id)) await sweepRow(row);
      }
    } catch (error) {
      log.warn(
        { code: 'sweep_failed', fault: error instanceof Error ? error.name : 'unknown' },
        'sweep will be repeated',
      );
    } finally {
      sweeping = false;
    }
  }

  async function clean(): Promise<void> {
    if (done.size === 0) return;
    const rows = [...done];
    try {
      const deletes = rows.map(([_id, at]) => ({ deleteOne: { filter: { _id, at: { $lte: at } } } }));
      await native<OutboxRecord>(models.outbox).bulkWrite(deletes, { ordered: false });
      for (const [id] of rows) done.delete(id);
    } catch {
      // The rows stay for the next round; starting their work again is harmless.
    }
  }

  return {
    write,
    /** Starts the workflow of a lead; when Temporal does not answer the sweeper does it later. */
    async startLead(lead: StartableLead): Promise<boolean> {
      try {
        return await start({ _id: `lead:${lead._id}`, kind: 'lead', lead: lead._id, at: new Date() }, lead);
      } catch (error) {
        log.warn(
          { code: 'start_failed', lead: lead._id, fault: error instanceof Error ? error.name : '' },
          'swept later',
        );
        return false;
      }
    },
    /** Starts the work of rows that are already written, without waiting for it. */
    kick(rows: readonly OutboxRecord[]): void {
      for (const row of rows) {
        void models.leads
          .findById(row.lead)
          .lean()
          .exec()
          .then((lead) => (lead ? start(row, lead) : undefined))
          .catch(() => log.warn({ code: 'start_failed', lead: row.lead }, 'swept later'));
      }
    },
    run(): void {
      timers.push(
        setInterval(() => void clean(), CLEAN_MS),
        setInterval(() => void sweep(), SWEEP_MS),
      );
    },
    async stop(): Promise<void> {
      for (const timer of timers) clearInterval(timer);
      await clean();
    },
  };
}
export type Outbox = ReturnType<typeof createOutbox>;
