import type { mongo } from 'mongoose';
import type { LiveConfiguration } from '../config/live.ts';
import { isDuplicateKey } from '../models/fence.ts';
import type { HealthCountsModel, HealthModel, HealthRecord } from '../models/health.ts';
import { native } from '../models/native.ts';
import { failing, speaksAgainst, type Failing, type HealthCounts, type RequestKind } from '../rules/health.ts';
import { createRounds, createTally } from './tally.ts';

const SPAN_MS = 5_000;
const KEEP_MS = 15 * 60_000;
/** How long a lead that tries an integration may take from its ping to its post's answer before another tries. */
const PROBE_MS = 30_000;

/** Whom a lead may go to. Live leads only: those of the sandbox go to other addresses. */
export interface Health {
  /** As of a second ago: not taken out, or cooled down so that this lead may try it. */
  isOpenTo(integration: string, lead: string): boolean;
  /**
   * Whether this lead may be sent there now. Of an integration that is well this costs nothing; of one that has cooled
   * down only the lead that wins a compare-and-set gets it, for its ping and its post.
   */
  admit(integration: string, lead: string): Promise<boolean>;
  /** What a request came to. `code` is why it got no answer; undefined: it was answered. */
  report(integration: string, lead: string, kind: RequestKind, code: string | undefined): void;
  /** Reads what all nodes decided. */
  look(): Promise<void>;
  /** Writes what was counted here, takes out what fails, and reads what other nodes decided. */
  exchange(now?: Date): Promise<void>;
  run(): void;
  stop(): Promise<void>;
}

export interface HealthOptions {
  health: HealthModel;
  counts: HealthCountsModel;
  /** The settings are read live. */
  config: { live(): Pick<LiveConfiguration, 'integrations'> };
  everyMs?: number;
  /** Told by the node that took an integration out, or let it back in. */
  onChange?: (integration: string, state: 'out' | 'back', failing: Failing) => void;
  /** Told of every integration that is out, each time they are read. */
  onRead?: (out: ReadonlySet<string>) => void;
  /** Told when MongoDB did not take or give the counts; the node goes on with what it knows. */
  onFault?: () => void;
}

/**
 * Leaves integrations alone that fail, as a circuit breaker does. Every node counts what it sees and adds it to what
 * the others saw; whoever finds that too much failed takes the integration out for all of them.
 */
