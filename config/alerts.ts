import { compileRequest } from '../rules/mapping/request.ts';
import type { ResolvedAlert } from '../rules/alerts.ts';
import type { Alert, AlertChannel } from '../schema/alert.ts';
import { hashOf } from './objects.ts';
import type { CompiledEndpoint } from './postbacks.ts';

const OVER_MINUTES = 60;
const LEAST = 20;
/** At how much an alert fires that does not say; rates and latency have to. */
const AT = 1;
/** Minutes; what waits for a lead that never came is gone by then. */
const QUEUE_AT = 15;
const TIMEOUT_MS = 15_000;

/** A campaign's alerts with every default filled in. */
export function compileAlerts(alerts: readonly Alert[] = []): ResolvedAlert[] {
  return alerts.map(
    ({ id, when, above = when === 'queue_waiting' ? QUEUE_AT : AT, over = OVER_MINUTES, min = LEAST, to }) => ({
      id: id ?? when,
      when,
      above,
      overMinutes: over,
      least: min,
      to,
    }),
  );
}

/** The channel of this id, as an endpoint: what it is told goes the way of every postback. */
export function channelEndpointId(channel: string): string {
  return `alert/${channel}`;
}

export function compileChannel(channel: AlertChannel): CompiledEndpoint {
  const { kind, url = '', secrets = [], sign = [], to = [] } = channel;
  const id = channelEndpointId(channel.id);
  // What a postback tells stands under `lead`, whatever it is about.
  const render = compileRequest({ url, ...(kind === 'slack' ? { json: { text: 'lead.text' } } : {}) });
  return {
    id,
    owner: id,
    paused: false,
    wants: () => false,
    wantsEvent: () => false,
    method: 'POST',
    render,
    renderEvent: render,
    settings: {},
    bare: false,
    accepts: undefined,
    ordered: false,
    timeoutMs: TIMEOUT_MS,
    secrets,
    sign,
    hasTestUrl: false,
    requestHash: hashOf(channel),
    ...(kind === 'email' ? { mailTo: to } : {}),
  };
}
