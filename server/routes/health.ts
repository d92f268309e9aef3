import Router from '@koa/router';
import type { Capacity } from '../middleware/load.ts';
import type { Metrics } from '../metrics.ts';

/** `/healthz`: the process lives. `/readyz`: it takes leads. `/metrics`: its figures. */
export function healthRoutes(metrics: Metrics, capacity: Capacity, isReady: () => Promise<boolean>) {
  const router = new Router();
  router.get('/healthz', (context) => {
    context.body = { status: 200, type: 'success' };
  });
  router.get('/readyz', async (context) => {
    const ready = !capacity.draining && (await isReady());
    context.status = ready ? 200 : 503;
    context.body = { status: context.status, type: ready ? 'success' : 'error', ready };
  });
  router.get('/metrics', async (context) => {
    context.type = metrics.registry.contentType;
    context.body = await metrics.registry.metrics();
  });
  return router;
}
