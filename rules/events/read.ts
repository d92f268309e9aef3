import type { FieldSet } from '../fields.ts';
import type { FieldValue } from '../fields/reading.ts';
import { parsePrice, type Micros } from '../money.ts';
import { TRACKING_FIELDS } from '../tracking.ts';
import { readConversionDate } from './conversion-date.ts';
import { isEventParameter, isGiven } from './parameters.ts';

type Values = Record<string, FieldValue>;

/** How an event is read in its campaign. */
export interface EventForm {
  conversion: boolean;
  /** The event's own fields. */
  fields: FieldSet;
  /** Those of the campaign's leads. */
  leadFields: FieldSet;
  timezone: string;
  /** It came in an address or a form, where everything is text. */
  textual: boolean;
}

/** What an event says beside what it is and whose. */
export interface EventContents {
  /** Of a conversion. */
  revenue?: Micros;
  conversionDate?: Date;
  fields: Values;
  /** What the lead is updated with; absent when nothing of it came. */
  updates?: { fields: Values; tracking: Values };
}

/** Names with what is wrong with them; messages never hold a value. */
export interface EventMistakes {
  missing: Record<string, string>;
  invalid: Record<string, string>;
}

/** Reads everything at once, so that one mistake does not hide the others. */
export function readEvent(
  body: Readonly<Record<string, unknown>>,
  form: EventForm,
  now: number,
): EventContents | EventMistakes {
  const others = Object.fromEntries(Object.entries(body).filter(([name]) => !isEventParameter(name)));
  const own = form.fields.normalise(others, 'post');
  // Nothing of a lead is required of an event: it was there before.
  const lead = form.leadFields.normalise(others, 'ping');
  const tracking = TRACKING_FIELDS.normalise(others, 'ping');
  const revenue = readRevenue(body, form);
  const date = readConversionDate(body['conversion_date'], body['conversion_timezone'], form.timezone, now);
  const missing = [...('missing' in revenue ? ['revenue'] : []), ...own.missing];
  const faults = [...own.invalid, ...lead.invalid, ...tracking.invalid];
  const invalid = {
    ...('invalid' in revenue ? revenue.invalid : {}),
    ...('invalid' in date ? date.invalid : {}),
    ...Object.fromEntries(faults.map(({ field, message }) => [field, message])),
  };
  if (missing.length > 0 || Object.keys(invalid).length > 0) {
    return { missing: Object.fromEntries(missing.map((name) => [name, 'is required'])), invalid };
  }
  const hasUpdates = Object.keys(lead.values).length + Object.keys(tracking.values).length > 0;
  return {
    ...('micros' in revenue && form.conversion ? { revenue: revenue.micros } : {}),
    ...('at' in date ? { conversionDate: date.at } : {}),
    fields: own.values,
    ...(hasUpdates ? { updates: { fields: lead.values, tracking: tracking.values } } : {}),
  };
}

type Revenue = { micros: Micros } | { missing: true } | { none: true } | { invalid: Record<string, string> };

/** `revenue`, or `amount`, which is the same. */
function readRevenue(body: Readonly<Record<string, unknown>>, { conversion, textual }: EventForm): Revenue {
  const given = (['revenue', 'amount'] as const).filter((name) => isGiven(body[name]));
  if (given.length === 0) return conversion ? { missing: true } : { none: true };
  const read = given.map((name) => ({ name, ...readAmount(body[name], textual) }));
  const faults = read.flatMap((one) => ('fault' in one ? [[one.name, one.fault] as const] : []));
  if (faults.length > 0) return { invalid: Object.fromEntries(faults) };
  const [first, second] = read.flatMap((one) => ('micros' in one ? [one.micros] : []));
  if (second !== undefined && second !== first) return { invalid: { amount: 'is not the same as revenue' } };
  return { micros: first ?? 0 };
}

const PLAIN_NUMBER = /^-?(?:\d+(?:\.\d*)?|\.\d+)$/;

function readAmount(value: unknown, textual: boolean): { micros: Micros } | { fault: string } {
  // In JSON a text is a mistake of the caller's, and "45,00" may be any amount.
  const isText = typeof value === 'string' && textual && PLAIN_NUMBER.test(value.trim());
  if (!isText && (typeof value !== 'number' || !Number.isFinite(value))) return { fault: 'is not a number' };
  if (Number(value) < 0) return { fault: 'is less than 0' };
  const micros = parsePrice(isText ? value.trim() : value);
  return micros === undefined ? { fault: 'is more than 1000000000' } : { micros };
}
