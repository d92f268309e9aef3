import Koa from 'koa';
import type { ApiKeys } from '../config/api-keys.ts';
import type { IngressDeps } from './ingress/accept-lead.ts';
import { answerErrors } from './middleware/errors.ts';
import type { Capacity } from './middleware/load.ts';
import { healthRoutes } from './routes/health.ts';
import { leadRoutes } from './routes/leads.ts';

export interface AppDeps {
  ingress: IngressDeps;
  keys: ApiKeys;
  capacity: Capacity;
  isReady: () => Promise<boolean>;
}

/** The HTTP API. */
export function createApp({ ingress, keys, capacity, isReady }: AppDeps): Koa {
  const app = new Koa();
  app.on('error', (error: Error) =>
    ingress.log.warn({ code: 'connection', fault: error.name }, 'answer not delivered'),
  );
  app.use(async (context, next) => {
    await next();
    const route = (context['_matchedRoute'] as string | undefined) ?? 'none';
    ingress.metrics.requests.inc({ route, status: context.status });
  });
  app.use(answerErrors(ingress.log));
  for (const router of [leadRoutes(ingress, keys, capacity), healthRoutes(ingress.metrics, capacity, isReady)]) {
    app.use(router.routes());
    app.use(router.allowedMethods());
  }
  return app;
}
