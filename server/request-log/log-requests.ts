import type { Middleware } from 'koa';
import type { Logger } from '../../log/logger.ts';
import { newTransactionId } from '../../rules/transaction-id.ts';
import type { OperationSpec } from '../api/operation.ts';
import { requestEntry, type EntryDeps } from './entry.ts';
import type { RequestWriter } from './writer.ts';

export interface LogRequestsDeps extends EntryDeps {
  writer: Pick<RequestWriter, 'add'>;
  log: Logger;
}

/**
 * Puts every request but those for monitoring into the log once its connection is done with it, refused and aborted
 * ones too. Goes around everything else. The answer carries the request's id in `x-request-id`.
 */
export function logRequests(deps: LogRequestsDeps): Middleware {
  return (context, next) => {
    const at = new Date();
    const begun = performance.now();
    const uuid = newTransactionId(at.getTime()).slice('txn_'.length);
    context.set('x-request-id', `req_${uuid}`);
    const record = () => {
      const { operation } = context.state as { operation?: OperationSpec };
      if (operation?.internal) return;
      const durationMs = Math.round((performance.now() - begun) * 10) / 10;
      const bytesOut = Number(context.res.getHeader('content-length')) || 0;
      const aborted = !context.res.writableFinished;
      try {
        deps.writer.add(requestEntry(deps, context, { uuid, at, durationMs, bytesOut, aborted }));
      } catch (error) {
        deps.log.error({ code: 'internal', fault: error instanceof Error ? error.name : '' }, 'request not logged');
      }
    };
    return next().finally(() => {
      // What became of the request is known even when the client did not wait for it.
      if (context.res.closed) record();
      else context.res.once('close', record);
    });
  };
}
