import { METHODS } from 'node:http';
import Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import type { ApiKeys } from '../../config/api-keys.ts';
import type { ConfigurationRuntime } from '../../config/runtime.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { requireSignature } from '../access/signature.ts';
import type { Limits } from '../limits/limits.ts';
import { requireKey, type AccessState } from '../middleware/access.ts';
import { readBody, readRawBody, type BodyState } from '../middleware/body.ts';
import { shedLoad, type Capacity } from '../middleware/load.ts';
import { inTurn, type Turns } from '../middleware/turns.ts';
import type { Metrics } from '../metrics.ts';
import { answerPages, requireOrigin } from '../tracking/origins.ts';
import type { ApiRequest, Operation, OperationSpec } from './operation.ts';

export interface MountDeps {
  keys: ApiKeys;
  config: Pick<ConfigurationRuntime, 'current'>;
  limits: Limits;
  capacity: Capacity;
  turns: Turns;
  metrics: Metrics;
}

interface QueryState {
  query: unknown;
}

/** Serves operations: each passes access, load, body and query as its description says, then its handler. */
export function mount(operations: readonly Operation[], deps: MountDeps): Router {
  // Every method that HTTP has: one that an address does not take is 405, none is 501.
  const router = new Router({ methods: METHODS });
  for (const { spec, handle } of operations) {
    const path = spec.path.replace(/\{(\w+)\}/g, ':$1');
    router.register(path, [spec.method], [...passages(spec, deps), serve(handle)]);
    if (spec.pages) router.register(path, ['options'], [deps.limits.open, answerPages(deps.config, spec)]);
  }
  return router;
}

function passages(spec: OperationSpec, { keys, config, limits, capacity, turns, metrics }: MountDeps): Middleware[] {
  return [
    describe(spec),
    ...(spec.errorMembers ? [addToErrors(spec.errorMembers)] : []),
    ...(spec.pages ? [answerPages(config, spec)] : []),
    ...(spec.access.length > 0
      ? [limits.refusals, requireKey(keys, spec.access), requireOrigin(), limits.keyed].map(ifKeyed)
      : []),
    ...(spec.access.length === 0 && !spec.internal ? [limits.open] : []),
    ...(spec.keyless ? [unlessKeyed(limits.open)] : []),
    ...(spec.sheds ? [shedLoad(capacity, metrics)] : []),
    ...(spec.query ? [readQuery(spec.query)] : []),
    ...(spec.body && !spec.body.streamed ? [spec.body.raw ? readRawBody() : readBody()] : []),
    ...(spec.access.length > 0 && !spec.body?.streamed ? [ifKeyed(requireSignature())] : []),
    // Last: nobody else waits for a body that is slow to come.
    ...(spec.sheds ? [inTurn(turns)] : []),
  ];

  /** Where it may come without a key, what is about keys is passed over. */
  function ifKeyed(passage: Middleware): Middleware {
    return spec.keyless ? (context, next) => (hasCredential(context) ? passage(context, next) : next()) : passage;
  }
}

function unlessKeyed(passage: Middleware): Middleware {
  return (context, next) => (hasCredential(context) ? next() : passage(context, next));
}

function hasCredential(context: Context): boolean {
  return context.get('x-api-key') !== '' || context.get('authorization') !== '';
}

/** Tells what goes around the operation which one it is. */
function describe(spec: OperationSpec): Middleware {
  return (context, next) => {
    context.state['operation'] = spec;
    return next();
  };
}

/** Adds an operation's own members to the errors it answers with. */
function addToErrors(membersOf: NonNullable<OperationSpec['errorMembers']>): Middleware {
  return async (_context, next) => {
    try {
      await next();
    } catch (error) {
      if (!(error instanceof LeadwireError)) throw error;
      const { code, message, details } = error;
      throw new LeadwireError(code, { ...details, message, body: { ...details.body, ...membersOf(error) } });
    }
  };
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
    const shared = { params, query: query ?? {}, body, raw, header, context };
    const request = { ...shared, key, optionalKey: key } as unknown as ApiRequest;
    const answer = await handle(request);
    context.status = answer.status;
    context.set(answer.headers ?? {});
    if (answer.type) context.type = answer.type;
    context.body = answer.body ?? null;
    // Koa turns an empty body into 204; the status of an answer is its handler's.
    context.status = answer.status;
  };
}
