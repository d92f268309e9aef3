import type { Observer } from '../activities/deps.ts';
import type { Logger } from '../log/logger.ts';
import type { Metrics } from './metrics.ts';
import type { OutcomeBoard } from './outcome-board.ts';

/** Passes what the steps of a lead report on to the metrics, the waiting requests and the log. */
export function createObserver(metrics: Metrics, board: OutcomeBoard, log: Logger): Observer {
  return {
    concluded(lead, conclusion) {
      metrics.outcomes.inc({ outcome: conclusion.outcome ?? 'none' });
      board.announce(lead, conclusion);
    },
    pinged(integration, result, durationMs) {
      metrics.pings.observe({ integration, result }, durationMs);
    },
    posted(integration, state, durationMs) {
      metrics.posts.observe({ integration, state }, durationMs);
    },
    postback(endpoint, result) {
      metrics.postbacks.inc({ endpoint, result });
      if (result === 'failed') log.error({ code: 'postback_failed', endpoint }, 'a postback was given up');
    },
    endpointDisabled(endpoint, reason) {
      metrics.endpointsDisabled.inc({ endpoint, reason });
      log.error({ code: 'endpoint_disabled', endpoint, reason }, 'an endpoint of postbacks was switched off');
    },
    conflict(delivery) {
      metrics.conflicts.inc();
      log.error({ code: 'delivery_conflict', delivery }, 'an answer contradicts how the delivery settled');
    },
  };
}
