import type { FieldValue } from '../fields/reading.ts';
import type { Place } from '../geo.ts';
import { areaCodeOf } from '../geo/area-codes.ts';
import { zoneOfLead } from '../geo/lead-zone.ts';
import type { Places } from '../geo/places.ts';
import { createRuleNow, type RuleNow } from './now.ts';

/** What follows from a lead. Null: unknown. */
export interface RuleFacts {
  /** The lead's state, else that of its ZIP code. */
  readonly state: string | null;
  readonly zip_state: string | null;
  readonly county: string | null;
  /** The consumer's, by the ZIP code, else by the state, else by the area code. */
  readonly timezone: string | null;
  /** The consumer's wall clock. */
  readonly local_hour: number | null;
  /** hh:mm, 24 hours */
  readonly local_time: string | null;
  readonly local_day: string | null;
  /** Of a North American phone number. */
  readonly area_code: string | null;
  /** Whole minutes since the lead, or its ping, came in. */
  readonly age_minutes: number;
  /** What `tcpa_consent` says. */
  readonly consent: boolean | null;
  /** 0 to 100, of a campaign that says how to score. */
  readonly score: number | null;
}

export const FACT_NAMES: readonly (keyof RuleFacts)[] = [
  ...(['state', 'zip_state', 'county', 'timezone', 'local_hour', 'local_time', 'local_day'] as const),
  ...(['area_code', 'age_minutes', 'consent', 'score'] as const),
];

export interface FactsInput {
  at: Date;
  receivedAt: Date;
  /** As the lead's own fields tell it. */
  place: Pick<Place, 'state' | 'zip'>;
  /** E.164 */
  phone?: string;
  consent: FieldValue | undefined;
  score: () => number | null;
  places: Places;
  clockOf: (timezone: string) => (at: Date) => RuleNow;
}

/** Keeps the clocks of the time zones that leads are from: making one costs more than reading it. */
export function createClocks(): FactsInput['clockOf'] {
  const clocks = new Map<string, (at: Date) => RuleNow>();
  return (timezone) => {
    const clock = clocks.get(timezone) ?? createRuleNow(timezone);
    clocks.set(timezone, clock);
    return clock;
  };
}

/** The facts of a lead, each found out when a rule first asks for it. */
export function createRuleFacts(input: FactsInput): RuleFacts {
  const { at, receivedAt, place, phone, consent, score, places, clockOf } = input;
  const zipPlace = once(() => (place.zip === undefined ? undefined : places.find(place.zip)));
  const state = once(() => place.state ?? zipPlace()?.state ?? null);
  const timezone = once(() => zoneOfLead({ zip: place.zip, state: state() ?? undefined }, phone, places) ?? null);
  const local = once(() => {
    const zone = timezone();
    return zone === null ? undefined : clockOf(zone)(at);
  });
  return {
    get state() {
      return state();
    },
    get zip_state() {
      return zipPlace()?.state ?? null;
    },
    get county() {
      return zipPlace()?.county || null;
    },
    get timezone() {
      return timezone();
    },
    get local_hour() {
      return local()?.hour ?? null;
    },
    get local_time() {
      return local()?.time ?? null;
    },
    get local_day() {
      return local()?.day ?? null;
    },
    area_code: areaCodeOf(phone) ?? null,
    age_minutes: Math.max(0, Math.floor((at.getTime() - receivedAt.getTime()) / 60_000)),
    consent: typeof consent === 'boolean' ? consent : null,
    get score() {
      return score();
    },
  };
}

function once<Value>(find: () => Value): () => Value {
  let found: { value: Value } | undefined;
  return () => (found ??= { value: find() }).value;
}
