import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { readEnvironment } from '../../config/environment.ts';

interface Service {
  image?: string;
  build?: string;
  environment?: Record<string, string | number>;
  healthcheck?: { test: string[] };
  depends_on?: string[] | Record<string, { condition: string }>;
  volumes?: string[];
  configs?: { source: string }[];
  ports?: string[];
  expose?: string[];
  stop_grace_period?: string;
}

interface Compose {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  configs: Record<string, { content: string }>;
}

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const settings: Record<string, string> = {
  LEADWIRE_SECRET_KEY: Buffer.alloc(32, 1).toString('base64'),
  POSTGRES_PASSWORD: 'chosen',
};

describe('docker-compose.yml', () => {
  const { services, volumes, configs } = parse(interpolated(read('docker-compose.yml')), { merge: true }) as Compose;
  const node = services['leadwire'];
  const gateway = configs['gateway']?.content ?? '';
  const schema = JSON.parse(read('docs/campaign.schema.json')) as {
    $defs: { auction: { properties: { deadlineMs: { maximum: number } } } };
  };
  const longestDeadline = schema.$defs.auction.properties.deadlineMs.maximum / 1000;

  it('names only what it defines', () => {
    for (const [name, service] of Object.entries(services)) {
      for (const [needed, { condition }] of dependencies(service)) {
        const found = services[needed];
        assert.ok(found, `${name} needs ${needed}`);
        if (condition === 'service_healthy') assert.ok(found.healthcheck, `${needed} has no healthcheck`);
      }
      for (const volume of service.volumes ?? []) {
        const [source = ''] = volume.split(':');
        assert.ok(source in volumes, `${name} mounts ${source}`);
      }
      for (const { source } of service.configs ?? []) assert.ok(source in configs, `${name} reads ${source}`);
      assert.ok(service.build ?? /:\d/.test(service.image ?? ''), `${name} needs a build or an image with its version`);
    }
  });

  it('gives nodes an environment that they accept, on servers that it runs', () => {
    const environment = readEnvironment(strings(node?.environment));
    assert.equal(environment.host, '0.0.0.0');
    assert.equal(environment.secretKey?.length, 32);
    const [temporal = ''] = (environment.temporalAddress ?? '').split(':');
    assert.ok(services[temporal]?.healthcheck);
    const members = /^mongodb:\/\/([^/]+)\/\?replicaSet=(\w+)/.exec(environment.mongodbUri ?? '');
    const hosts = members?.[1]?.split(',').map((host) => host.split(':')[0] ?? '') ?? [];
    assert.equal(hosts.length, 3);
    for (const host of hosts) assert.ok(services[host]?.healthcheck, host);
    assert.ok(JSON.stringify(services[hosts[0] ?? '']).includes(`"${members?.[2]}"`), 'another replica set');
  });

  it('asks for the secrets instead of having some', () => {
    const text = read('docker-compose.yml');
    for (const name of Object.keys(settings)) assert.match(text, new RegExp(`\\$\\{${name}:\\?`));
    assert.throws(() => interpolated(text, {}), /LEADWIRE_SECRET_KEY/);
  });

  it('shows one port to the world, which leads to the port of the nodes', () => {
    const { port } = readEnvironment(strings(node?.environment));
    assert.deepEqual(node?.expose, [String(port)]);
    assert.ok(node?.healthcheck?.test.some((part) => part.includes(`:${port}/readyz`)));
    assert.match(gateway, new RegExp(`set \\$node leadwire;\\s+proxy_pass http://\\$node:${port};`));
    const open = Object.values(services).flatMap(({ ports = [] }) => ports);
    assert.deepEqual(
      open.filter((mapping) => !mapping.startsWith('127.0.0.1:')),
      services['gateway']?.ports,
    );
  });

  it('tells the nodes the address of the client, and to believe one proxy', () => {
    assert.match(gateway, /proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for;/);
    assert.equal(readEnvironment(strings(node?.environment)).trustedProxies, 1);
  });

  it('lets a node finish its leads before it is stopped, however long their deadline', () => {
    const { shutdownSeconds } = readEnvironment(strings(node?.environment));
    assert.ok(shutdownSeconds >= longestDeadline + 5, `${shutdownSeconds} s to finish`);
    // First the requests, then the worker, which is forced ten seconds after its own time.
    const grace = Number(/^(\d+)s$/.exec(node?.stop_grace_period ?? '')?.[1]);
    assert.ok(grace >= 2 * shutdownSeconds + 15, `${grace} s of grace`);
    const patience = Number(/proxy_read_timeout (\d+)s/.exec(gateway)?.[1]);
    assert.ok(patience >= longestDeadline + 5, `the gateway waits ${patience} s`);
    assert.match(gateway, /proxy_next_upstream off/, 'a lead must not be posted twice by the gateway');
  });

  it('starts what the image holds', () => {
    const [, command = '[]'] = /^CMD (.*)$/m.exec(read('Dockerfile')) ?? [];
    const files = (JSON.parse(command) as string[]).filter((part) => /\.[jt]s$/.test(part));
    assert.equal(files.length, 2);
    for (const file of files) {
      assert.ok(read(file).length > 0);
      const [folder = ''] = file.replace(/^\.\//, '').split('/');
      assert.ok(!read('.dockerignore').split('\n').includes(folder), `${file} is not copied`);
    }
  });
});

function dependencies({ depends_on: needed = {} }: Service): [string, { condition: string }][] {
  if (Array.isArray(needed)) return needed.map((name) => [name, { condition: 'service_started' }]);
  return Object.entries(needed);
}

/** As Compose does it: `${NAME:-default}`, `${NAME:?complaint}` and `$$`. */
function interpolated(text: string, values = settings): string {
  return text.replace(/\$\$|\$\{(\w+)(?::([-?])([^}]*))?\}/g, (whole, name?: string, mark?: string, rest?: string) => {
    if (name === undefined) return '$';
    const value = values[name] ?? (mark === '-' ? rest : undefined);
    if (value === undefined) throw new Error(`${name}: ${rest ?? whole}`);
    return value;
  });
}

function strings(environment: Service['environment'] = {}): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, String(value)]));
}
