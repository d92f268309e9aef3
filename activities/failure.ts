import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';
import { LeadwireError } from '../errors/leadwire-error.ts';
import type { Logger } from '../log/logger.ts';

/**
 * Turns everything an activity throws into a failure that carries a code and nothing else: messages, causes and stacks
 * may quote a lead's values and must not reach a workflow's history.
 */
export function createFailureInterceptor(log: Logger): ActivityInboundCallsInterceptor {
  return {
    async execute(input, next) {
      try {
        return await next(input);
      } catch (error) {
        if (error instanceof ApplicationFailure && error.type === 'final') throw bare(error.message, 'final');
        // A step that was taken and came to nothing for now: no fault, and its message is a code.
        if (error instanceof ApplicationFailure && error.type === 'not_delivered') {
          throw bare(error.message, error.type, error.nextRetryDelay ?? undefined);
        }
        const code = error instanceof LeadwireError ? error.code : 'internal';
        log.error({ code, fault: faultName(error) }, 'an activity failed and will be retried');
        throw bare(code, code);
      }
    },
  };
}

function bare(
  message: string,
  type: string,
  nextRetryDelay?: ApplicationFailure['nextRetryDelay'],
): ApplicationFailure {
  const nonRetryable = type === 'final';
  const failure = ApplicationFailure.create({
    message,
    type,
    nonRetryable,
    ...(nextRetryDelay ? { nextRetryDelay } : {}),
  });
  failure.stack = '';
  return failure;
}

/** Class and place of an error, without its message. */
function faultName(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const place = error.stack
    ?.split('\n')
    .find((line) => line.trim().startsWith('at ') && !line.includes('node_modules'));
  return `${error.name} ${place?.trim().replace(/\(?(file:\/\/)?\/.*\/(?=[\w-]+\/[\w.-]+:\d)/, '(') ?? ''}`.trim();
}
