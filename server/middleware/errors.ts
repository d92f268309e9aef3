import type { Middleware } from 'koa';
import type { KeyHolder } from '../../config/key-holder.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { Logger } from '../../log/logger.ts';

/**
 * The one place that turns errors into answers: the registry's status and code, what the error adds, and never a
 * message of something that broke inside.
 */
export function answerErrors(log: Logger): Middleware {
  return async (context, next) => {
    try {
      await next();
      if (context.status === 404 && context.body === undefined) throw new LeadwireError('not_found');
      if (context.status === 405 && context.body === undefined) throw new LeadwireError('method_not_allowed');
    } catch (thrown) {
      const error = thrown instanceof LeadwireError ? thrown : faultOf(thrown);
      if (error.status >= 500) {
        // The route as described, not the address: some hold a secret.
        const route = context['_matchedRoute'] as string | undefined;
        log.error({ code: error.code, fault: nameOf(thrown), route }, 'request failed');
      }
      context.status = error.status;
      context.set(error.details.headers ?? {});
      if (error.retryable && !context.response.get('retry-after')) context.set('retry-after', '1');
      const sandbox = (context.state as { key?: KeyHolder }).key?.mode === 'test';
      context.body = { ...errorBody(error), ...(sandbox ? { sandbox: true } : {}) };
    }
  };
}

/** The one shape of everything that is refused or failed. */
export function errorBody({ status, code, message, details }: LeadwireError): Record<string, unknown> {
  return {
    status,
    type: 'error',
    code,
    message,
    ...(details.issues ? { errors: details.issues } : {}),
    ...details.body,
  };
}

/** A driver that cannot reach its server is a reason to try again; everything else is ours. */
function faultOf(thrown: unknown): LeadwireError {
  const unreachable = /^(Mongo(Network|ServerSelection|PoolCleared|NotConnected)|ServiceError)/.test(nameOf(thrown));
  return new LeadwireError(unreachable ? 'unavailable' : 'internal', { cause: thrown });
}

function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : typeof thrown;
}
