import Router from '@koa/router';
import type { Middleware } from 'koa';
import type { ApiKeys } from '../../config/api-keys.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { requireKey, type AccessState } from '../middleware/access.ts';
import { readBody, type BodyState } from '../middleware/body.ts';
import { shedLoad, type Capacity } from '../middleware/load.ts';
import type { Metrics } from '../metrics.ts';
import type { ApiRequest, Operation, OperationSpec } from './operation.ts';

export interface MountDeps {
  keys: ApiKeys;
  capacity: Capacity;
  metrics: Metrics;
}

interface QueryState {
  query: unknown;
}

/** Serves operations: each passes access, load, body and query as its description says, then its handler. */
export function mount(operations: readonly Operation[], deps: MountDeps): Router {
  const router = new Router();
  for (const { spec, handle } of operations) {
    router.register(spec.path.replace(/\{(\w+)\}/g, ':$1'), [spec.method], [...passages(spec, deps), serve(handle)]);
  }
  return router;
}

function passages(spec: OperationSpec, { keys, capacity, metrics }: MountDeps): Middleware[] {
  return [
    ...(spec.access.length > 0 ? [requireKey(keys, spec.access)] : []),
    ...(spec.sheds ? [shedLoad(capacity, metrics)] : []),
    ...(spec.query ? [readQuery(spec.query)] : []),
    ...(spec.body ? [readBody()] : []),
  ];
}

/** Checks the query string against its schema. @throws LeadwireError `invalid_parameters` naming each mistake. */
function readQuery(schema: NonNullable<OperationSpec['query']>): Middleware<QueryState> {
  return async (context, next) => {
    const parsed = schema.safeParse({ ...context.query });
    if (!parsed.success) {
      const issues = parsed.error.issues.map(({ path, message }) => ({
        path: path.join('.'),
        code: 'invalid_parameter',
        message,
      }));
      throw new LeadwireError('invalid_parameters', { issues });
    }
    context.state.query = parsed.data;
    await next();
  };
}

function serve(handle: Operation['handle']): Middleware {
  return async (context) => {
    const {
      query,
      body = {},
      raw = Buffer.alloc(0),
      key,
    } = context.state as Partial<AccessState & BodyState & QueryState>;
    const params = (context as unknown as { params: Record<string, string> }).params;
    const header = (name: string) => context.headers[name] as string | undefined;
    const request = { params, query: query ?? {}, body, raw, key, header, context } as unknown as ApiRequest;
    const answer = await handle(request);
    context.status = answer.status;
    context.set(answer.headers ?? {});
    if (answer.type) context.type = answer.type;
    context.body = answer.body ?? null;
    // Koa turns an empty body into 204; the status of an answer is its handler's.
    context.status = answer.status;
  };
}
