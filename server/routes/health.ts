import { z } from 'zod';
import { operation, type Operation } from '../api/operation.ts';
import type { Capacity } from '../middleware/load.ts';
import type { Metrics } from '../metrics.ts';

const readiness = z.object({ status: z.int(), type: z.enum(['success', 'error']), ready: z.boolean() });

/** `/healthz`: the process lives. `/readyz`: it takes leads. `/metrics`: its figures. */
export function healthOperations(metrics: Metrics, capacity: Capacity, isReady: () => Promise<boolean>): Operation[] {
  return [
    operation(
      {
        id: 'getHealth',
        method: 'get',
        path: '/healthz',
        internal: true,
        tag: 'Service',
        summary: 'Whether the process lives',
        access: [],
        answers: {
          200: { description: 'It lives', schema: z.object({ status: z.literal(200), type: z.literal('success') }) },
        },
        errors: [],
      },
      async () => ({ status: 200, body: { status: 200, type: 'success' } }),
    ),
    operation(
      {
        id: 'getReadiness',
        method: 'get',
        path: '/readyz',
        internal: true,
        tag: 'Service',
        summary: 'Whether the node takes leads',
        access: [],
        answers: {
          200: { description: 'It takes leads', schema: readiness },
          503: { description: 'It is starting, shutting down, or cut off from a service', schema: readiness },
        },
        errors: [],
      },
      async () => {
        const ready = !capacity.draining && (await isReady());
        const status = ready ? 200 : 503;
        return { status, body: { status, type: ready ? 'success' : 'error', ready } };
      },
    ),
    operation(
      {
        id: 'getMetrics',
        method: 'get',
        path: '/metrics',
        internal: true,
        tag: 'Service',
        summary: 'Figures of the node, for Prometheus',
        access: [],
        answers: {
          200: { description: 'Figures', contentType: 'text/plain', schema: z.string() },
        },
        errors: [],
      },
      async () => ({ status: 200, type: metrics.registry.contentType, body: await metrics.registry.metrics() }),
    ),
  ];
}
