import { isDeepStrictEqual } from 'node:util';
import { LeadwireError } from '../errors/leadwire-error.ts';
import { checkConfig, secretNames } from '../rules/connector/config.ts';
import type { MappingContext } from '../rules/mapping/context.ts';
import { MappingError, type Interpretation, type RenderedRequest } from '../rules/mapping/operation.ts';
import { toDecimal } from '../rules/money.ts';
import type { Connector } from '../schema/connector.ts';
import { compileConnector, type ConnectorValues } from './compile.ts';
import type { Fixture } from './fixture.ts';

/** What came of a fixture, to be compared with what it expects. */
export interface FixtureRun {
  /** What is not as the fixture has it, one line each; empty: it passed. */
  mistakes: string[];
  request?: Fixture['request'];
  result?: Fixture['result'];
  error?: Fixture['error'];
}

/** Runs a fixture: renders, compares, reads the answer, compares; twice, and looks that nothing was changed. No network. */
export async function runFixture(
  connector: Connector,
  fixture: Fixture,
  functions?: ConnectorValues['functions'],
): Promise<FixtureRun> {
  const { config = {}, secrets = {}, input = {} } = fixture;
  const run = compileConnector(connector, { config, secrets: withToken(connector, secrets), functions });
  const operation = run.operation(fixture.operation);
  if (!operation) return { mistakes: [`operation: the connector has no ${fixture.operation}`] };
  const context = run.context(input as Partial<MappingContext>);
  const before = structuredClone(context);
  const mistakes = [
    ...checkConfig(connector.config, config).map(({ path, message }) => `${path}: ${message}`),
    ...secretNames(connector.config)
      .required.filter((name) => secrets[name] === undefined)
      .map((name) => `secrets.${name}: is missing`),
  ];
  const came: FixtureRun = { mistakes };

  const rendered = await attempt(() => operation.render(context));
  const again = await attempt(() => operation.render(context));
  if (!isDeepStrictEqual(rendered, again)) mistakes.push('request: is another one the second time');
  if (rendered.value) came.request = requestView(rendered.value);
  else came.error = { code: rendered.code ?? 'connector_failed' };
  if (rendered.value && fixture.response) {
    const { status = 200, headers = {}, body = '' } = fixture.response;
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = { status, headers, body: Buffer.from(text) };
    const read = await attempt(() => operation.interpret(answer, context));
    if (read.value) came.result = resultView(read.value);
    else came.error = { code: read.code ?? 'connector_failed' };
  }
  if (!isDeepStrictEqual(context, before)) mistakes.push('input: was changed');
  compare('request', fixture.request && normalise(fixture.request), came.request, mistakes);
  compare('result', fixture.result, came.result, mistakes);
  compare('error', fixture.error, came.error, mistakes);
  return came;
}

/** A connector that gets its token by OAuth 2.0 has one; a fixture need not name it. */
export function withToken({ authentication }: Connector, secrets: Record<string, string>): Record<string, string> {
  return authentication?.kind.startsWith('oauth2') ? { access_token: 'sample-access-token', ...secrets } : secrets;
}

async function attempt<Value>(work: () => Promise<Value>): Promise<{ value?: Value; code?: string }> {
  try {
    return { value: await work() };
  } catch (error) {
    return { code: error instanceof LeadwireError || error instanceof MappingError ? error.code : 'connector_failed' };
  }
}

function requestView({ method, url, headers, body }: RenderedRequest): NonNullable<Fixture['request']> {
  const view = {
    method,
    url,
    headers,
    ...(body === undefined ? {} : { body: readBody(body, headers['content-type']) }),
  };
  return normalise(view);
}

function readBody(body: string, type = ''): NonNullable<Fixture['request']>['body'] {
  if (type.includes('json')) return JSON.parse(body) as NonNullable<Fixture['request']>['body'];
  if (!type.includes('x-www-form-urlencoded')) return body;
  const fields: Record<string, string | string[]> = {};
  for (const [name, value] of new URLSearchParams(body)) {
    fields[name] = name in fields ? [fields[name] ?? [], value].flat() : value;
  }
  return fields;
}

/** Parameters in one order, headers in lower case; no headers is the same as none. */
function normalise({ headers = {}, ...request }: NonNullable<Fixture['request']>): NonNullable<Fixture['request']> {
  const url = URL.canParse(request.url) ? new URL(request.url) : undefined;
  url?.searchParams.sort();
  const entries = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return {
    ...request,
    url: url?.href ?? request.url,
    headers: Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function resultView(interpretation: Interpretation): NonNullable<Fixture['result']> {
  const { outcome, bids, price, reason, leadId, redirectUrl, capture } = interpretation;
  const view = {
    outcome,
    ...(bids.length === 0
      ? {}
      : {
          bids: bids.map(({ price: micros, id, expiresInMs, private: kept }) => ({
            price: String(toDecimal(micros)),
            ...(id === undefined ? {} : { id }),
            ...(expiresInMs === undefined ? {} : { expiresInMs }),
            ...(Object.keys(kept).length > 0 ? { private: kept } : {}),
          })),
        }),
    ...(price === undefined ? {} : { price: String(toDecimal(price)) }),
    ...(reason === undefined ? {} : { reason }),
    ...(leadId === undefined ? {} : { leadId }),
    ...(redirectUrl === undefined ? {} : { redirectUrl }),
    ...(Object.keys(capture).length > 0 ? { capture } : {}),
  };
  return view as NonNullable<Fixture['result']>;
}

function compare(what: string, expected: unknown, came: unknown, mistakes: string[]): void {
  if (isDeepStrictEqual(expected, came)) return;
  mistakes.push(`${what}: expected ${JSON.stringify(expected) ?? 'none'}, got ${JSON.stringify(came) ?? 'none'}`);
}
