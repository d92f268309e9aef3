import type { Context, Middleware } from 'koa';
import type { ConfigurationRuntime } from '../../config/runtime.ts';
import type { Logger } from '../../log/logger.ts';
import type { RequestLogModel } from '../../models/request-log.ts';
import type { Metrics } from '../metrics.ts';
import { logRequests } from './log-requests.ts';
import { createValueMask } from './mask.ts';
import { createRequestSweep } from './sweep.ts';
import { createRequestWriter } from './writer.ts';

export interface RequestLogDeps {
  records: RequestLogModel;
  config: Pick<ConfigurationRuntime, 'current'>;
  keepDays: number;
  addressOf: (context: Context) => string;
  metrics: Metrics;
  log: Logger;
}

export interface RequestLog {
  /** Goes around every request. */
  passage: Middleware;
  run(): void;
  /** Writes what is not yet written; for when the last request was answered. */
  stop(): Promise<void>;
}

/** The log of inbound requests: taken down masked, written in batches, deleted when it was kept long enough. */
export function createRequestLog({ records, config, keepDays, addressOf, metrics, log }: RequestLogDeps): RequestLog {
  const writer = createRequestWriter({ records, metrics, log });
  const sweep = createRequestSweep({ records, keepDays, log });
  return {
    passage: logRequests({ writer, mask: createValueMask(), config, addressOf, log }),
    run() {
      writer.run();
      sweep.run();
    },
    async stop() {
      sweep.stop();
      await writer.stop();
    },
  };
}
