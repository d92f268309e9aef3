import type { Logger } from '../log/logger.ts';
import { enterRevenue } from '../activities/event/enter-revenue.ts';
import { updateLead } from '../activities/event/update-lead.ts';
import { openEventPostbacks } from '../activities/postback/open-event.ts';
import type { CompiledConfiguration } from '../config/compile.ts';
import { openPostback } from '../activities/postback/open.ts';
import { integrationsOnEvent } from '../config/events.ts';
import type { EventRecord } from '../models/event.ts';
import { insertOnce } from '../models/fence.ts';
import { followUpId, type FollowUpRecord } from '../models/follow-up.ts';
import type { LeadRecord } from '../models/lead.ts';
import type { LeadModels } from '../models/models.ts';
import { native } from '../models/native.ts';
import type { OutboxRecord } from '../models/outbox.ts';
import type { PostbackRecord } from '../models/postback.ts';
import { withdrawalId, type WithdrawalRecord } from '../models/withdrawal.ts';
import { pingIdOf } from '../rules/ping-id.ts';
import { claimHolds } from './ingress/claims.ts';
import { within } from './ingress/wait.ts';
import type { Metrics } from './metrics.ts';
import { createPeriodic } from './periodic.ts';
import type { SpareTime } from './spare-time.ts';
import { createStartQueue } from './start-queue.ts';
import type { Starter, StartableLead } from './temporal/starter.ts';

const CLEAN_MS = 100;
const SWEEP_MS = 1_000;
/** Rows younger than this belong to whoever wrote them. */
const SETTLED_MS = 3_000;
/** Events that may be on their way to Temporal before whoever fires one waits. */
const STARTS_AT_ONCE = 16;
/** Leads and pings that may wait for their workflow before a node is behind. */
const STARTS_QUEUED = 24;
/** A row that could not be started is passed over for this long. */
const PASS_OVER_MS = 30_000;
/** A row whose lead never came is dropped after this. */
const ORPHAN_MS = 10 * 60_000;
/** The lead of a visit that was seen when the lead came is in by then. */
const LEAD_ARRIVES_MS = 10_000;

/** What the row of an event of a visit says, so that the sweeper looks again once, when a lead that was on its way is in. */
export function sweptForLead(at: Date): Date {
  return new Date(at.getTime() + LEAD_ARRIVES_MS - SETTLED_MS);
}

export interface OutboxDeps {
  models: LeadModels;
  starter: Starter;
  config: { current(): Pick<CompiledConfiguration, 'endpoints' | 'campaigns' | 'integrations'> };
  /** Tells when the node has time for more than the answers that somebody waits for. */
  spareTime: SpareTime;
  metrics: Metrics;
  log: Logger;
}

/** What a record is about. */
function startable({ lead, campaign, source, mode }: Omit<StartableLead, '_id'> & { lead: string }): StartableLead {
  return { _id: lead, campaign, source, mode };
}

/**
 * Work that has to start: a row is written before what it follows from, and goes when its workflow has started. Every
 * node sweeps the rows that were left behind by another; deterministic workflow ids make a second start harmless.
 */
