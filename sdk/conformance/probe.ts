import type { MappingContext } from '../../rules/mapping/context.ts';
import type { Answer, CompiledOperation } from '../../rules/mapping/operation.ts';
import type { Connector, ConnectorOperation } from '../../schema/connector.ts';
import { compileConnector, type ConnectorValues } from '../compile.ts';
import type { Fixture } from '../fixture.ts';
import type { NamedFixture } from '../read-fixtures.ts';
import { withToken } from '../run-fixture.ts';
import type { Subject } from './subject.ts';

/** An operation of the connector with the values of one fixture. */
export interface Probe {
  name: ConnectorOperation;
  file: string;
  fixture: Fixture;
  operation: CompiledOperation;
  context: MappingContext;
  /** The same operation with other credentials, and what it sees then. */
  withSecrets(secrets: Record<string, string>): Pick<Probe, 'operation' | 'context'>;
}

/** A delivery as posts and follow-ups see it. */
export function aDelivery(id: string): NonNullable<MappingContext['delivery']> {
  const token = `token-of-${id}`;
  return {
    id,
    token,
    created_at: '2026-01-15T12:00:00.000Z',
    idempotency_key: id,
    postback_url: `https://leadwire.example/api/postback/${token}`,
  };
}

/** The fixtures that can be run. */
export function probesOf({ connector, fixtures, functions }: Subject): Probe[] {
  if (!connector) return [];
  return fixtures.flatMap((named) => probeOf(connector, named, functions) ?? []);
}

function probeOf(
  connector: Connector,
  named: NamedFixture,
  functions: ConnectorValues['functions'],
): Probe | undefined {
  const { fixture, file } = named;
  const { operation: name, config, secrets = {}, input = {} } = fixture;
  const withSecrets = (given: Record<string, string>) => {
    const run = compileConnector(connector, { config, secrets: withToken(connector, given), functions });
    const operation = run.operation(name);
    return operation && { operation, context: run.context(structuredClone(input) as Partial<MappingContext>) };
  };
  const first = withSecrets(secrets);
  // The operation is there whatever the credentials are.
  return first && { name, file, fixture, ...first, withSecrets: (given) => withSecrets(given) ?? first };
}

/** What came of a call: its value, or the code of the fault. */
export async function attempt<Value>(work: () => Promise<Value>): Promise<{ value?: Value; fault?: string }> {
  try {
    return { value: await work() };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return { fault: typeof code === 'string' ? code : 'connector_failed' };
  }
}

/** The answer of a fixture as the outbound client hands it over. */
export function answerOf({ status = 200, headers = {}, body = '' }: NonNullable<Fixture['response']>): Answer {
  return { status, headers, body: Buffer.from(textOf(body)) };
}

/** The body of a fixture's answer as it goes over the line. */
export function textOf(body: NonNullable<Fixture['response']>['body'] = ''): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}
