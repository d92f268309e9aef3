import type { CompiledCampaign } from '../../config/compile.ts';
import type { AlertRecord } from '../../models/alert.ts';
import { insertFence, insertOnce, untilAnswered } from '../../models/fence.ts';
import { native } from '../../models/native.ts';
import { postbackRow, putRow } from '../../models/outbox.ts';
import { fires, type Reading, type ResolvedAlert } from '../../rules/alerts.ts';
import type { ActivityDeps } from '../deps.ts';
import type { AlertStep } from '../steps.ts';
import { measure } from './measure.ts';
import { turnPostback } from './message.ts';

export type AlertDeps = Pick<ActivityDeps, 'models' | 'config'>;

interface Watched {
  campaign: CompiledCampaign;
  alert: ResolvedAlert;
}

/**
 * Looks at every alert of every campaign once, and has the channels told of those that began to fire or recovered.
 * Who turns an alert over wins a compare-and-set, and what is sent has the same ids whoever sends it: evaluated twice at
 * the same time, or again after its node died, everything is told once.
 */
export async function evaluateAlerts(deps: AlertDeps, now = new Date()): Promise<AlertStep> {
  const watched = new Map<string, Watched>();
  for (const campaign of deps.config.current().campaigns.values()) {
    for (const alert of campaign.alerts) watched.set(`${campaign.id}:${alert.id}`, { campaign, alert });
  }
  const records = await allRecords(deps);
  if (watched.size === 0 && records.every(({ state, told }) => state === 'ok' && told)) return NOTHING;
  const known = new Map(records.map((record) => [record._id, record]));
  const step = { ...NOTHING, alerts: watched.size };
  const readings = await measure(deps, [...watched.values()], now);

  for (const [id, { campaign, alert }] of watched) {
    const seen = new Set<string>();
    for (const reading of readings.get(id) ?? []) {
      const _id = reading.subject === undefined ? id : `${id}:${reading.subject}`;
      seen.add(_id);
      const isFiring = fires(alert, reading);
      const record = known.get(_id);
      if (isFiring === true && record?.state !== 'firing') {
        if (await begin(deps, { _id, campaign: campaign.id, alert: alert.id }, record, reading, now)) step.fired++;
      } else if (isFiring === false && record?.state === 'firing') {
        if (await recover(deps, record, reading, now)) step.recovered++;
      }
    }
    for (const record of records) {
      // What it was about is no longer there: another window of the cap, an integration that was removed.
      const isOwn = record.campaign === campaign.id && record.alert === alert.id;
      if (!isOwn || record.subject === undefined || record.state !== 'firing' || seen.has(record._id)) continue;
      if (await recover(deps, record, { value: 0, of: record.of }, now)) step.recovered++;
    }
  }
  await forgetUnwatched(deps, records, watched, now);
  await tellAll(deps, watched);
  return step;
}

const NOTHING: AlertStep = { alerts: 0, fired: 0, recovered: 0 };

function allRecords({ models }: AlertDeps): Promise<AlertRecord[]> {
  return untilAnswered(() => native<AlertRecord>(models.alerts).find().toArray());
}

/** @returns whether it was this call that turned it over */
async function begin(
  { models }: AlertDeps,
  place: Pick<AlertRecord, '_id' | 'campaign' | 'alert'>,
  before: AlertRecord | undefined,
  { subject, value, of }: Reading,
  now: Date,
): Promise<boolean> {
  const seen = { value, ...(of === undefined ? {} : { of }) };
  if (!before) {
    const about = subject === undefined ? {} : { subject };
    const dates = { since: now, firedAt: now };
    const record: AlertRecord = { ...place, ...about, state: 'firing', episode: 1, ...dates, ...seen, told: false };
    return (await insertFence(models.alerts, record, () => false)).ours;
  }
  const change = {
    state: 'firing',
    since: now,
    firedAt: now,
    ...seen,
    told: false,
    episode: before.episode + 1,
  } as const;
  return turn(models, before, change);
}

function recover({ models }: AlertDeps, record: AlertRecord, { value, of }: Reading, now: Date): Promise<boolean> {
  const seen = { value, ...(of === undefined ? {} : { of }) };
  return turn(models, record, { state: 'ok', since: now, ...seen, told: false });
}

async function turn(
  { alerts }: AlertDeps['models'],
  { _id, state, episode }: AlertRecord,
  change: Partial<AlertRecord>,
): Promise<boolean> {
  const result = await untilAnswered(() =>
    native<AlertRecord>(alerts).updateOne({ _id, state, episode, told: true }, { $set: change }),
  );
  return result.modifiedCount > 0;
}

/** An alert that nobody is watching for any more ends without a word. */
async function forgetUnwatched(
  { models }: AlertDeps,
  records: readonly AlertRecord[],
  watched: ReadonlyMap<string, Watched>,
  now: Date,
): Promise<void> {
  for (const { _id, campaign, alert, state, told, episode } of records) {
    if (watched.has(`${campaign}:${alert}`) || (state === 'ok' && told)) continue;
    const end = { $set: { state: 'ok', since: now, told: true } } as const;
    await untilAnswered(() => native<AlertRecord>(models.alerts).updateOne({ _id, state, episode }, end));
  }
}

/** Puts what has not been told into the postbacks, for every channel; workflows of their own deliver it. */
async function tellAll({ models }: AlertDeps, watched: ReadonlyMap<string, Watched>): Promise<void> {
  const untold = await untilAnswered(() => native<AlertRecord>(models.alerts).find({ told: false }).toArray());
  for (const record of untold) {
    const alert = watched.get(`${record.campaign}:${record.alert}`)?.alert;
    if (!alert) continue;
    for (const channel of alert.to) {
      const postback = turnPostback(record, alert, channel);
      await insertOnce(models.postbacks, postback);
      await putRow(models.outbox, postbackRow(postback));
    }
    const { _id, state, episode } = record;
    await untilAnswered(() =>
      native<AlertRecord>(models.alerts).updateOne({ _id, state, episode }, { $set: { told: true } }),
    );
  }
}
