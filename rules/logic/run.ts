import jsonLogic from 'json-logic-js';
import type { Places } from '../geo/places.ts';
import type { RuleFacts } from './facts.ts';
import type { RuleNow } from './now.ts';

/** An integration as rules see it, its recent figures among it. Null: too little happened to tell. */
export interface RuleIntegration {
  id: string;
  /** Part of its answered posts that it accepted, 0 to 1. */
  acceptance: number | null;
  /** In the currency of the campaign. */
  average_bid: number | null;
  /** Mean time of its answers to pings, in milliseconds. */
  response_ms: number | null;
  /** Mean time until its postback says what became of a post, in hours. */
  postback_hours: number | null;
  /** When its buyer pays, as configured. */
  days_to_pay: number | null;
}

/** What a rule sees. */
export interface RuleData {
  lead: Readonly<Record<string, unknown>>;
  source: Readonly<Record<string, unknown>>;
  campaign: Readonly<Record<string, unknown>>;
  /** On the campaign's wall clock. */
  now: RuleNow;
  facts: RuleFacts;
  integration: RuleIntegration;
  /** For operators, not for variables: whether a list has a value. Asked for beforehand. */
  inList: (list: string, value: unknown) => boolean;
  places: Places;
}

const DAY_MS = 86_400_000;

// What an operator gets as `this` is the data; `ofLead` keeps them out of loops, where it would be an item.
jsonLogic.add_operation('in_list', function (this: RuleData, value: unknown, list: string) {
  return this.inList(list, value);
});
jsonLogic.add_operation('matches', (text: unknown, matches: (text: unknown) => boolean) => matches(text));
jsonLogic.add_operation('days_since', function (this: RuleData, date: unknown) {
  return daysBetween(date, this.now.date);
});
jsonLogic.add_operation('within_miles', function (this: RuleData, zip: unknown, centre: string, miles: number) {
  const distance = typeof zip === 'string' ? this.places.miles(zip, centre) : undefined;
  return distance !== undefined && distance <= miles;
});

/** Days of the calendar. NaN, which no comparison holds for, where there is no date. */
function daysBetween(date: unknown, today: string): number {
  const day = typeof date === 'string' ? /^\d{4}-\d{2}-\d{2}/.exec(date)?.[0] : undefined;
  return day === undefined ? NaN : (Date.parse(today) - Date.parse(day)) / DAY_MS;
}

/** Evaluates what `compileLogic` prepared. */
export function applyLogic(logic: unknown, data: RuleData): unknown {
  return jsonLogic.apply(logic as never, data);
}