export function createOutbox({ models, starter, config, spareTime, metrics, log }: OutboxDeps) {
  const queue = createStartQueue(spareTime);
  /** Started rows → when they were written: a row written again since then stays. */
  const done = new Map<string, Date>();
  /** Rows that failed → epoch milliseconds until which they are passed over. */
  const later = new Map<string, number>();
  /** Events whose workflows are being started. */
  let telling = 0;
  /** Leads and pings whose workflow waits to be started or is being started. */
  const starting = new Set<Promise<void>>();

  async function start(row: OutboxRecord, lead: StartableLead & Pick<LeadRecord, 'told'>): Promise<void> {
    if (row.kind === 'postback') {
      const id = row.postback ?? (await openPostback(models, lead, row));
      if (id === undefined) return;
      await starter.postback(lead, id);
    } else if (row.kind === 'resume') await starter.resume(lead);
    else if (row.kind === 'withdrawal') await starter.withdrawal(lead, row.withdrawal ?? 'revoke');
    else if (row.kind === 'follow_up') return startFollowUp(row, lead);
    else {
      const { eager } = await (row.kind === 'ping' ? starter.ping(lead) : starter.lead(lead));
      metrics.starts.inc({ eager: String(eager) });
    }
    done.set(row._id, row.at);
  }

  async function startFollowUp(row: OutboxRecord, lead: StartableLead): Promise<void> {
    const { integration = '', event, operation, delivery } = row;
    if (operation === 'return') {
      const found = await models.deliveries.findById(delivery, { state: 1 }).lean();
      // What was not taken back is not told; what is about to be writes the row again.
      if (found?.state !== 'returned') {
        return dropOrphan(row);
      }
      const told = config.current().integrations.get(integration)?.operations[operation];
      // Most buyers know by themselves.
      if (told && (lead.mode === 'live' || told.hasTestUrl)) {
        await starter.followUp(lead, { integration, operation, ...(delivery ? { delivery } : {}) });
      }
    } else {
      await starter.followUp(lead, {
        integration,
        ...(event === undefined ? {} : { event }),
        ...(operation ? { operation } : {}),
      });
    }
    done.set(row._id, row.at);
  }

  async function sweepRow(row: OutboxRecord): Promise<void> {
    if (row.kind === 'ping') return sweepPing(row);
    if (row.kind === 'withdrawal') return sweepRecord(row, await findWithdrawal(row));
    if (row.kind === 'event') return sweepEvent(row);
    if (row.postback !== undefined) return sweepReplay(row, row.postback);
    const lead = await models.leads.findById(row.lead).lean();
    if (!lead) {
      return row.kind === 'follow_up' ? sweepRecord(row, await findFollowUp(row)) : dropOrphan(row);
    }
    if (row.kind === 'lead') {
      // A row may be of a post that lost its ping or visit to another one, which claims for itself.
      const claim = lead.ping || lead.click ? lead.claim : row.claim;
      // What was sold before its node died gets its workflow all the same: operators find every lead there.
      const mayStart =
        lead.state === 'concluded' ||
        (lead.state === 'received' && (await claimHolds(models, claim, lead._id, undefined)));
      if (!mayStart) {
        done.set(row._id, row.at);
        return;
      }
    }
    if (row.kind === 'postback' && !lead.told?.[row.event ?? '']) {
      // Its conclusion has not come about; one that still may will write the row again.
      return dropOrphan(row);
    }
    metrics.sweeps.inc({ kind: row.kind });
    await start(row, lead);
  }

  /** What a row waits for may still be on its way, for a while. */
  function dropOrphan(row: OutboxRecord): void {
    if (Date.now() - row.at.getTime() > ORPHAN_MS) done.set(row._id, row.at);
  }

  /** A ping is answered by whoever comes first; when its request is gone, so that its id stays good. */
  async function sweepPing(row: OutboxRecord): Promise<void> {
    const ping = await models.pings.findById(pingIdOf(row.lead)).lean();
    if (!ping) {
      return dropOrphan(row);
    }
    metrics.sweeps.inc({ kind: row.kind });
    await start(row, { ...ping, _id: ping.lead });
  }

  /** A postback that an operator wants tried anew. */
  async function sweepReplay(row: OutboxRecord, id: string): Promise<void> {
    return sweepRecord(row, await models.postbacks.findById(id).lean<PostbackRecord>());
  }

  /** Of a visit there may be no lead. */
  function findFollowUp(row: OutboxRecord): Promise<FollowUpRecord | null> {
    const { lead, integration = '', event, operation, delivery } = row;
    const name = {
      ...{ lead, integration },
      ...(event === undefined ? {} : { event }),
      ...(operation ? { operation } : {}),
      ...(delivery === undefined ? {} : { delivery }),
    };
    return models.followUps.findById(followUpId(name)).lean<FollowUpRecord>().exec();
  }

  function findWithdrawal({ lead, withdrawal = 'revoke' }: OutboxRecord): Promise<WithdrawalRecord | null> {
    return models.withdrawals.findById(withdrawalId(lead, withdrawal)).lean<WithdrawalRecord>().exec();
  }

  async function findSubject(row: OutboxRecord): Promise<Parameters<typeof start>[1] | null> {
    if (row.kind !== 'withdrawal') return models.leads.findById(row.lead).lean().exec();
    const record = await findWithdrawal(row);
    return record && startable(record);
  }

  /** What goes on from a record of its own. */
  async function sweepRecord(row: OutboxRecord, record: Parameters<typeof startable>[0] | null): Promise<void> {
    if (!record) {
      return dropOrphan(row);
    }
    metrics.sweeps.inc({ kind: row.kind });
    await start(row, startable(record));
  }

  async function sweepEvent(row: OutboxRecord): Promise<void> {
    const event = await models.events.findById(row.event).lean<EventRecord>();
    if (!event) {
      return dropOrphan(row);
    }
    metrics.sweeps.inc({ kind: row.kind });
    await followEvent(row, event);
  }

  /** Does what follows from an event; doing it again is harmless. */
  async function followEvent(row: OutboxRecord, event: EventRecord): Promise<void> {
    await tellOf(row, event, await updateFor(event));
  }

  async function updateFor(event: EventRecord): Promise<boolean> {
    const updated = [await updateLead(models, event), await enterRevenue(models, event)];
    return !updated.includes('visit');
  }

  async function tellOf(row: OutboxRecord, event: EventRecord, isUpdated: boolean): Promise<void> {
    telling++;
    try {
      const postbacks = await openEventPostbacks(models, config.current().endpoints, event);
      if (postbacks.length > 0) await starter.event(event, postbacks);
      const { lead, campaign, source, mode } = event;
      for (const { id: integration } of integrationsOnEvent(config.current().campaigns, event)) {
        await starter.followUp({ _id: lead, campaign, source, mode }, { integration, event: event._id });
      }
    } finally {
      telling--;
    }
    // A lead may be on its way in, with its visit as it was before: the sweeper looks again.
    if (isUpdated || Date.now() - event.at.getTime() > LEAD_ARRIVES_MS) done.set(row._id, row.at);
  }

  async function sweep(): Promise<void> {
    const now = Date.now();
    for (const [id, until] of later) if (until <= now) later.delete(id);
    const old = await models.outbox
      .find({ at: { $lt: new Date(now - SETTLED_MS) }, _id: { $nin: [...later.keys()] } })
      .limit(200)
      .lean();
    for (const row of old) {
      if (done.has(row._id)) continue;
      // A row that fails ends this sweep, since Temporal may be away, and lets the others go first in the next ones.
      later.set(row._id, now + PASS_OVER_MS);
      await sweepRow(row);
      later.delete(row._id);
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

  const tasks = [createPeriodic(clean, CLEAN_MS, log), createPeriodic(sweep, SWEEP_MS, log)];

  return {
    write: (row: OutboxRecord) => insertOnce(models.outbox, row),
    /** Does what follows from an event that was just stored; what fails the sweeper does later. */
    async follow(row: OutboxRecord, event: EventRecord): Promise<void> {
      const failed = (error: unknown) => {
        const fault = error instanceof Error ? error.name : '';
        log.warn({ code: 'start_failed', event: event._id, fault }, 'swept later');
      };
      try {
        // Who fired it need not wait until endpoints are told, unless more come than can be started.
        const told = tellOf(row, event, await updateFor(event)).catch(failed);
        if (telling > STARTS_AT_ONCE) await told;
      } catch (error) {
        failed(error);
      }
    },
    /**
     * Starts the workflow of a lead or its ping as soon as the node has time to spare; when Temporal does not answer the
     * sweeper does it later.
     */
    startLead(lead: StartableLead, kind: 'lead' | 'ping' = 'lead'): Promise<void> {
      const row: OutboxRecord = { _id: `${kind}:${lead._id}`, kind, lead: lead._id, at: new Date() };
      const started = queue
        .add(() => start(row, lead))
        .catch((error: unknown) => {
          const fault = error instanceof Error ? error.name : '';
          log.warn({ code: 'start_failed', lead: lead._id, fault }, 'swept later');
        })
        .finally(() => starting.delete(started));
      starting.add(started);
      return started;
    },
    /**
     * Nobody waits for a workflow, but nor are leads and pings taken in faster than Temporal takes them: with many that
     * wait for theirs, whoever comes next has the first of these started and waits for that, or for its own when all are
     * on their way, until `deadline` (epoch ms).
     */
    async keepPace(own: Promise<void>, deadline: number): Promise<void> {
      if (starting.size > STARTS_QUEUED) await within(queue.startFirst() ?? own, deadline);
    },
    /** Starts all that waits to be started, and waits until it is, or until `deadline` (epoch ms): rows outlive a node. */
    async drain(deadline: number): Promise<void> {
      queue.flush();
      await within(Promise.all(starting), deadline);
    },
    /** Starts the work of rows that are already written, without waiting for it. */
    kick(rows: readonly OutboxRecord[]): void {
      for (const row of rows) {
        void findSubject(row)
          .then((lead) => (lead ? start(row, lead) : undefined))
          .catch(() => log.warn({ code: 'start_failed', lead: row.lead }, 'swept later'));
      }
    },
    run(): void {
      for (const task of tasks) task.run();
    },
    async stop(): Promise<void> {
      for (const task of tasks) task.stop();
      await clean();
    },
  };
}
export type Outbox = ReturnType<typeof createOutbox>;
