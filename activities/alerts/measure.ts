import type { CompiledCampaign, CompiledConfiguration } from '../../config/compile.ts';
import type { DeliveryRecord } from '../../models/delivery.ts';
import { untilAnswered } from '../../models/fence.ts';
import type { FollowUpRecord, FollowUpState } from '../../models/follow-up.ts';
import type { HealthRecord } from '../../models/health.ts';
import type { LeadRecord } from '../../models/lead.ts';
import { native } from '../../models/native.ts';
import { lastLedgerCheck } from '../../models/ledger-check.ts';
import type { OutboxRecord } from '../../models/outbox.ts';
import type { EndpointRecord } from '../../models/postback.ts';
import { percentile, type Reading, type ResolvedAlert } from '../../rules/alerts.ts';
import type { CapWindow } from '../../rules/caps.ts';
import type { DeliveryState } from '../../rules/delivery.ts';
import { toDecimal } from '../../rules/money.ts';
import type { Outcome } from '../../rules/outcome.ts';
import { transactionIdsFrom } from '../../rules/transaction-id.ts';
import type { AlertDeps } from './evaluate.ts';

const MINUTE_MS = 60_000;
/** Steps in which answers' times are counted. */
const STEP_MS = 10;
/** A lead that has no outcome by now kept its seller waiting for as long as any campaign lets it. */
const LATE_MS = 60_000;
/** Nobody waits for a reading for longer. */
const MAX_TIME_MS = 20_000;

interface Watched {
  campaign: CompiledCampaign;
  alert: ResolvedAlert;
}

/** Leads of one campaign, of one outcome, that were answered in about the same time. */
interface LeadCount {
  _id: { campaign: string; outcome: Outcome | null; steps: number | null; late: boolean };
  n: number;
}

interface DeliveryCount {
  _id: { campaign: string; state: DeliveryState; reason: string | null };
  n: number;
}

interface FollowUpCount {
  _id: { campaign: string; state: FollowUpState; reason: string | null };
  n: number;
}

/** How everything that is watched stands now, by `<campaign>:<alert>`. Live leads only. */
export async function measure(
  deps: AlertDeps,
  watched: readonly Watched[],
  now: Date,
): Promise<ReadonlyMap<string, readonly Reading[]>> {
  const counts = createCounts(deps, watched, now);
  const readings = new Map<string, readonly Reading[]>();
  for (const { campaign, alert } of watched) {
    readings.set(`${campaign.id}:${alert.id}`, await READERS[alert.when]({ deps, campaign, alert, counts, now }));
  }
  return readings;
}

interface Asked extends Watched {
  deps: AlertDeps;
  counts: ReturnType<typeof createCounts>;
  now: Date;
}

