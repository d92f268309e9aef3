import { weekdaysOf } from '../../rules/weekdays.ts';
import { isTimezone } from '../../rules/zone-clock.ts';
import { DAYS, type Cap, type SlotCap } from '../../schema/filters.ts';
import type { Integration, Moment } from '../../schema/integration.ts';
import { momentOf } from '../moment.ts';
import type { Draft, Entry, Readable } from './draft.ts';
import { checkAmount } from './filters.ts';
import { join, type Findings } from './issues.ts';

/** Caps of integrations, buyers and sources: that each counts something, can be reached, and lets something through. */
export function checkCaps(draft: Draft, findings: Findings): void {
  for (const { object, path, isNew } of draft.integrations) {
    if (isNew && object.caps) checkIntegrationCaps(object, object.caps, join(path, 'caps'), draft, findings);
  }
  for (const entry of draft.buyers) {
    if (!entry.isNew) continue;
    checkOwner(entry, campaignsOfBuyer(draft, entry.id), draft, findings);
    checkBuyerDedupe(entry, draft, findings);
  }
  for (const entry of draft.sources) {
    if (entry.isNew) checkOwner(entry, entry.object.campaigns ?? draft.campaigns.map(({ id }) => id), draft, findings);
  }
}

/** Who pays: buyers for leads, click networks for clicks. */
const EARNS: ReadonlySet<Moment> = new Set<Moment>(['buyer', 'listing']);

/** What a cap counts has to be there to be counted. */
export function checkCounted(cap: SlotCap, object: Readable<Integration>, path: string, findings: Findings): void {
  if (!('revenue' in cap)) return;
  checkAmount(cap.revenue, 1, join(path, 'revenue'), findings);
  if (object.category !== undefined && !EARNS.has(momentOf(object))) {
    findings.error(path, 'wrong_value', 'counts nothing: this integration pays for nothing');
  }
}

function checkIntegrationCaps(
  object: Readable<Integration>,
  caps: readonly Cap[],
  path: string,
  draft: Draft,
  findings: Findings,
) {
  checkList(caps, path, draft, findings);
  const { schedule } = object;
  const campaign = draft.campaigns.find(({ id }) => id === object.campaign)?.object;
  const least = object.ping ? campaign?.auction?.minPrice : object.price;
  caps.forEach((cap, at) => {
    const where = join(path, at);
    checkCounted(cap, object, where, findings);
    if ('revenue' in cap && least !== undefined && cap.revenue >= 0.000001 && cap.revenue < least) {
      findings.warn(where, 'never_matches', 'lets nothing through: one lead costs more');
    }
    // A slot over midnight ends on the day after.
    const open = new Set(
      schedule?.flatMap(({ days, from, to }) =>
        weekdaysOf(days).flatMap((day) => (to <= from ? [day, (day + 1) % 7] : [day])),
      ),
    );
    if (cap.on === undefined || !schedule?.length || weekdaysOf(cap.on).some((day) => open.has(day))) return;
    findings.warn(join(where, 'on'), 'unused', 'has no effect: the schedule is closed on these days');
  });
}

/** A buyer or a source. */
function checkOwner(
  { object, path }: Pick<Entry<{ caps?: readonly Cap[]; timezone?: string }>, 'object' | 'path'>,
  campaigns: readonly string[],
  draft: Draft,
  findings: Findings,
) {
  const { caps = [], timezone } = object as { caps?: readonly Cap[]; timezone?: string };
  if (timezone !== undefined && !isTimezone(timezone)) {
    findings.error(join(path, 'timezone'), 'unknown_timezone', `${timezone} is no IANA time zone`);
  }
  checkList(caps, join(path, 'caps'), draft, findings);
  caps.forEach((cap, at) => {
    if ('revenue' in cap) checkAmount(cap.revenue, 1, join(path, 'caps', at, 'revenue'), findings);
  });
  const zones = new Set(campaigns.map((wanted) => draft.campaigns.find(({ id }) => id === wanted)?.object.timezone));
  if (timezone === undefined && zones.size > 1 && caps.some(({ per }) => per !== 'total')) {
    const message = 'count by the clock of each campaign, and these differ: give it a timezone';
    findings.warn(join(path, 'caps'), 'several_timezones', message);
  }
}

function checkList(caps: readonly Cap[], path: string, draft: Draft, findings: Findings) {
  const lowest = new Map<string, { at: number; most: number }>();
  caps.forEach((cap, at) => {
    const where = join(path, at);
    if (cap.on !== undefined && cap.per !== 'hour' && cap.per !== 'day') {
      findings.error(join(where, 'on'), 'wrong_value', `goes with caps per hour or day, not per ${cap.per}`);
    }
    const { source } = cap;
    if (source !== undefined && source !== 'each' && !draft.sources.some(({ id }) => id === source)) {
      findings.error(join(where, 'source'), 'unknown_source', `no source has the id ${source}`);
    }
    const [kind, most] = 'revenue' in cap ? ['revenue', cap.revenue] : [cap.count, cap.max];
    for (const day of cap.on === undefined ? ['any'] : weekdaysOf(cap.on).map((weekday) => DAYS[weekday])) {
      const key = `${kind} ${cap.per} ${source} ${day}`;
      const other = lowest.get(key);
      if (other && most >= other.most) findings.warn(where, 'unused', `has no effect beside cap ${other.at}`);
      else if (other) findings.warn(join(path, other.at), 'unused', `has no effect beside cap ${at}`);
      if (!other || most < other.most) lowest.set(key, { at, most });
    }
  });
}

function campaignsOfBuyer(draft: Draft, buyer: string): string[] {
  return draft.integrations.flatMap(({ object }) =>
    object.buyer === buyer && object.campaign !== undefined ? [object.campaign] : [],
  );
}

/** A field that no campaign of the buyer has would never find a duplicate. */
function checkBuyerDedupe({ id, object, path }: Draft['buyers'][number], draft: Draft, findings: Findings) {
  const campaigns = campaignsOfBuyer(draft, id).map((wanted) => draft.campaigns.find((one) => one.id === wanted));
  const names = campaigns.map((campaign) => campaign?.object.fields?.map(({ name }) => name) ?? []);
  object.dedupe?.fields.forEach((name, at) => {
    if (names.length === 0 || names.every((fields) => fields.includes(name))) return;
    const where = join(path, 'dedupe', 'fields', at);
    const message = `has no effect in campaigns without a field ${name}`;
    if (names.some((fields) => fields.includes(name))) findings.warn(where, 'unknown_field', message);
    else findings.error(where, 'unknown_field', `no campaign of this buyer has a field ${name}`);
  });
}
