import { z } from 'zod';
import type { ErrorCode } from '../../errors/registry.ts';
import { trackingJsonSchema } from '../../rules/fields/json-schema.ts';
import type { JsonSchema, OperationSpec } from './operation.ts';

/** A lead of the sample campaign; which fields another one has, its posting instructions say. */
export const EXAMPLE_LEAD = {
  zip: '10001',
  first_name: 'Ada',
  last_name: 'Lovelace',
  email: 'ada@example.com',
  phone: '212-555-0198',
  sub1: 'newsletter',
  utm_source: 'google',
};

/**
 * A body that carries a lead: the tracking fields, described by the definitions that read them, members of its own, and
 * any field of the campaign.
 */
export function leadBody(own: z.ZodObject, example: JsonSchema = EXAMPLE_LEAD): NonNullable<OperationSpec['body']> {
  const tracking = trackingJsonSchema();
  const { properties, required = [] } = z.toJSONSchema(own, { io: 'input' });
  return {
    description: 'Fields of the campaign, as its posting instructions list them, and tracking fields.',
    schema: {
      ...tracking,
      properties: { ...properties, ...(tracking['properties'] as JsonSchema) },
      required,
      examples: [example],
    },
  };
}

/** The source that a seller's key posts for, where it is good for several. */
export const pid = z.string().optional().describe('One of your sources. Default: the source of the key');

/** What may be wrong with a submission before anything about its lead is decided. */
export const SUBMISSION_ERRORS = [
  'unknown_campaign',
  'campaign_paused',
  'campaign_not_allowed',
  'source_inactive',
  'source_not_allowed',
  'source_required',
  'invalid_fields',
  'invalid_idempotency_key',
  'idempotency_key_reused',
  'idempotency_in_flight',
] as const satisfies readonly ErrorCode[];

/** The header under which a request may be sent again. */
export const idempotencyHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[!-~]{1,255}$/)
    .optional()
    .describe('Of your choosing, one for each lead: the same request may then be sent again and makes one lead'),
});
