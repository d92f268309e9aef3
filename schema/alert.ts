import { z } from 'zod';
import { channelId } from './ids.ts';

/** What a campaign can be watched for. */
export const ALERT_CONDITIONS = [
  'no_sale_rate',
  'delivery_failure_rate',
  'latency',
  'unknown_posts',
  'cap_reached',
  'buyer_out',
  'endpoint_disabled',
  'ledger_check',
  'queue_waiting',
] as const;
export type AlertCondition = (typeof ALERT_CONDITIONS)[number];

/** One thing that a campaign is watched for, and who is told. */
export const alertSchema = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,39}$/, 'must be lower case letters, digits, _ and -, starting with a letter')
    .optional()
    .describe('Name of the alert, unique in the campaign. Default what `when` says'),
  when: z.enum(ALERT_CONDITIONS),
  above: z
    .number()
    .gt(0)
    .max(1_000_000_000)
    .optional()
    .describe(
      'Fires at this or more. Rates: from 0 to 1. latency: milliseconds. unknown_posts: posts, default 1. cap_reached: part of the maximum, default 1. ledger_check: differences, default 1. queue_waiting: minutes, default 15',
    ),
  over: z.int().min(1).max(1440).optional().describe('Minutes that are looked back on. Default 60'),
  min: z
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe('Of rates and latency: leads or posts that it takes, fewer say nothing. Default 20'),
  to: z.array(channelId).min(1).max(20).describe('Channels that are told'),
});
export type Alert = z.infer<typeof alertSchema>;

export const CHANNEL_KINDS = ['email', 'slack', 'webhook'] as const;
export type ChannelKind = (typeof CHANNEL_KINDS)[number];

const secretName = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/i);

/** Where alerts of any campaign can be sent. */
export const alertChannelSchema = z.strictObject({
  id: channelId,
  kind: z.enum(CHANNEL_KINDS),
  to: z.array(z.email()).min(1).max(20).optional().describe('email: who gets it'),
  url: z
    .string()
    .min(1)
    .max(2000)
    .optional()
    .describe('slack, webhook: the address; {{secrets.<name>}} stands for a credential'),
  secrets: z
    .array(secretName)
    .max(20)
    .optional()
    .describe('Names of credentials in the address; values are set apart (leadwire secret set alert/<id>)'),
  sign: z
    .array(secretName)
    .min(1)
    .max(2)
    .optional()
    .describe('webhook: names of the secrets it is signed with; two while one is replaced'),
});
export type AlertChannel = z.infer<typeof alertChannelSchema>;
