import type { Observer } from '../activities/deps.ts';
import type { HealthOptions } from '../activities/health.ts';
import type { CodeThreadsOptions } from '../sdk/code/threads.ts';
import type { Logger } from '../log/logger.ts';
import type { Metrics } from './metrics.ts';
import type { OutcomeBoard } from './outcome-board.ts';

/** Shows operators which integrations are out, and when one goes or comes back. */
export function healthNews(metrics: Metrics, log: Logger): Pick<HealthOptions, 'onChange' | 'onRead' | 'onFault'> {
  return {
    onChange(integration, change, failing) {
      metrics.healthChanges.inc({ integration, change });
      if (change === 'back') log.info({ code: 'integration_back', integration }, 'an integration gets leads again');
      else log.error({ code: 'integration_out', integration, ...failing }, 'an integration that fails is left out');
    },
    onRead(out) {
      metrics.integrationsOut.reset();
      for (const integration of out) metrics.integrationsOut.set({ integration }, 1);
    },
    onFault: () => log.warn({ code: 'health_unread' }, 'the health of integrations could not be written or read'),
  };
}

/** Tells operators how the code of connectors fares. */
export function codeNews(metrics: Metrics, log: Logger): NonNullable<CodeThreadsOptions['onEvent']> {
  return (connector, event) => {
    if (event === 'started') return metrics.codeThreads.inc({ connector });
    metrics.codeFailures.inc({ connector, cause: event });
    // One line for each call would be a log of nothing else.
    if (event !== 'paused' && event !== 'busy')
      log.warn({ code: 'connector_failed', connector, cause: event }, 'the code of a connector failed');
  };
}

/** Passes what the steps of a lead report on to the metrics, the waiting requests and the log. */
export function createObserver(metrics: Metrics, board: OutcomeBoard, log: Logger): Observer {
  return {
    concluded(lead, conclusion) {
      metrics.outcomes.inc({ outcome: conclusion.outcome ?? 'none' });
      board.announce(lead, conclusion);
    },
    pinged(integration, result, durationMs) {
      // What a connector says itself stands behind a colon, and may be anything.
      metrics.pings.observe({ integration, result: result.replace(/:.*/, '') }, durationMs);
    },
    posted(integration, state, durationMs) {
      metrics.posts.observe({ integration, state }, durationMs);
    },
    postback(endpoint, result) {
      metrics.postbacks.inc({ endpoint, result });
      if (result === 'failed') log.error({ code: 'postback_failed', endpoint }, 'a postback was given up');
    },
    followUp(integration, operation, result) {
      metrics.followUps.inc({ integration, operation, result });
      if (result === 'failed')
        log.error({ code: 'follow_up_failed', integration, operation }, 'a follow-up was given up');
    },
    endpointDisabled(endpoint, reason) {
      metrics.endpointsDisabled.inc({ endpoint, reason });
      log.error({ code: 'endpoint_disabled', endpoint, reason }, 'an endpoint of postbacks was switched off');
    },
    overdue(delivery, integration, was, as) {
      metrics.overdue.inc({ integration, was, as });
      log.error({ code: 'delivery_overdue', delivery, integration, was, as }, 'a delivery settled by its deadline');
    },
    conflict(delivery) {
      metrics.conflicts.inc();
      log.error({ code: 'delivery_conflict', delivery }, 'an answer contradicts how the delivery settled');
    },
  };
}
