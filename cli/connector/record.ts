import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { createMasker } from '../../http/masking.ts';
import type { Outbound } from '../../http/outbound.ts';
import type { MappingContext } from '../../rules/mapping/context.ts';
import type { RenderedRequest } from '../../rules/mapping/operation.ts';
import { compileConnector, runFixture, type Connector, type Fixture, type Subject } from '../../sdk/index.ts';
import { CommandFailure } from '../terminal.ts';

const valuesSchema = z.strictObject({
  config: z.record(z.string(), z.json()).optional().describe('Of a real account'),
  secrets: z.record(z.string(), z.string()).optional(),
});
/** What a real account has in place of a fixture's made-up values. */
export type RealValues = z.infer<typeof valuesSchema>;

/** The limit on the time of a request that nobody set one for. */
const TIMEOUT_MS = 15_000;

/** @throws CommandFailure when the file is none of real values */
export function readValues(path: string): RealValues {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new CommandFailure([`${path} is no file with JSON`]);
  }
  const parsed = valuesSchema.safeParse(json);
  if (!parsed.success) throw new CommandFailure([`${path} must look like {"config": {}, "secrets": {}}`]);
  return parsed.data;
}

/**
 * Sends what a fixture sends, with the values of a real account, and makes a fixture of what was answered. The account's
 * values do not stand in it: those of the first fixture do. The lead is the fixture's, so make it one that the service
 * may have. Rejects with a CommandFailure when there was no answer.
 */
export async function record(
  { connector, functions }: Pick<Subject, 'functions'> & { connector: Connector },
  fixture: Fixture,
  real: RealValues,
  outbound: Outbound,
): Promise<Fixture> {
  const config = { ...fixture.config, ...real.config };
  const secrets = { ...fixture.secrets, ...real.secrets };
  const run = compileConnector(connector, { config, secrets, functions });
  const context = run.context(structuredClone(fixture.input) as Partial<MappingContext> | undefined);
  const request = await run.operation(fixture.operation)?.render(context).catch(refuse);
  if (!request) throw new CommandFailure([`the connector has no ${fixture.operation}`]);
  const answer = await outbound.send({ ...outgoing(request), secrets: Object.values(secrets) });
  if (answer.kind !== 'response') throw new CommandFailure([`there was no answer: ${answer.code}`]);

  const madeUp = new Map([
    ...madeUpFor(real.config, fixture.config, 4),
    // Credentials last: a value that is both is a credential.
    ...madeUpFor(real.secrets, fixture.secrets, 1),
  ]);
  const text = masked(answer.body.toString(), madeUp);
  const type = answer.headers['content-type'];
  const recorded: Fixture = {
    operation: fixture.operation,
    ...(fixture.config ? { config: fixture.config } : {}),
    ...(fixture.secrets ? { secrets: fixture.secrets } : {}),
    ...(fixture.input ? { input: fixture.input } : {}),
    response: {
      ...(answer.status === 200 ? {} : { status: answer.status }),
      ...(type === undefined ? {} : { headers: { 'content-type': type } }),
      ...(text === '' ? {} : { body: asJson(text) }),
    },
  };
  // What it sends with made-up values, and what its answer means, is what the connector says now.
  const { request: sent, result, error } = await runFixture(connector, recorded, functions);
  return {
    ...recorded,
    ...(sent ? { request: sent } : {}),
    ...(result ? { result } : {}),
    ...(error ? { error } : {}),
  };
}

/** Writes a fixture beside the others; one of this name is never replaced. */
export function keep(folder: URL, name: string, fixture: Fixture): string {
  const file = `test/supplemental/${name}.json`;
  const place = new URL(file, folder);
  if (existsSync(place)) throw new CommandFailure([`${file} is there already`]);
  mkdirSync(new URL('.', place), { recursive: true });
  writeFileSync(place, `${JSON.stringify(fixture, null, 2)}\n`);
  return file;
}

/** A rendered request as the outbound client takes it. */
export function outgoing({ method, url, headers, body, timeoutMs = TIMEOUT_MS }: RenderedRequest) {
  return {
    method: method as 'GET' | 'POST' | 'PUT' | 'PATCH',
    url,
    headers,
    timeoutMs,
    ...(body === undefined ? {} : { body }),
  };
}

/** A mapping that fails says so by its code; what it holds is nobody's business. */
function refuse(error: Error & { code?: unknown }): never {
  throw new CommandFailure([`the request cannot be made: ${typeof error.code === 'string' ? error.code : error.name}`]);
}

/** What stands for each text of a real account. Values that are too short would be found in every answer. */
function madeUpFor(
  real: Readonly<Record<string, unknown>> = {},
  sample: Readonly<Record<string, unknown>> = {},
  atLeast: number,
) {
  return Object.entries(real).flatMap(([name, value]) =>
    typeof value === 'string' && value.length >= atLeast ? [[value, textOf(sample[name])] as const] : [],
  );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '***';
}

/** As it is, a value becomes the made-up one; in any other spelling it is masked. */
function masked(text: string, madeUp: Map<string, string>): string {
  let replaced = text;
  const longestFirst = [...madeUp].sort(([a], [b]) => b.length - a.length);
  for (const [value, sample] of longestFirst) replaced = replaced.replaceAll(value, sample);
  const samples = new Set(madeUp.values());
  return createMasker([...madeUp.keys()].filter((value) => !samples.has(value))).mask(replaced);
}

function asJson(text: string): NonNullable<Fixture['response']>['body'] {
  try {
    return JSON.parse(text) as NonNullable<Fixture['response']>['body'];
  } catch {
    return text;
  }
}
