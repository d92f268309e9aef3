import type { Geo, Holidays, Slot } from '../schema/filters.ts';
import type { EligibilityFacts, EligibilityInput, EligibilityReason } from './eligibility.ts';
import { capLeadOf, checkEligibility } from './eligibility.ts';
import type { RuleEffects } from './decision.ts';
import { inArea } from './geo.ts';
import { sayDecision } from './explain-rule.ts';
import { availableOf } from './billing.ts';
import { formatPrice, toDecimal } from './money.ts';
import type { RateUse } from './rate-window.ts';
import type { Opening } from './schedule.ts';

export const CHECKS = [
  'status',
  'test_endpoint',
  'schedule',
  'geo',
  'lists',
  'rule',
  'duplicates',
  'caps',
  'health',
  'credit',
  'ping_rate',
] as const;

/** One check of a lead for an integration: whether it passes, in words, and what it went by. */
export interface Check {
  check: (typeof CHECKS)[number];
  pass: boolean;
  says: string;
  saw: Readonly<Record<string, unknown>>;
}

export interface Explanation {
  eligible: boolean;
  /** The first "no", as the record of an auction has it. */
  reason?: EligibilityReason | 'ping_rate';
  /** What became of the lead here, and why, in a sentence. */
  says: string;
  effects?: RuleEffects;
  /** Every check that there is for this integration, also those after the first "no". */
  checks: Check[];
}

/** The parts of an integration as they were written. */
export interface Written {
  schedule?: readonly Slot[] | undefined;
  holidays?: Holidays | undefined;
  geo?: Geo | undefined;
}

/**
 * Goes on after the first "no", where `checkEligibility` stops, and says what each check saw. `rates` is how often an
 * integration was asked that would be asked about this lead, where that is limited.
 */
export function explainEligibility(
  written: Written,
  input: EligibilityInput,
  facts: EligibilityFacts,
  rates: readonly RateUse[] = [],
): Explanation {
  const checked = checkEligibility(input, facts);
  const limited = rates.some(isUsedUp);
  const verdict = checked.eligible && limited ? ({ eligible: false, reason: 'ping_rate' } as const) : checked;
  const checks = [
    statusCheck(input),
    ...(facts.sandbox ? [testCheck(input)] : []),
    ...(written.schedule?.length || written.holidays?.length
      ? [scheduleCheck(written.schedule ?? [], input, facts)]
      : []),
    ...(written.geo ? [geoCheck(written.geo, input, facts)] : []),
    ...listChecks(input, facts),
    ...ruleChecks(input, facts),
    ...(facts.sandbox
      ? []
      : [
          ...duplicateCheck(input, facts),
          ...capChecks(input, facts),
          healthCheck(input, facts),
          ...creditChecks(input, facts),
        ]),
    ...rates.map(rateCheck),
  ];
  const first = checks.find(({ pass }) => !pass);
  const says = verdict.eligible ? 'Gets this lead.' : `Does not get this lead: ${first?.says ?? verdict.reason}.`;
  return {
    eligible: verdict.eligible,
    ...(verdict.eligible ? {} : { reason: verdict.reason }),
    says,
    ...(verdict.eligible && verdict.effects ? { effects: verdict.effects } : {}),
    checks,
  };
}

function statusCheck({ paused = false, buyerPaused = false, blocked }: EligibilityInput): Check {
  if (blocked && !paused && !buyerPaused) {
    const { connector, why } = blocked;
    return { check: 'status', pass: false, says: `its connector ${connector} is blocked: ${why}`, saw: { connector } };
  }
  const says = paused ? 'it is paused' : buyerPaused ? 'its buyer is paused' : 'it is active, and so is its buyer';
  return { check: 'status', pass: !paused && !buyerPaused, says, saw: { paused, buyer_paused: buyerPaused } };
}

function testCheck({ hasTestEndpoint }: EligibilityInput): Check {
  const says = hasTestEndpoint ? 'it has a test address' : 'this is a sandbox lead, and it has no test address';
  return { check: 'test_endpoint', pass: hasTestEndpoint, says, saw: { test_endpoint: hasTestEndpoint } };
}

