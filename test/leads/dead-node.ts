import { createLogger } from '../../log/logger.ts';
import type { IngressDeps } from '../../server/ingress/accept-lead.ts';
import { createMetrics } from '../../server/metrics.ts';
import { createOutbox } from '../../server/outbox.ts';
import { createOutcomeBoard } from '../../server/outcome-board.ts';
import type { Starter } from '../../server/temporal/starter.ts';
import type { Caller } from '../delivery/caller.ts';

const log = createLogger('fatal', 'test');

/** A node that takes leads and pings in, and dies or loses Temporal before it starts anything. */
export function ingressThatStartsNothing(
  caller: Caller,
  nothing: () => Promise<never> = () => Promise.reject(new Error('Temporal is away')),
  hasTime = true,
): IngressDeps {
  const starter: Starter = {
    lead: nothing,
    ping: nothing,
    resume: nothing,
    event: nothing,
    postback: nothing,
    followUp: nothing,
    withdrawal: nothing,
  };
  const metrics = createMetrics();
  const { models, deps } = caller;
  return {
    models,
    records: deps.records,
    config: deps.config,
    board: createOutcomeBoard(),
    outbox: createOutbox({ models, starter, config: deps.config, spareTime: () => () => hasTime, metrics, log }),
    beginSale: () => undefined,
    beginPing: () => new Promise(() => undefined),
    metrics,
    log,
    publicUrl: 'https://leads.example',
    clockSkewMs: 0,
    pepper: 'pepper',
  };
}
