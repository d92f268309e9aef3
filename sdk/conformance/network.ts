import { isDeepStrictEqual } from 'node:util';
import { secretNames } from '../../rules/connector/config.ts';
import type { RenderedRequest } from '../../rules/mapping/operation.ts';
import type { Connector, ConnectorOperation } from '../../schema/connector.ts';
import type { Say } from './finding.ts';
import { spellings } from './credentials.ts';
import { aDelivery, answerOf, attempt, type Probe } from './probe.ts';
import type { Misbehaving } from './service.ts';

/** The one outbound client of Leadwire, as far as the suite needs it. It must be allowed to reach loopback. */
export interface Network {
  send(request: {
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
    url: string;
    headers: Record<string, string>;
    body?: string;
    timeoutMs: number;
    secrets?: readonly string[];
  }): Promise<{ kind: string; code?: string; status?: number; exchange: () => object }>;
}

/** How long the suite waits for an answer that never comes. */
const WAIT_MS = 100;
const ANSWER_MS = 10_000;
/** How long an operation may take at most, where somebody waits for it. */
const LONGEST_MS: Partial<Record<ConnectorOperation, number>> = {
  ...{ ping: 15_000, check: 15_000, enrich: 15_000, click: 15_000 },
  ...{ post: 45_000, status: 45_000 },
};

/** Connections that break, answers that never end, and what operators get to see of an exchange. */
export async function checkNetwork(
  probe: Probe,
  connector: Connector,
  { network, service }: { network: Network; service: Misbehaving },
  say: Say,
): Promise<void> {
  const at = `operations.${probe.name}`;
  const { value: request } = await attempt(() => probe.operation.render(probe.context));
  if (!request) return;
  const send = (how: Parameters<Misbehaving['at']>[0], timeoutMs = ANSWER_MS) =>
    network.send({ ...outgoing(request), url: service.at(how, request.url), timeoutMs });

  const [fine, reset, truncated, large, late] = await Promise.all([
    send('fine'),
    send('reset'),
    send('truncated'),
    send('10mb'),
    send('timeout', WAIT_MS),
  ]);
  // A request that cannot be sent at all would pass everything below.
  if (fine.kind !== 'response') say('schema/valid', 'error', `cannot be sent: ${fine.code ?? fine.kind}`, at);
  if (truncated.kind === 'response') say('answers/truncated', 'error', 'takes a cut answer for a whole one', at);
  if (large.kind === 'response') say('answers/10mb', 'error', 'takes an answer of 10 MB', at);
  if (late.kind === 'response') say('answers/timeout', 'error', 'got an answer that nobody gave', at);
  const again = await attempt(() => probe.operation.render(probe.context));
  if (reset.kind === 'response' || !isDeepStrictEqual(again.value, request))
    say('answers/reset', 'error', 'asks something else once the connection broke', at);

  const longest = LONGEST_MS[probe.name];
  const { timeoutMs } = probe.operation;
  if (longest !== undefined && timeoutMs !== undefined && timeoutMs > longest)
    say('answers/timeout', 'error', `waits ${timeoutMs} ms: at most ${longest} ms`, at);

  await checkMasking(probe, connector, { network, service }, say);
}

/** Made-up credentials that nothing else looks like are not found in what operators read. */
async function checkMasking(
  probe: Probe,
  connector: Connector,
  { network, service }: { network: Network; service: Misbehaving },
  say: Say,
): Promise<void> {
  const at = `operations.${probe.name}`;
  const secrets = Object.fromEntries(
    secretNames(connector.config).all.map((name, index) => [name, `Sentinel${index}Kq7vZwXd${name.length}`]),
  );
  const names = Object.keys(secrets);
  if (names.length === 0) return;
  const { operation, context } = probe.withSecrets(secrets);
  const seen = { ...context, delivery: context.delivery ?? aDelivery('dlv_one') };
  const { value: request } = await attempt(() => operation.render(seen));
  if (!request) return;
  const values = Object.values(seen.secrets);
  const sent = await network.send({
    ...outgoing(request),
    url: service.at('fine', request.url),
    timeoutMs: ANSWER_MS,
    secrets: values,
  });
  const shown = JSON.stringify(sent.exchange());
  const { response } = probe.fixture;
  const read = response && (await attempt(() => operation.interpret(answerOf(response), seen)));
  const result = JSON.stringify(read?.value ?? null);
  for (const name of names) {
    const spelled = spellings(secrets[name] ?? '');
    if (spelled.some((text) => shown.includes(text)))
      say('secrets/never-shown', 'error', `shows ${name} in what operators read of a request`, at);
    if (spelled.some((text) => result.includes(text)))
      say('secrets/never-shown', 'error', `gives ${name} away in its result`, at);
  }
}

function outgoing({ method, url, headers, body }: RenderedRequest) {
  return {
    method: method as Parameters<Network['send']>[0]['method'],
    url,
    headers,
    ...(body === undefined ? {} : { body }),
  };
}