function scheduleCheck(slots: readonly Slot[], { filters }: EligibilityInput, { at, data }: EligibilityFacts): Check {
  const zone = () => data.facts.timezone;
  const pass = filters.schedule.isOpen(at, zone);
  const hours = slots.map(({ days, from, to, timezone, clock }) =>
    [Array.isArray(days) ? days.join(' ') : days, `${from}-${to}`, timezone, clock === 'lead' && "consumer's time"]
      .filter(Boolean)
      .join(' '),
  );
  const { day, time } = data.now;
  const saw = { day, time, open: hours, ...localTime(slots, data), ...slotOf(filters.schedule.openingAt(at, zone)) };
  const holiday = pass ? undefined : filters.schedule.holidayAt(at, zone);
  if (holiday !== undefined) {
    return { check: 'schedule', pass, says: `it is closed on the holiday ${holiday}`, saw: { ...saw, holiday } };
  }
  if (hours.length === 0) return { check: 'schedule', pass, says: 'it is no holiday', saw };
  const now = [`${day} ${time} in the campaign's time`, ...consumerTime(slots, data)].join(', ');
  const says = `it is ${now}, and it ${pass ? 'is open' : 'is open only'} ${hours.join(', ')}`;
  return { check: 'schedule', pass, says, saw };
}

function consumerTime(slots: readonly Slot[], { facts }: EligibilityFacts['data']): string[] {
  if (!slots.some(({ clock }) => clock === 'lead')) return [];
  if (facts.timezone === null) return ["the consumer's time is not known"];
  return [`${facts.local_day} ${facts.local_time} in the consumer's`];
}

function localTime(slots: readonly Slot[], { facts }: EligibilityFacts['data']): Record<string, unknown> {
  if (!slots.some(({ clock }) => clock === 'lead')) return {};
  return { timezone: facts.timezone, local_day: facts.local_day, local_time: facts.local_time };
}

/** The slot that counts, and its price. */
function slotOf(opening: Opening | undefined): Record<string, unknown> {
  if (!opening) return {};
  return { slot: opening.slot, ...(opening.price === undefined ? {} : { price: toDecimal(opening.price) }) };
}

function geoCheck(geo: Geo, { filters }: EligibilityInput, { place }: EligibilityFacts): Check {
  const { state = null, zip = null, county = null } = place;
  const answer = filters.geo ? inArea(filters.geo, place) : { pass: true, reason: undefined };
  const where = placeText(place);
  const lead = where === '' ? 'the lead does not say where it is' : `the lead is from ${where}`;
  const saw = { state, zip, county, ...distancesTo(geo, place) };
  if (answer.pass) return { check: 'geo', pass: true, says: `${lead}, inside its area`, saw };
  const why = {
    geo_excluded: `and it takes none from ${areaText(geo.exclude, place)}`,
    geo_unknown: 'which does not tell whether that is inside its area',
    geo_state: `and it takes only leads from ${areaText(geo.include, place)}`,
    geo_county: `and it takes only leads from ${areaText(geo.include, place)}`,
    geo_zip: `and it takes only leads from ${areaText(geo.include, place)}`,
    geo_radius: `and it takes only leads from ${areaText(geo.include, place)}`,
  }[answer.reason ?? 'geo_unknown'];
  return { check: 'geo', pass: false, says: `${lead}, ${why}`, saw };
}

/** `NV, ZIP code 94105 (San Francisco, CA)`; the state where the ZIP code does not say it. */
function placeText({ state, zip, county }: EligibilityFacts['place']): string {
  const [zipState, name] = county?.split('/') ?? [];
  const code = zip && (name ? `ZIP code ${zip} (${name}, ${zipState})` : `ZIP code ${zip}`);
  return [state === zipState ? undefined : state, code].filter(Boolean).join(', ');
}

function areaText(
  { states, counties, zips, zipPrefixes, within }: NonNullable<Geo['include']> = {},
  { milesFrom }: EligibilityFacts['place'],
): string {
  const list = (values: readonly string[]) =>
    values.length > 8 ? `${values.slice(0, 8).join(', ')} and ${values.length - 8} more` : values.join(', ');
  return [
    states?.length ? list(states) : '',
    counties?.length ? list(counties) : '',
    zips?.length ? `ZIP codes ${list(zips)}` : '',
    zipPrefixes?.length ? `ZIP codes that begin with ${list(zipPrefixes)}` : '',
    ...(within ?? []).map(({ miles, of }) => {
      const away = round(milesFrom?.(of));
      return `up to ${miles} miles from ${of}${away === null ? '' : ` (this one is ${away} away)`}`;
    }),
  ]
    .filter((part) => part !== '')
    .join(', or ');
}

