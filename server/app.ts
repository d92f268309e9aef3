import Koa from 'koa';
import type { ApiKeys } from '../config/api-keys.ts';
import { mount } from './api/mount.ts';
import type { Operation } from './api/operation.ts';
import type { IngressDeps } from './ingress/accept-lead.ts';
import { answerErrors } from './middleware/errors.ts';
import type { Capacity } from './middleware/load.ts';
import { healthOperations } from './routes/health.ts';
import { leadOperations } from './routes/leads.ts';

export interface AppDeps {
  ingress: IngressDeps;
  keys: ApiKeys;
  capacity: Capacity;
  isReady: () => Promise<boolean>;
}

/** The HTTP API. */
export function createApp(deps: AppDeps): Koa {
  const { log, metrics } = deps.ingress;
  const app = new Koa();
  app.on('error', (error: Error) => log.warn({ code: 'connection', fault: error.name }, 'answer not delivered'));
  app.use(async (context, next) => {
    await next();
    const route = (context['_matchedRoute'] as string | undefined) ?? 'none';
    metrics.requests.inc({ route, status: context.status });
  });
  app.use(answerErrors(log));
  const router = mount(operationsOf(deps), { keys: deps.keys, capacity: deps.capacity, metrics });
  app.use(router.routes());
  app.use(router.allowedMethods());
  return app;
}

/** Everything the API can do. */
export function operationsOf({ ingress, capacity, isReady }: AppDeps): Operation[] {
  return [...leadOperations(ingress), ...healthOperations(ingress.metrics, capacity, isReady)];
}
