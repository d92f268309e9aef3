import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileConfiguration, type CompiledIntegration } from '../config/compile.ts';
import { createConnectorCatalog, type ConnectorSource } from '../config/connectors/catalog.ts';
import type { ConnectorCode } from '../config/connectors/code.ts';
import { pinConnectors } from '../config/connectors/pins.ts';
import type { MappingContext } from '../rules/mapping/operation.ts';
import type { ConfigurationFile } from '../schema/configuration.ts';
import type { Operation } from '../schema/mapping.ts';
import { bundleCode } from '../sdk/code/bundle.ts';
import { createCodeThreads } from '../sdk/code/threads.ts';

const INSTALLED = 500;
const CALLS = 20_000;
const ROUNDS = 5;
/** Fewer: each goes to another process and back, twice. */
const CODE_CALLS = 2_000;

/** A post as buyers have it: a dozen fields, and an answer with a price. */
const POST: Operation = {
  request: {
    url: 'https://api.acme.example/{{config.account}}/leads',
    json: {
      campaign: 'config.account',
      first_name: 'lead.first_name',
      last_name: 'lead.last_name',
      email: 'lead.email',
      phone: { field: 'lead.phone', format: 'national' },
      'address.street': 'lead.address',
      'address.city': 'lead.city',
      'address.state': 'lead.state',
      'address.zip': 'lead.zip',
      birthday: { field: 'lead.birth_date', format: 'date_us' },
      bid: 'bid.id',
      test: { value: false },
    },
  },
  response: {
    error: 'status >= 400',
    rejected: { 'body.status': 'no' },
    accepted: { 'body.status': 'yes' },
    price: 'body.price',
    leadId: 'body.id',
    reason: 'body.message',
  },
};

const MANIFEST = {
  id: 'acme',
  title: 'Acme',
  description: 'For the bench.',
  category: 'Buyer',
  version: '1.0.0',
  sdk: '^1.0.0',
  hosts: ['api.acme.example'],
  authentication: { kind: 'bearer', token: '{{secrets.token}}' },
  config: {
    type: 'object',
    properties: {
      account: { type: 'string', title: 'Account' },
      token: { type: 'string', title: 'Token', secret: true },
    },
    required: ['account', 'token'],
  },
  operations: { post: POST },
};

/** The same request and the same reading of its answer as code. */
const CODE = `import { defineConnector } from '@leadwire/connector-sdk';
export default defineConnector({}, { post: {
  request: ({ lead, config, bid }) => ({
    url: 'https://api.acme.example/' + encodeURIComponent(config.account) + '/leads',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      campaign: config.account, first_name: lead.first_name, last_name: lead.last_name, email: lead.email,
      phone: lead.phone.replace(/^\\+1/, ''),
      address: { street: lead.address, city: lead.city, state: lead.state, zip: lead.zip },
      birthday: lead.birth_date.replace(/^(\\d+)-(\\d+)-(\\d+)$/, '$2/$3/$1'), bid: bid.id, test: false,
    }),
  }),
  response: ({ status, body }) => ({
    outcome: status >= 400 ? 'error' : { yes: 'accepted', no: 'rejected' }[body.status] ?? 'unrecognised',
    price: body.price, leadId: body.id, reason: body.message,
  }),
} });`;

const CONTEXT: MappingContext = {
  lead: {
    ...{ first_name: 'Ada', last_name: 'Lovelace', email: 'ada@example.com', phone: '+12125550198' },
    ...{ address: '1 Main St', city: 'New York', state: 'NY', zip: '10001', birth_date: '1985-12-10' },
  },
  config: { account: '7' },
  secrets: { token: 'a-token' },
  bid: { price: 12.5, id: 'b1' },
  campaign: { id: 'cmp_bench', name: 'Bench' },
  source: { id: 'src_bench' },
  sandbox: false,
  now: '2026-01-15T12:00:00.000Z',
};
const ANSWER = {
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(JSON.stringify({ status: 'yes', price: '12.50', id: 'L77' })),
};

/** What an integration says that runs on it. */
const OWN = { connector: 'acme', config: { account: '7' } };