function distancesTo({ include, exclude }: Geo, { milesFrom }: EligibilityFacts['place']): Record<string, unknown> {
  const circles = [...(include?.within ?? []), ...(exclude?.within ?? [])];
  if (circles.length === 0) return {};
  const miles = circles.map(({ of }) => [of, round(milesFrom?.(of))]);
  return { miles_from: Object.fromEntries(miles) as unknown };
}

function round(miles: number | undefined): number | null {
  return miles === undefined ? null : Math.round(miles * 10) / 10;
}

function listChecks({ filters }: EligibilityInput, { hasList }: EligibilityFacts): Check[] {
  return [...new Set(filters.rule?.lists.map(({ list }) => list))].map((list) => {
    const pass = hasList(list);
    const says = pass ? `the list ${list} is there` : `its rule asks the list ${list}, which was never imported`;
    return { check: 'lists', pass, says, saw: { list, imported: pass } };
  });
}

function ruleChecks({ filters }: EligibilityInput, { data, hasList }: EligibilityFacts): Check[] {
  const { rule } = filters;
  if (!rule || !rule.lists.every(({ list }) => hasList(list))) return [];
  return [{ check: 'rule', ...sayDecision(rule, data) }];
}

function duplicateCheck({ filters }: EligibilityInput, { hadBefore }: EligibilityFacts): Check[] {
  if (filters.buyer === undefined || hadBefore === undefined) return [];
  const pass = !hadBefore.has(filters.buyer);
  const says = pass ? 'its buyer has not had this lead' : 'its buyer has had the same lead before';
  return [{ check: 'duplicates', pass, says, saw: { had_before: !pass } }];
}

const OWNERS = { buyer: "its buyer's cap", source: "the source's cap" };

function capChecks({ filters }: EligibilityInput, { at, data, counters }: EligibilityFacts): Check[] {
  return filters.capWindows(at, capLeadOf(data)).map(({ id, kind, per, max, of, source }) => {
    const count = counters.get(id) ?? 0;
    const [so, most] = kind === 'revenue' ? [formatPrice(count), formatPrice(max)] : [count, max];
    const span =
      per === 'total' ? 'in all' : per === 'slot' ? 'in this slot' : `this ${per}`.replace('this day', 'today');
    const from = source === undefined ? '' : ' from this source';
    const whose = of === undefined ? 'its cap' : OWNERS[of];
    const says = `${so} of ${most} ${kind === 'revenue' ? 'spent' : kind} ${span}${from}${count < max ? '' : `, ${whose} is full`}`;
    return { check: 'caps', pass: count < max, says, saw: { window: id, count, max } };
  });
}

function healthCheck({ filters }: EligibilityInput, { isHealthy }: EligibilityFacts): Check {
  const pass = isHealthy(filters.id);
  const says = pass ? 'it answers as it should' : 'it was taken out for a while after too many errors';
  return { check: 'health', pass, says, saw: { healthy: pass } };
}

function creditChecks({ credit }: EligibilityInput, { counters }: EligibilityFacts): Check[] {
  if (!credit) return [];
  const available = availableOf(credit, counters);
  const pass = available >= credit.least;
  const says = `its buyer has ${formatPrice(available)} of credit left${pass ? '' : `, and a lead costs at least ${formatPrice(credit.least)}`}`;
  return [{ check: 'credit', pass, says, saw: { available, least: credit.least } }];
}

function isUsedUp({ policy, used }: RateUse): boolean {
  return used >= policy.limit;
}

function rateCheck(use: RateUse): Check {
  const { policy, used } = use;
  const { limit, windowMs } = policy;
  const pass = !isUsedUp(use);
  const span = windowMs === 1_000 ? 'second' : 'minute';
  const says = `asked ${used} of ${limit} times this ${span}${pass ? '' : ', which is as often as it may be'}`;
  return { check: 'ping_rate', pass, says, saw: { used, limit, seconds: windowMs / 1_000 } };
}
