import { z } from 'zod';
import type { ConfigurationRuntime } from '../../config/runtime.ts';
import { MODES } from '../../models/origin.ts';
import { reachOf } from '../access/reach.ts';
import type { AccessState } from '../middleware/access.ts';
import { operation, type Operation } from '../api/operation.ts';

const keyStatus = z.object({
  status: z.literal(200),
  type: z.literal('success'),
  key: z.string().describe('Public start of the key'),
  kind: z.enum(['seller', 'buyer']),
  mode: z.enum(MODES),
  seller: z.string().optional(),
  source: z.string().optional().describe('The one source the key posts for'),
  buyer: z.string().optional(),
  sources: z
    .array(z.object({ id: z.string(), active: z.boolean(), default: z.boolean(), campaigns: z.array(z.string()) }))
    .optional()
    .describe('Sources that pid may name, and the one that it defaults to'),
  campaigns: z.array(z.object({ id: z.string(), name: z.string(), active: z.boolean() })),
  signed: z.boolean().describe('Whether every request has to be signed'),
  expires_at: z.iso.datetime().nullable().describe('When what was sent here ends: key, rotated secret or token'),
  time: z.iso.datetime().describe('Our clock, which timestamps of signatures are held against'),
});

/** `GET /api/status`: whether a key is good, and for what. */
export function statusOperations(config: Pick<ConfigurationRuntime, 'current'>): Operation[] {
  return [
    operation(
      {
        id: 'getStatus',
        method: 'get',
        path: '/api/status',
        tag: 'Access',
        summary: 'Check a key: whose it is, what it may do, how long it is good',
        access: ['seller', 'buyer'],
        answers: { 200: { description: 'The key is good', schema: keyStatus } },
        errors: ['no_configuration'],
      },
      async ({ key, context }) => {
        const { until } = (context.state as AccessState).grant;
        const { id, kind, mode, signed } = key;
        const owner =
          kind === 'buyer'
            ? { buyer: key.buyer }
            : { seller: key.seller, ...(key.source === undefined ? {} : { source: key.source }) };
        return {
          status: 200,
          headers: { 'cache-control': 'no-store' },
          body: {
            status: 200,
            type: 'success',
            key: id,
            kind,
            mode,
            ...owner,
            ...reachOf(config.current(), key),
            signed,
            expires_at: until?.toISOString() ?? null,
            time: new Date().toISOString(),
          },
        };
      },
    ),
  ];
}
