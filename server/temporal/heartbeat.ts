import type { Context } from '@temporalio/activity';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';

/**
 * Tells Temporal that the node still lives while it runs a step that asks for it by a heartbeat timeout: the step of a
 * node that died is then run elsewhere within that time, rather than when it could at the latest have ended.
 */
export function createHeartbeat(context: Context): ActivityInboundCallsInterceptor {
  return {
    async execute(input, next) {
      const { heartbeatTimeoutMs } = context.info;
      if (!heartbeatTimeoutMs) return next(input);
      const timer = setInterval(() => context.heartbeat(), heartbeatTimeoutMs / 3);
      try {
        return await next(input);
      } finally {
        clearInterval(timer);
      }
    },
  };
}