const READERS: Record<ResolvedAlert['when'], (asked: Asked) => Promise<Reading[]>> = {
  async no_sale_rate({ campaign, alert, counts }) {
    const leads = await counts.leads(alert.overMinutes, campaign.id);
    const of = (outcomes: readonly Outcome[]) =>
      total(leads.filter(({ _id: { outcome } }) => outcome !== null && outcomes.includes(outcome)));
    const unsold = of(['rejected', 'expired', 'held']);
    return [rate(unsold, unsold + of(['sold']))];
  },
  async latency({ campaign, alert, counts }) {
    const { deadlineMs } = campaign.settings;
    const seen = new Map<number, number>();
    for (const { _id, n } of await counts.leads(alert.overMinutes, campaign.id)) {
      // A lead that expired had its answer long before; the one that waits may yet be in time.
      if (_id.outcome === 'duplicate' || _id.outcome === 'expired') continue;
      if (_id.steps === null && !_id.late) continue;
      const ms = _id.steps === null ? deadlineMs : Math.min(_id.steps * STEP_MS, deadlineMs);
      seen.set(ms, (seen.get(ms) ?? 0) + n);
    }
    const of = [...seen.values()].reduce((sum, n) => sum + n, 0);
    return [{ value: percentile(seen, 0.95) ?? 0, of }];
  },
  async delivery_failure_rate({ campaign, alert, counts }) {
    const posts = await counts.deliveries(alert.overMinutes, campaign.id);
    const made = posts.filter(({ _id }) => isPost(_id));
    // Of what was tried: whatever a service has not taken, so far or for good.
    const tried = (await counts.followUps(alert.overMinutes, campaign.id)).filter(({ _id }) => isTried(_id));
    const failed = [
      ...made.filter(({ _id }) => isFailure(_id)),
      ...tried.filter(({ _id: { state } }) => state === 'failed' || state === 'open'),
    ];
    return [rate(total(failed), total([...made, ...tried]))];
  },
  async unknown_posts({ campaign, alert, counts }) {
    const posts = await counts.deliveries(alert.overMinutes, campaign.id);
    return [{ value: total(posts.filter(({ _id: { state } }) => state === 'unknown')) }];
  },
  async cap_reached({ deps, campaign, now }) {
    const windows = capWindowsOf(campaign, deps.config.current(), now);
    if (windows.length === 0) return [];
    const ids = windows.map(({ id }) => id);
    const found = await untilAnswered(() => deps.models.caps.find({ _id: { $in: ids } }, { n: 1 }).lean());
    const taken = new Map(found.map(({ _id, n }) => [_id, n]));
    return windows.map(({ id, kind, per, max }) => ({
      // The next window of a cap is the same subject, with its places free again.
      subject: id.slice(0, id.indexOf(`:${per}`) + per.length + 1),
      value: max === 0 ? 1 : (taken.get(id) ?? 0) / max,
      of: kind === 'revenue' ? toDecimal(max) : max,
    }));
  },
  async buyer_out({ deps, campaign }) {
    const own = [...campaign.integrations.keys()];
    const known = await untilAnswered(() =>
      native<HealthRecord>(deps.models.health)
        .find({ _id: { $in: own } })
        .toArray(),
    );
    // Half open it is still out, and tried with a lead now and then.
    return known.map(({ _id, state }) => ({ subject: _id, value: state === 'closed' ? 0 : 1 }));
  },
  async endpoint_disabled({ deps, campaign }) {
    const { endpoints, sources, campaigns } = deps.config.current();
    const off = await untilAnswered(() =>
      native<EndpointRecord>(deps.models.endpoints)
        .find({ disabledAt: { $exists: true } })
        .toArray(),
    );
    const isOff = new Set(off.map(({ _id, request }) => `${_id} ${request}`));
    const concerns = (id: string) => {
      const owner = id.slice(0, id.indexOf('/'));
      if (owner === 'alert') return false;
      if (campaigns.has(owner)) return owner === campaign.id;
      return sources.get(owner)?.campaigns?.includes(campaign.id) ?? true;
    };
    return [...endpoints.byId.values()]
      .filter(({ id, requestHash }) => concerns(id) && isOff.has(`${id} ${requestHash}`))
      .map(({ id }) => ({ subject: id, value: 1 }));
  },
  async ledger_check({ deps }) {
    const { findings = 0, sales = 0 } = (await lastLedgerCheck(deps.models.ledgerChecks)) ?? {};
    return [{ value: findings, of: sales }];
  },
  async queue_waiting({ deps, alert, now }) {
    const late = { at: { $lte: new Date(now.getTime() - alert.above * MINUTE_MS) } };
    const group = { _id: '$kind', oldest: { $min: '$at' }, n: { $sum: 1 } };
    const found = await untilAnswered(() =>
      native<OutboxRecord>(deps.models.outbox)
        .aggregate<{ _id: string; oldest: Date; n: number }>([{ $match: late }, { $group: group }], {
          maxTimeMS: MAX_TIME_MS,
        })
        .toArray(),
    );
    return found.map(({ _id: subject, oldest, n }) => ({
      subject,
      value: Math.floor((now.getTime() - oldest.getTime()) / MINUTE_MS),
      of: n,
    }));
  },
};

/** Every window that a lead of the campaign may count in now: its integrations', their buyers', its sources'. */
function capWindowsOf(campaign: CompiledCampaign, { sources }: CompiledConfiguration, now: Date): CapWindow[] {
  const leads = [...sources.values()]
    .filter(({ campaigns }) => campaigns?.includes(campaign.id) ?? true)
    .map(({ id }) => ({ source: id, zone: () => null }));
  const found = new Map<string, CapWindow>();
  for (const { filters } of campaign.integrations.values()) {
    for (const lead of [undefined, ...leads]) {
      for (const window of filters.capWindows(now, lead)) {
        const known = found.get(window.id);
        if (!known || window.max < known.max) found.set(window.id, window);
      }
    }
  }
  return [...found.values()];
}

