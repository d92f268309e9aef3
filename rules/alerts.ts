import type { AlertCondition } from '../schema/alert.ts';

/** An alert of a campaign with every default filled in. */
export interface ResolvedAlert {
  id: string;
  when: AlertCondition;
  /** It fires at this or more: a part of 1, milliseconds, minutes, or a number of posts or differences. */
  above: number;
  overMinutes: number;
  /** Leads or posts that it takes. */
  least: number;
  /** Ids of the channels that are told. */
  to: readonly string[];
}

/** How what an alert is about stands now. */
export interface Reading {
  /** What of the campaign it is about, such as an integration; absent: all of it. */
  subject?: string;
  /** In the unit of `above`. */
  value: number;
  /** Leads, posts or rows behind it, or the maximum of a cap. */
  of?: number;
}

/** Conditions that a few leads or posts say nothing about. */
const NEEDS_MANY: ReadonlySet<AlertCondition> = new Set(['no_sale_rate', 'delivery_failure_rate', 'latency']);
/** Conditions that say how things stand, over no time. */
export const STANDING: ReadonlySet<AlertCondition> = new Set([
  ...(['cap_reached', 'buyer_out', 'endpoint_disabled'] as const),
  ...(['ledger_check', 'queue_waiting'] as const),
]);
/** Conditions that are so or not: there is no threshold to say. */
export const WITHOUT_THRESHOLD: ReadonlySet<AlertCondition> = new Set(['buyer_out', 'endpoint_disabled']);
/** Conditions whose threshold has to be said. */
export const NEEDS_THRESHOLD = NEEDS_MANY;

/** Whether an alert fires at this reading; undefined when there is too little to tell: it stays as it is. */
export function fires({ when, above, least }: ResolvedAlert, { value, of = 0 }: Reading): boolean | undefined {
  if (NEEDS_MANY.has(when) && of < least) return undefined;
  return value >= above;
}

/** How often a value was seen: value → times. */
export type Histogram = ReadonlyMap<number, number>;

/** The smallest value that at least this part (0 to 1) of all seen does not exceed; undefined when none was seen. */
export function percentile(seen: Histogram, part: number): number | undefined {
  const total = [...seen.values()].reduce((sum, times) => sum + times, 0);
  let so = 0;
  for (const [value, times] of [...seen].sort(([one], [other]) => one - other)) {
    so += times;
    if (so >= total * part && times > 0) return value;
  }
  return undefined;
}

/** One turn of an alert: it began to fire, or recovered. */
export interface Turn {
  campaign: string;
  alert: ResolvedAlert;
  subject?: string | undefined;
  state: 'firing' | 'ok';
  value: number;
  of?: number | undefined;
  /** How long it had been firing, when it recovered. */
  firedForMs?: number | undefined;
}

/** The turn as a line for people: ids and figures only. */
export function describeTurn(turn: Turn): string {
  const { campaign, alert, subject, state, firedForMs = 0 } = turn;
  const mark = state === 'firing' ? 'FIRING' : 'RECOVERED';
  const after = state === 'ok' ? `, after ${Math.max(1, Math.round(firedForMs / 60_000))} min` : '';
  return `[${mark}] ${[campaign, alert.id, subject].filter(Boolean).join(' ')}: ${WORDS[alert.when](turn)}${after}`;
}

const WORDS: Record<AlertCondition, (turn: Turn) => string> = {
  no_sale_rate: ({ value, of, alert }) =>
    `${percent(value)} of ${of} leads in ${alert.overMinutes} min were not sold (limit ${percent(alert.above)})`,
  delivery_failure_rate: ({ value, of, alert }) =>
    `${percent(value)} of ${of} posts in ${alert.overMinutes} min failed (limit ${percent(alert.above)})`,
  latency: ({ value, of, alert }) =>
    `p95 of ${of} answers in ${alert.overMinutes} min is ${value} ms (limit ${alert.above} ms)`,
  unknown_posts: ({ value, alert }) =>
    `${value} posts of the last ${alert.overMinutes} min have no clear answer (limit ${alert.above})`,
  cap_reached: ({ value, of, alert }) => `${percent(value)} of ${of} are taken (limit ${percent(alert.above)})`,
  buyer_out: ({ state }) => (state === 'firing' ? 'is not asked for now: too many faults' : 'is asked again'),
  endpoint_disabled: ({ state }) => (state === 'firing' ? 'is switched off' : 'is on again, or gone'),
  ledger_check: ({ value, of, alert }) =>
    `${value} things in the ledger do not add up, over ${of} sales (limit ${alert.above})`,
  queue_waiting: ({ state, value, of, alert }) =>
    state === 'firing'
      ? `${of} wait to be started, the oldest for ${value} min (limit ${alert.above} min)`
      : 'nothing waits that long any more',
};

/** 0.625 as `62.5%` */
function percent(part: number): string {
  return `${Math.round(part * 1000) / 10}%`;
}
