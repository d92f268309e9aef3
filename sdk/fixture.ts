import { z } from 'zod';
import { CONNECTOR_OPERATIONS } from '../schema/connector.ts';

const name = z.string().min(1);
const plain = z.record(name, z.json());

/**
 * One file of a connector's `test/exemplary/` or `test/supplemental/`: what an integration has filled in, what is known
 * when the operation runs, the request that must come of it, an answer, and what that answer must mean. Exemplary ones
 * are shown to people who choose the connector; supplemental ones are the odd cases. Both are named for what they show.
 */
export const fixtureSchema = z
  .strictObject({
    $schema: z.string().optional(),
    description: z.string().max(2000).optional().describe('What it shows, where the name is not enough'),
    operation: z.enum(CONNECTOR_OPERATIONS),
    config: plain.optional().describe('What the integration has filled in; defaults are added'),
    secrets: z.record(name, z.string()).optional().describe('Made-up credentials'),
    input: z
      .strictObject({
        lead: plain.optional(),
        bid: plain.optional(),
        delivery: plain.optional(),
        event: plain.optional(),
        hashed: z.record(name, z.string()).optional(),
        campaign: z.strictObject({ id: z.string(), name: z.string() }).optional(),
        source: z.strictObject({ id: z.string() }).optional(),
        sandbox: z.boolean().optional(),
        now: z.iso.datetime().optional().describe('Default 2026-01-15T12:00:00.000Z'),
      })
      .optional()
      .describe('What mappings see beside config and secrets'),
    request: z
      .strictObject({
        method: z.string(),
        url: z.string().describe('Whole, with its query; the order of parameters does not matter'),
        headers: z.record(name, z.string()).optional().describe('All of them, names in lower case'),
        body: z
          .union([z.string(), z.record(name, z.json()), z.array(z.json())])
          .optional()
          .describe('JSON as JSON, form fields as an object where the content type says so, anything else as text'),
      })
      .optional()
      .describe('What must be sent; absent when it cannot be made'),
    response: z
      .strictObject({
        status: z.int().min(100).max(599).optional().describe('Default 200'),
        headers: z.record(name, z.string()).optional(),
        body: z.json().optional().describe('Text as it is, anything else as JSON. Default nothing'),
      })
      .optional()
      .describe('What the service answers'),
    result: z
      .strictObject({
        outcome: z.enum(['accepted', 'rejected', 'duplicate', 'pending', 'error', 'unrecognised']),
        bids: z
          .array(
            z.strictObject({
              price: z.string().describe('Dollars'),
              id: z.string().optional(),
              expiresInMs: z.number().optional(),
              private: plain.optional(),
            }),
          )
          .optional(),
        price: z.string().optional().describe('Dollars'),
        reason: z.string().optional(),
        leadId: z.string().optional(),
        redirectUrl: z.string().optional(),
        capture: plain.optional(),
      })
      .optional()
      .describe('What the answer must mean: all of it'),
    error: z
      .strictObject({ code: z.string() })
      .optional()
      .describe(
        'Instead of a request: host_not_allowed, mapping_failed. With one, instead of a result: connector_failed',
      ),
  })
  .refine(({ request, error }) => request !== undefined || error !== undefined, {
    message: 'needs a request or an error',
  })
  .refine(({ response, result, error }) => response === undefined || result !== undefined || error !== undefined, {
    message: 'has an answer but does not say what it means',
  })
  .refine(({ response, result }) => result === undefined || response !== undefined, {
    message: 'needs an answer for its result',
  });
export type Fixture = z.infer<typeof fixtureSchema>;