export function createHealth(options: HealthOptions): Health {
  const {
    health,
    counts,
    config,
    everyMs = 1000,
    onChange = () => {},
    onRead = () => {},
    onFault = () => {},
  } = options;
  const records = native<HealthRecord>(health);
  const tally = createTally<HealthCounts>({ model: counts, none: NONE, spanOf, onFault });
  /** Those that are or were out. */
  let known = new Map<string, HealthRecord>();
  /** Integrations that failed here, and when they did last. */
  const failedAt = new Map<string, number>();
  /** The leads that try an integration from here, with what took it out. */
  const probing = new Map<string, { lead: string; kind: RequestKind }>();
  /** What probes came to, on their way into the record. */
  const settling = new Set<Promise<void>>();
  let sweptAt = 0;

  const settingsOf = (integration: string) => config.live().integrations.get(integration)?.health;
  const outOf = (integration: string): HealthRecord | undefined => {
    const record = known.get(integration);
    return record === undefined || record.state === 'closed' || !settingsOf(integration) ? undefined : record;
  };

  async function admit(integration: string, lead: string): Promise<boolean> {
    const record = outOf(integration);
    if (!record) return true;
    const now = new Date();
    if (!mayTry(record, lead, now)) return false;
    const probe = { lead, until: new Date(now.getTime() + PROBE_MS) };
    try {
      const taken = await records.findOneAndUpdate(
        {
          _id: integration,
          state: { $ne: 'closed' },
          until: { $lte: now },
          $or: [{ probe: { $exists: false } }, { 'probe.until': { $lte: now } }, { 'probe.lead': lead }],
        },
        { $set: { state: 'half_open', probe } },
        { returnDocument: 'after' },
      );
      if (!taken) return false;
      known.set(integration, taken);
      probing.set(integration, { lead, kind: taken.kind });
      return true;
    } catch {
      onFault();
      return false;
    }
  }

  function report(integration: string, lead: string, kind: RequestKind, code: string | undefined): void {
    const against = speaksAgainst(code);
    const settings = settingsOf(integration);
    if (against === undefined || !settings) return;
    if (against) failedAt.set(integration, Date.now());
    const failures = against ? 1 : 0;
    tally.add(integration, kind === 'ask' ? { asks: 1, askFailures: failures } : { posts: 1, postFailures: failures });
    const probe = probing.get(integration);
    if (probe?.lead !== lead) return;
    // A ping that is answered says nothing of the posts that failed: the lead's own post will.
    if (!against && probe.kind === 'post' && kind === 'ask') return;
    probing.delete(integration);
    const settled = settleProbe(integration, lead, against ? settings.coolingMs : undefined).catch(onFault);
    settling.add(settled);
    void settled.then(() => settling.delete(settled));
  }

  /** A probe that failed begins a new cooling time; one that was answered ends the episode. */
  async function settleProbe(_id: string, lead: string, coolingMs: number | undefined): Promise<void> {
    const now = new Date();
    const set: Partial<HealthRecord> =
      coolingMs === undefined
        ? { state: 'closed', since: now, until: now }
        : { state: 'open', until: new Date(now.getTime() + coolingMs) };
    const after = await records.findOneAndUpdate(
      { _id, state: 'half_open', 'probe.lead': lead },
      { $set: set, $unset: { probe: '' } },
      { returnDocument: 'after' },
    );
    if (!after) return;
    known.set(_id, after);
    if (after.state === 'closed') onChange(_id, 'back', after);
  }

  /** Judges the integrations that failed here by what all nodes saw of them. */
  async function judge(now: number): Promise<void> {
    const suspects = [...failedAt].flatMap(([integration, at]) => {
      const settings = settingsOf(integration);
      if (!settings || now - at > settings.windowMs + SPAN_MS) failedAt.delete(integration);
      else if (!outOf(integration)) return [{ integration, settings }];
      return [];
    });
    if (suspects.length === 0) return;
    const firstSpans = new Map(
      suspects.map(({ integration, settings }) => {
        // What happened before it came back is no longer held against it.
        const cameBack = known.get(integration)?.since.getTime() ?? 0;
        return [integration, spanOf(Math.max(now - settings.windowMs, cameBack + SPAN_MS))];
      }),
    );
    const longestMs = Math.max(...suspects.map(({ settings }) => settings.windowMs));
    const seen = await tally.read(
      now - longestMs,
      (span, integration) => span >= (firstSpans.get(integration) ?? span),
    );
    for (const { integration, settings } of suspects) {
      const found = failing(settings, seen.get(integration) ?? NONE);
      if (found) await takeOut(integration, found, settings.coolingMs, new Date(now));
    }
  }

  async function takeOut(integration: string, found: Failing, coolingMs: number, now: Date): Promise<void> {
    const until = new Date(now.getTime() + coolingMs);
    try {
      const after = await records.findOneAndUpdate(
        { _id: integration, state: 'closed' },
        { $set: { state: 'open', since: now, until, ...found }, $unset: { probe: '' } },
        { upsert: true, returnDocument: 'after' },
      );
      if (!after) return;
      known.set(integration, after);
      onChange(integration, 'out', found);
    } catch (error) {
      // Another node was first.
      if (!isDuplicateKey(error)) throw error;
    }
  }

  async function look(): Promise<void> {
    const found = await records.find({}).toArray();
    known = new Map(found.map((record) => [record._id, record]));
    onRead(new Set([...known.keys()].filter((integration) => outOf(integration))));
  }

  const exchange = async (now = new Date()) => {
    await tally.write();
    await look();
    for (const { _id, state } of known.values()) {
      // Health was switched off for it, or it is no more: nobody would ever try it.
      if (state !== 'closed' && !settingsOf(_id)) await bringBack(records, _id, now);
    }
    await judge(now.getTime());
    if (now.getTime() - sweptAt < KEEP_MS) return;
    sweptAt = now.getTime();
    await tally.sweep(now.getTime() - KEEP_MS);
  };
  const rounds = createRounds(exchange, everyMs, onFault);

  return {
    isOpenTo(integration, lead) {
      const record = outOf(integration);
      return record === undefined || mayTry(record, lead, new Date());
    },
    admit,
    report,
    look,
    exchange,
    run: rounds.run,
    async stop() {
      await rounds.stop();
      await Promise.all(settling);
      await tally.write();
    },
  };
}

/**
 * Lets an integration in at once, without a probe.
 *
 * @returns false when it was in
 */
export async function bringBack(
  records: Pick<mongo.Collection<HealthRecord>, 'updateOne'>,
  integration: string,
  now: Date,
): Promise<boolean> {
  const { matchedCount } = await records.updateOne(
    { _id: integration, state: { $ne: 'closed' } },
    { $set: { state: 'closed', since: now, until: now }, $unset: { probe: '' } },
  );
  return matchedCount > 0;
}

/** It has cooled down, and nobody else is trying it. */
function mayTry({ until, probe }: HealthRecord, lead: string, now: Date): boolean {
  return until <= now && (!probe || probe.lead === lead || probe.until <= now);
}

const NONE: HealthCounts = { asks: 0, askFailures: 0, posts: 0, postFailures: 0 };

/** The beginning of five seconds, as ISO 8601 writes it. */
function spanOf(at: number): string {
  return new Date(Math.floor(at / SPAN_MS) * SPAN_MS).toISOString();
}