/** Reasons for which a post was left out on purpose. */
const STOOD_BACK: ReadonlySet<string> = new Set([
  'paused',
  'connector_blocked',
  'cap_full',
  'unhealthy',
  'credit_exhausted',
  'duplicate_at_buyer',
]);
/** Reasons of a no that the buyer did not say. */
const FAULTS: ReadonlySet<string> = new Set(['buyer_error', 'not_sent', 'deadline_passed']);

function isPost({ state, reason }: DeliveryCount['_id']): boolean {
  if (state === 'reserving' || state === 'sending') return false;
  return state !== 'not_sent' || !STOOD_BACK.has(reason ?? '');
}

function isFailure({ state, reason }: DeliveryCount['_id']): boolean {
  if (state === 'unknown' || state === 'not_sent') return true;
  return state === 'rejected' && FAULTS.has(reason ?? '');
}

/** One that is under way for the first time says nothing yet. */
function isTried({ state, reason }: FollowUpCount['_id']): boolean {
  return state === 'done' || state === 'failed' || (state === 'open' && reason !== null);
}

function rate(part: number, of: number): Reading {
  return { value: of === 0 ? 0 : part / of, of };
}

function total(counts: readonly { n: number }[]): number {
  return counts.reduce((sum, { n }) => sum + n, 0);
}

/**
 * What the alerts have in common is counted once: by the server, over the range of ids that the minutes are. Leads'
 * ids begin with their time, and so do those of their deliveries.
 */
function createCounts({ models }: AlertDeps, watched: readonly Watched[], now: Date) {
  const campaigns = [...new Set(watched.map(({ campaign }) => campaign.id))];
  const recent = (minutes: number) => ({
    _id: { $gte: transactionIdsFrom(now.getTime() - minutes * MINUTE_MS) },
    campaign: { $in: campaigns },
    mode: 'live',
  });
  const options = { maxTimeMS: MAX_TIME_MS };
  const once = <Count extends { _id: { campaign: string } }>(count: (minutes: number) => Promise<Count[]>) => {
    const known = new Map<number, Promise<Count[]>>();
    return async (minutes: number, campaign: string) => {
      const counted = known.get(minutes) ?? count(minutes);
      known.set(minutes, counted);
      return (await counted).filter(({ _id }) => _id.campaign === campaign);
    };
  };
  const steps = { $ceil: { $divide: [{ $subtract: ['$concludedAt', '$receivedAt'] }, STEP_MS] } };
  const late = { $lt: ['$receivedAt', new Date(now.getTime() - LATE_MS)] };
  return {
    leads: once((minutes) => {
      const group = { _id: { campaign: '$campaign', outcome: '$outcome', steps, late }, n: { $sum: 1 } };
      const pipeline = [{ $match: recent(minutes) }, { $group: group }];
      return untilAnswered(() => native<LeadRecord>(models.leads).aggregate<LeadCount>(pipeline, options).toArray());
    }),
    followUps: once((minutes) => {
      const reason = { $ifNull: ['$reason', null] };
      const group = { _id: { campaign: '$campaign', state: '$state', reason }, n: { $sum: 1 } };
      const pipeline = [{ $match: { ...recent(minutes), attempts: { $gt: 0 } } }, { $group: group }];
      return untilAnswered(() =>
        native<FollowUpRecord>(models.followUps).aggregate<FollowUpCount>(pipeline, options).toArray(),
      );
    }),
    deliveries: once((minutes) => {
      const group = { _id: { campaign: '$campaign', state: '$state', reason: '$reason' }, n: { $sum: 1 } };
      const pipeline = [{ $match: recent(minutes) }, { $group: group }];
      return untilAnswered(() =>
        native<DeliveryRecord>(models.deliveries).aggregate<DeliveryCount>(pipeline, options).toArray(),
      );
    }),
  };
}
