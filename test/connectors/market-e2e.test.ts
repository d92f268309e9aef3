import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parse } from 'yaml';
import type { ConfigurationFile } from '../../schema/configuration.ts';
import { createRegistry } from '../../config/connectors/registry.ts';
import { createOutbound } from '../../http/outbound.ts';
import { indexPackage } from '../../server/connectors/build-index.ts';
import { commandLine } from '../cli/command-line.ts';
import { campaignFile } from '../leads/campaign-file.ts';
import { aLead, createDeployment, eventually, type Deployment } from '../leads/deployment.ts';
import { startRegistry, type TestRegistry } from './registry.ts';

const PACKAGE = 'leadwire-connector-solar';
const PATIENCE_MS = 60_000;

/** A buyer that takes every lead, and keeps what it was sent and where. */
async function startBuyer() {
  const got: { path: string; authorization: string; body: Record<string, unknown> }[] = [];
  const server = createServer((request, response) => {
    void text(request).then((sent) => {
      const { authorization = '' } = request.headers;
      got.push({ path: request.url ?? '', authorization, body: JSON.parse(sent) as Record<string, unknown> });
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ status: 'accepted', price: '12.50', id: `L${got.length}` }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    got,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
  };
}

/** Changes JSON files of a folder. */
function change(folder: string, file: string, edit: (text: string) => string): void {
  const path = join(folder, file);
  writeFileSync(path, edit(readFileSync(path, 'utf8')));
}

describe('a connector from its author to a lead', function () {
  this.timeout(240_000);
  const root = mkdtempSync(join(tmpdir(), 'leadwire-market-'));
  const folder = join(root, 'solar');
  let registry: TestRegistry;
  let buyer: Awaited<ReturnType<typeof startBuyer>>;
  let deployment: Deployment;
  let url: string;
  let run: (argv: string, input?: string) => Promise<string>;
  let fails: (argv: string) => Promise<string>;

  before(async () => {
    [registry, buyer, deployment] = await Promise.all([
      startRegistry(),
      startBuyer(),
      createDeployment({ buyers: ['alpha'], integrations: { alpha: { price: 1 } } }),
    ]);
    ({ url } = await deployment.start());
    const leadwire = commandLine({ ...registry.variables, ...deployment.variables });
    run = async (argv, input) => {
      const ran = await leadwire(argv, input);
      assert.equal(ran.code, 0, [argv, ...ran.out, ...ran.err].join('\n'));
      return ran.out.join('\n');
    };
    fails = async (argv) => {
      const ran = await leadwire(argv);
      assert.equal(ran.code, 1, ran.out.join('\n'));
      return ran.err.join('\n');
    };
    deployment.buyers.setBehaviour('alpha', { ping: { price: 1 } });
  });
  after(async () => {
    await Promise.all([deployment?.stop(), registry?.stop(), buyer?.stop()]);
    rmSync(root, { recursive: true });
  });

  /** Posts leads until one ends as wanted: nodes learn of a change within two seconds. */
  const routed = (isWanted: (seen: { path?: string; price: unknown; id: string }) => boolean) =>
    eventually(async () => {
      const before = buyer.got.length;
      const { body } = await deployment.post(aLead());
      const sent = buyer.got[before];
      const seen = { price: body['price'], id: String(body['transaction_id']), ...(sent ? { path: sent.path } : {}) };
      return isWanted(seen) && { ...seen, sent };
    }, PATIENCE_MS);
  const integration = async () => {
    const { integrations = [] } = parse(await run('export')) as ConfigurationFile;
    return integrations.find(({ id }) => id === 'int_solar');
  };

  it('is created and published', async () => {
    await run(`connector create solar --title Solar --url ${buyer.url}/leads --into ${folder}`);
    assert.match(await run(`connector publish ${folder} --no-provenance`), new RegExp(`${PACKAGE}@1.0.0 is published`));
  });

  it('is indexed, searched and looked at', async () => {
    const out = await run(`connector index --no-built-in --out ${join(root, 'index')}`);
    assert.match(out, /holds 1 connectors, 0 of them built in, and blocks 0/);
    await run(`connector index --from ${join(root, 'index')}`);
    const [found] = JSON.parse(await run('connector search solar --json')) as Record<string, unknown>[];
    assert.deepEqual([found?.['id'], found?.['version'], found?.['installed']], [PACKAGE, '1.0.0', []]);
    assert.match(String(found?.['integrity']), /^sha512-/);
    assert.deepEqual((found?.['conformance'] as { errors: number }).errors, 0);
    assert.deepEqual(found?.['hosts'], [new URL(buyer.url).host]);
    const page = await eventually(async () => {
      const answer = await fetch(`${url}/docs/connectors/${PACKAGE}`);
      return answer.status === 200 && answer.text();
    }, PATIENCE_MS);
    assert.ok(page.includes(`npx leadwire connector install ${PACKAGE}@1.0.0`) && page.includes('Post accepted'));
  });

  it('is indexed with what the registry says of where it was built', async () => {
    const outbound = createOutbound({ allowNetworks: ['127.0.0.1'] });
    const real = createRegistry({ outbound, url: registry.url });
    /** What a registry that keeps statements lists beside the rest. */
    const indexed = (dist: object) =>
      indexPackage(PACKAGE, {
        registry: {
          ...real,
          async read(path) {
            const listing = (await real.read(path)) as { versions: Record<string, { dist: object }> };
            for (const version of Object.values(listing.versions)) Object.assign(version.dist, dist);
            return { ...listing, maintainers: [{ name: 'ada', email: 'ada@example.com' }] };
          },
        },
        test: () => Promise.resolve([]),
      });
    try {
      const predicateType = 'https://slsa.dev/provenance/v1';
      const attested = await indexed({
        attestations: { url: `${registry.url}/statement`, provenance: { predicateType } },
      });
      const expected = { kind: 'attested', predicate: predicateType, url: `${registry.url}/statement` };
      assert.deepEqual(attested.provenance, expected);
      assert.ok(!JSON.stringify(attested).includes('ada@example.com'), 'addresses of people stay in the registry');
      const signatures = [{ keyid: 'SHA256:x', sig: 'y' }];
      assert.deepEqual((await indexed({ signatures })).provenance, { kind: 'signed' });
      assert.deepEqual((await indexed({ signatures: [] })).provenance, { kind: 'none' });
    } finally {
      await outbound.close();
    }
  });

  it('is installed, and sells a lead without a restart', async () => {
    assert.match(await run(`connector install ${PACKAGE}`), new RegExp(`${PACKAGE}@1.0.0 is installed`));
    const file = campaignFile(deployment.buyers.url, { buyers: ['alpha'] });
    file.buyers?.push({ id: 'buy_solar', name: 'Solar' });
    file.integrations?.push({
      ...{ id: 'int_solar', campaign: 'cmp_test', buyer: 'buy_solar', category: 'Buyer' as const },
      ...{ connector: PACKAGE, price: 12, config: { campaign: '77' } },
    });
    writeFileSync(join(root, 'campaign.json'), JSON.stringify(file));
    await run(`apply ${join(root, 'campaign.json')} --force`);
    await run('secret set int_solar token', 'a-token-of-solar');
    const { sent, price } = await routed(({ path }) => path === '/leads');
    assert.equal(price, 12.5);
    assert.equal(sent?.authorization, 'Bearer a-token-of-solar');
    assert.deepEqual([sent?.body['campaign'], sent?.body['first_name']], ['77', 'Ada']);
  });

  it('has a second version, to which it is moved with its configuration', async () => {
    change(folder, 'package.json', (there) => there.replace('"version": "1.0.0"', '"version": "2.0.0"'));
    change(folder, 'connector.json', (there) => {
      const manifest = JSON.parse(
        there.replaceAll('/leads"', '/v2/leads"').replace('"config.campaign"', '"config.campaign_id"'),
      ) as { config: { properties: Record<string, unknown>; required: string[] } };
      const { campaign, ...others } = manifest.config.properties;
      manifest.config.properties = { campaign_id: campaign, ...others };
      manifest.config.required = ['campaign_id', 'token'];
      const migrations = [{ to: '2.0.0', rename: { campaign: 'campaign_id' } }];
      return JSON.stringify({ ...manifest, version: '2.0.0', migrations });
    });
    for (const file of ['accepted', 'rejected']) {
      change(folder, `test/exemplary/post-${file}.json`, (there) => {
        const fixture = JSON.parse(there.replaceAll('/leads"', '/v2/leads"')) as { config: Record<string, string> };
        return JSON.stringify({ ...fixture, config: { campaign_id: fixture.config['campaign'] } });
      });
    }
    await run(`connector publish ${folder} --no-provenance`);
    assert.equal((await integration())?.connector, PACKAGE, 'a version that is published moves nothing');
    assert.match(await run(`connector upgrade ${PACKAGE}`), /config: campaign becomes campaign_id/);
    const moved = await integration();
    assert.deepEqual([moved?.connector, moved?.config], [`${PACKAGE}@2.0.0`, { campaign_id: '77' }]);
    const { sent } = await routed(({ path }) => path === '/v2/leads');
    assert.equal(sent?.body['campaign'], '77');
  });

  it('is put back to what it was', async () => {
    await run(`connector upgrade ${PACKAGE} --rollback`);
    assert.deepEqual((await integration())?.config, { campaign: '77' });
    const { sent } = await routed(({ path }) => path === '/leads');
    assert.equal(sent?.body['campaign'], '77');
  });

  it('is blocked: the next lead goes by it, with the reason on record, and nobody can install it', async () => {
    assert.match(await run(`connector block ${PACKAGE} --reason Unsafe`), /int_solar is stopped/);
    // A lead under way while the node learns of it is refused at the post, where the auction has a bid of solar's yet.
    const solar = await eventually(async () => {
      const { id } = await routed(({ path }) => path === undefined);
      const auction = await deployment.models.auctions.findById(`${id}:1`).lean();
      const participant = auction?.participants.find(({ integration: one }) => one === 'int_solar');
      return participant?.result !== 'bid' && participant;
    }, PATIENCE_MS);
    assert.deepEqual([solar.result, (solar.detail as { why?: string }).why], ['connector_blocked', 'Unsafe']);
    assert.match(await fails(`connector install ${PACKAGE}@2.0.0`), /Unsafe.*connector_blocked/);
    await run(`connector unblock ${PACKAGE}`);
    await routed(({ path }) => path === '/leads');
  });
});