/** What a connector adds to a mapping, and what many that are installed add to a start and to a lead. */
export async function measureConnectors(): Promise<void> {
  const texts = Array.from({ length: INSTALLED }, (_, at) => JSON.stringify({ ...MANIFEST, id: `acme-${at}` }));
  const [few, many] = [catalogOf([JSON.stringify(MANIFEST)]), catalogOf([JSON.stringify(MANIFEST), ...texts])];
  const inline = compile({
    config: CONTEXT.config as Record<string, string>,
    secrets: ['token'],
    post: {
      ...POST,
      request: { ...POST.request, headers: { authorization: 'Bearer {{secrets.token}}' } },
    },
  });
  const subjects = { inline, connector: compile(OWN, few), 'connector, 500 installed': compile(OWN, many) };
  for (let round = 0; round < ROUNDS; round++) {
    const took: string[] = [];
    let base = 0;
    for (const [name, integration] of Object.entries(subjects)) {
      const us = await microsecondsOf(integration);
      base ||= us;
      took.push(`${name} ${us.toFixed(2)} µs (${(us / base).toFixed(2)}×)`);
    }
    console.log(`  request and response: ${took.join(', ')}`);
  }
  await measureCode(subjects.inline);
  const started = performance.now();
  const catalog = catalogOf(texts);
  const listed = performance.now();
  for (const { name } of catalog.list()) if (!catalog.find(name)) throw new Error(`${name} has mistakes`);
  const checked = performance.now();
  console.log(
    `  ${INSTALLED} installed: ${(listed - started).toFixed(0)} ms at a start; ` +
      `${(checked - listed).toFixed(0)} ms more where integrations use every one of them`,
  );
}

/** What it costs to have the same done by code in its thread: time to wait, and processor time of this process. */
async function measureCode(inline: CompiledIntegration): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'leadwire-bench-'));
  writeFileSync(join(folder, 'index.js'), CODE);
  const script = await bundleCode(folder);
  rmSync(folder, { recursive: true });
  const threads = createCodeThreads({ deadlineMs: 5_000 });
  const manifest = { ...MANIFEST, code: 'index.js', operations: { post: {} } };
  const code = { of: (key: string) => threads.functions(key, () => Promise.resolve(script)) };
  const inThread = compile(OWN, catalogOf([JSON.stringify(manifest)]), code);
  try {
    const began = performance.now();
    await microsecondsOf(inThread, 1);
    console.log(`  code in a thread: ${(performance.now() - began).toFixed(0)} ms for the first call, which starts it`);
    for (let round = 0; round < ROUNDS; round++) {
      const took: string[] = [];
      for (const [name, integration] of Object.entries({ inline, 'code in a thread': inThread })) {
        const from = performance.now();
        const us = await microsecondsOf(integration, CODE_CALLS);
        const waited = ((performance.now() - from) * 1000) / CODE_CALLS;
        took.push(`${name} ${waited.toFixed(0)} µs (${us.toFixed(0)} µs of this process)`);
      }
      console.log(`  request and response, one after the other: ${took.join(', ')}`);
    }
  } finally {
    await threads.close();
  }
}

function catalogOf(texts: readonly string[]) {
  const manifests = texts.map((text) => JSON.parse(text) as typeof MANIFEST);
  return createConnectorCatalog(
    manifests.map((manifest): ConnectorSource => ({ name: manifest.id, version: manifest.version, manifest })),
  );
}

function compile(own: object, connectors?: ReturnType<typeof catalogOf>, code?: ConnectorCode): CompiledIntegration {
  const file = {
    campaigns: [{ id: 'cmp_bench', name: 'Bench', timezone: 'UTC', fields: [] }],
    buyers: [{ id: 'buy_bench', name: 'Bench' }],
    integrations: [{ id: 'int_bench', campaign: 'cmp_bench', buyer: 'buy_bench', category: 'Buyer', price: 5, ...own }],
  } as unknown as ConfigurationFile;
  const pins = connectors && pinConnectors(file, () => true, undefined, connectors);
  const integration = compileConfiguration({ ...file, pins }, 1, { code }).integrations.get('int_bench');
  if (!integration) throw new Error('nothing was compiled');
  return integration;
}

/** CPU of one request and the reading of its answer. */
async function microsecondsOf({ operations: { post } }: CompiledIntegration, calls = CALLS): Promise<number> {
  const before = process.cpuUsage();
  for (let call = 0; call < calls; call++) {
    const request = await post?.render(CONTEXT);
    const read = await post?.interpret(ANSWER, CONTEXT);
    if (request?.headers['authorization'] !== 'Bearer a-token' || read?.outcome !== 'accepted')
      throw new Error('not what it should be');
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}
