import { z } from 'zod';

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

export const CAP_PERIODS = ['hour', 'day', 'week', 'month', 'total'] as const;
export type CapPeriod = (typeof CAP_PERIODS)[number];

export const capSchema = z.union([
  z.strictObject({
    count: z.enum(['accepted', 'sent']).describe('What is counted: leads accepted, or leads sent'),
    max: z.int().min(1),
    per: z.enum(CAP_PERIODS),
  }),
  z.strictObject({
    revenue: z.number().positive().describe('Budget in the currency of the campaign'),
    per: z.enum(CAP_PERIODS),
  }),
]);
export type Cap = z.infer<typeof capSchema>;

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Day = (typeof DAYS)[number];
const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'must look like 08:30');

export const slotSchema = z.strictObject({
  days: z
    .union([
      z.string().regex(/^(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?$/),
      z.array(z.enum(DAYS)).min(1),
    ])
    .describe('A day, a range such as mon-fri, or a list of days'),
  from: clock.describe('Start, inclusive'),
  to: clock.describe('End, exclusive; before `from` means over midnight'),
  timezone: z.string().optional().describe('IANA name; default the timezone of the campaign'),
});
export type Slot = z.infer<typeof slotSchema>;

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
