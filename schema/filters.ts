import { z } from 'zod';
import { sourceId } from './ids.ts';

/** A JSON-Logic expression; its operators, depth and size are checked when it is saved. */
export const logicSchema = z.union([z.record(z.string(), z.json()), z.boolean()]).describe('JSON-Logic');
export type Logic = z.infer<typeof logicSchema>;

/** What a rule does with a lead. Amounts are in the currency of the campaign. */
export const ruleActionsSchema = z.strictObject({
  skip: z.literal(true).optional().describe('The lead does not go there; nothing after this step counts'),
  send: z.literal(true).optional().describe('The lead may go there; nothing after this step counts'),
  price: z.number().positive().optional().describe('Price of a buyer without a ping, in place of its own'),
  multiply: z
    .number()
    .positive()
    .max(100)
    .optional()
    .describe('Ranks its bids as if they were this many times as high'),
  add: z.number().min(-100_000).max(100_000).optional().describe('Ranks its bids as if they were this much higher'),
  priority: z.int().min(1).max(1000).optional().describe('In place of its own'),
  tag: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'must be lower case letters, digits, _ and -')
    .optional()
    .describe('Goes on the record, and to mappings in lead.tags'),
});
export type RuleActions = z.infer<typeof ruleActionsSchema>;

export const ruleStepSchema = z.strictObject({
  if: logicSchema.optional().describe('JSON-Logic. Default: in any case'),
  then: ruleActionsSchema,
});
export type RuleStep = z.infer<typeof ruleStepSchema>;

/** A condition for getting a lead, or steps that are gone through in order. */
export const ruleBodySchema = z.union([logicSchema, z.array(ruleStepSchema).min(1).max(50)]);
export type RuleBody = z.infer<typeof ruleBodySchema>;

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Day = (typeof DAYS)[number];
const daysSchema = z.union([
  z.string().regex(/^(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?$/),
  z.array(z.enum(DAYS)).min(1),
]);
export type Days = z.infer<typeof daysSchema>;

export const CAP_PERIODS = ['hour', 'day', 'week', 'month', 'total'] as const;
export type CapPeriod = (typeof CAP_PERIODS)[number];

const counted = {
  count: z.enum(['accepted', 'sent']).describe('What is counted: leads accepted, or leads sent'),
  max: z.int().min(1),
};
const budget = { revenue: z.number().positive().describe('Budget in the currency of the campaign') };
const window = {
  per: z.enum(CAP_PERIODS),
  on: daysSchema
    .optional()
    .describe('Holds on these weekdays only (per hour or day), in place of caps that name none. Default every day'),
};
const fromSource = {
  source: z
    .union([sourceId, z.literal('each')])
    .optional()
    .describe("Counts this source's leads only, or those of each source for themselves. Default all leads together"),
};

/** A cap on what an integration or a buyer gets. */
export const capSchema = z.union([
  z.strictObject({ ...counted, ...window, ...fromSource }),
  z.strictObject({ ...budget, ...window, ...fromSource }),
]);
export type Cap = z.infer<typeof capSchema>;

/** A cap on what is sold of a source's leads. */
export const sourceCapSchema = z.union([
  z.strictObject({ ...counted, ...window }),
  z.strictObject({ ...budget, ...window }),
]);

/** A cap on each opening of a slot. */
export const slotCapSchema = z.union([z.strictObject(counted), z.strictObject(budget)]);
export type SlotCap = z.infer<typeof slotCapSchema>;

/** Requests that an integration may be sent before a lead is sold: pings, checks and enrichments. */
export const pingRateSchema = z
  .strictObject({
    perSecond: z.int().min(1).max(100_000).optional(),
    perMinute: z.int().min(1).max(1_000_000).optional(),
  })
  .refine(({ perSecond, perMinute }) => perSecond !== undefined || perMinute !== undefined, 'must say how many');
export type PingRate = z.infer<typeof pingRateSchema>;

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'must look like 08:30');

export const slotSchema = z.strictObject({
  days: daysSchema.describe('A day, a range such as mon-fri, or a list of days'),
  from: clock.describe('Start, inclusive'),
  to: clock.describe('End, exclusive; before `from` means over midnight'),
  timezone: z.string().optional().describe('IANA name; default the timezone of the campaign'),
  clock: z
    .enum(['campaign', 'lead'])
    .optional()
    .describe("Whose wall clock: the campaign's (or that of `timezone`), or the consumer's. Default campaign"),
  caps: z.array(slotCapSchema).min(1).max(3).optional().describe('What each opening of the slot takes'),
  price: z.number().positive().optional().describe('Price of a buyer without a ping while the slot is open'),
});
export type Slot = z.infer<typeof slotSchema>;

export const HOLIDAYS = [
  ...(['us_federal', 'new_year', 'mlk_day', 'presidents_day', 'memorial_day', 'juneteenth'] as const),
  ...(['independence_day', 'labor_day', 'columbus_day', 'veterans_day', 'thanksgiving', 'christmas'] as const),
] as const;
export type HolidayName = (typeof HOLIDAYS)[number];

export const holidaysSchema = z
  .array(
    z.union([
      z.enum(HOLIDAYS),
      z
        .string()
        .regex(/^(\d{4}-)?\d{2}-\d{2}$/, 'must be a date, 2026-12-24 or every year 12-24, or the name of a holiday'),
    ]),
  )
  .max(400);
export type Holidays = z.infer<typeof holidaysSchema>;

const places = z.strictObject({
  states: z.array(z.string().regex(/^[A-Z]{2}$/)).optional(),
  zips: z.array(z.string().regex(/^\d{5}$/)).optional(),
  zipPrefixes: z.array(z.string().regex(/^\d{1,4}$/)).optional(),
  counties: z
    .array(z.string().regex(/^[A-Z]{2}\/\S.{0,60}$/, 'must look like CA/Los Angeles'))
    .optional()
    .describe('State and county; a ZIP code is in the county of its middle'),
  within: z
    .array(z.strictObject({ miles: z.number().positive().max(5000), of: z.string().regex(/^\d{5}$/) }))
    .max(100)
    .optional()
    .describe('So many miles around a ZIP code, from middle to middle'),
});
export const geoSchema = z.strictObject({
  include: places.optional().describe('The lead must be in one of these places'),
  exclude: places.optional().describe('The lead must be in none of these places; wins over include'),
});
export type Geo = z.infer<typeof geoSchema>;
