import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

const MILLISECONDS = [5, 10, 20, 35, 50, 75, 100, 150, 250, 500, 1000, 2000, 5000, 10_000];

/** Figures of one node. Labels are ids, codes and states: never a value of a lead. */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    requests: new Counter({
      name: 'leadwire_requests_total',
      help: 'Answered requests by route and status',
      labelNames: ['route', 'status'],
      registers,
    }),
    outcomes: new Counter({
      name: 'leadwire_lead_outcomes_total',
      help: 'Conclusions of leads by outcome',
      labelNames: ['outcome'],
      registers,
    }),
    starts: new Counter({
      name: 'leadwire_workflow_starts_total',
      help: 'Started lead workflows; eager ones ran on this node without a trip through the task queue',
      labelNames: ['eager'],
      registers,
    }),
    pings: new Histogram({
      name: 'leadwire_ping_milliseconds',
      help: 'Time of pings, checks and enrichments by integration and result',
      labelNames: ['integration', 'result'],
      buckets: MILLISECONDS,
      registers,
    }),
    posts: new Histogram({
      name: 'leadwire_post_milliseconds',
      help: 'Time of posts by integration and state',
      labelNames: ['integration', 'state'],
      buckets: MILLISECONDS,
      registers,
    }),
    pingAnswers: new Counter({
      name: 'leadwire_pings_answered_total',
      help: 'Pings of sellers by what they were answered',
      labelNames: ['outcome'],
      registers,
    }),
    healthChanges: new Counter({
      name: 'leadwire_integration_health_changes_total',
      help: 'Integrations that were taken out, or came back, on the word of this node',
      labelNames: ['integration', 'change'],
      registers,
    }),
    integrationsOut: new Gauge({
      name: 'leadwire_integration_out',
      help: '1 for each integration that is left out because it failed, as all nodes know',
      labelNames: ['integration'],
      registers,
    }),
    inFlight: new Gauge({ name: 'leadwire_leads_in_flight', help: 'Leads being answered', registers }),
    conflicts: new Counter({
      name: 'leadwire_delivery_conflicts_total',
      help: 'Answers that contradicted how a delivery had settled',
      registers,
    }),
    overdue: new Counter({
      name: 'leadwire_delivery_deadlines_total',
      help: 'Deliveries that were unknown or pending for so long that they settled by themselves',
      labelNames: ['integration', 'was', 'as'],
      registers,
    }),
    postbacks: new Counter({
      name: 'leadwire_postbacks_total',
      help: 'Attempts to tell an endpoint what happened, by endpoint and result',
      labelNames: ['endpoint', 'result'],
      registers,
    }),
    followUps: new Counter({
      name: 'leadwire_follow_ups_total',
      help: 'Attempts to deliver leads to services afterwards, and to tell what became of them, by integration and result',
      labelNames: ['integration', 'operation', 'result'],
      registers,
    }),
    endpointsDisabled: new Counter({
      name: 'leadwire_postback_endpoints_disabled_total',
      help: 'Endpoints of postbacks that were switched off, by reason',
      labelNames: ['endpoint', 'reason'],
      registers,
    }),
    codeThreads: new Counter({
      name: 'leadwire_connector_threads_started_total',
      help: "Threads that were started for a connector's code; more than one: it was started again",
      labelNames: ['connector'],
      registers,
    }),
    codeFailures: new Counter({
      name: 'leadwire_connector_code_failures_total',
      help: "Calls of a connector's code that failed without its saying so, by cause: deadline, memory, exit and so on",
      labelNames: ['connector', 'cause'],
      registers,
    }),
    sweeps: new Counter({
      name: 'leadwire_swept_rows_total',
      help: 'Outbox rows that a sweeper had to start',
      labelNames: ['kind'],
      registers,
    }),
    requestLogDrops: new Counter({
      name: 'leadwire_request_log_drops_total',
      help: 'Records of inbound requests that were not kept because MongoDB did not keep up',
      registers,
    }),
    rateLimited: new Counter({
      name: 'leadwire_rate_limited_total',
      help: 'Requests refused because of a rate limit, by what it counts',
      labelNames: ['by'],
      registers,
    }),
  };
}
export type Metrics = ReturnType<typeof createMetrics>;
