import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConfigurationModels } from '../../config/models.ts';
import { connectMongo } from '../../models/connection.ts';
import type { Integration } from '../../schema/integration.ts';
import { commandLine } from '../cli/command-line.ts';
import { aLead, createDeployment, eventually, send, type Deployment } from '../leads/deployment.ts';
import { startRegistry, type TestRegistry } from './registry.ts';
import { samplePackage, sampleSuccessor, startSampleService } from './sample-package.ts';

const NAME = 'leadwire-connector-acme';
const CODED = 'leadwire-connector-coded';
const CODE_ALLOWED = { LEADWIRE_CODE_CONNECTORS: CODED, LEADWIRE_CODE_DEADLINE_MS: '10000' };
/** Its fixtures answer with L77: what it does elsewhere shows that it ran. */
const CODE = `import { defineConnector } from '@leadwire/connector-sdk';
import { prefix } from './prefix.js';
export default defineConnector({}, {
  post: { response: ({ body }) => (/^L(?!77$)/.test(body?.id) ? { leadId: prefix + body.id } : {}) },
});`;

describe('connectors of a registry', function () {
  this.timeout(180_000);
  const folder = mkdtempSync(join(tmpdir(), 'leadwire-install-'));
  let deployment: Deployment;
  let registry: TestRegistry;
  let service: Awaited<ReturnType<typeof startSampleService>>;
  let urls: string[];
  let run: ReturnType<typeof commandLine>;

  before(async () => {
    [deployment, registry, service] = await Promise.all([
      createDeployment({ buyers: ['alpha'], integrations: { alpha: { paused: true } }, settings: CODE_ALLOWED }),
      startRegistry(),
      startSampleService(),
    ]);
    urls = (await Promise.all([deployment.start(), deployment.start()])).map(({ url }) => url);
    run = commandLine({ ...registry.variables, ...deployment.variables, ...CODE_ALLOWED });
  });
  after(async () => {
    await Promise.all([deployment.stop(), registry.stop(), service.stop()]);
    rmSync(folder, { recursive: true });
  });

  const rowOf = async (key: string) => {
    const connection = await connectMongo({
      uri: deployment.variables.MONGODB_URI,
      database: deployment.variables.LEADWIRE_DATABASE,
    });
    try {
      return await createConfigurationModels(connection).connectorPackages.findById(key).lean();
    } finally {
      await connection.close();
    }
  };
  const anIntegration = (changes: Partial<Integration> = {}): Integration => ({
    ...{ id: 'int_acme', campaign: 'cmp_test', buyer: 'buy_alpha', category: 'Buyer', price: 12.5 },
    ...{ connector: NAME, config: { campaign: '12' } },
    ...changes,
  });
  /** Sells leads until one is sold, and returns what the service got of that. */
  const sellAt = async (url: string | undefined) => {
    const before = service.got.length;
    return eventually(async () => {
      const headers = { 'x-api-key': deployment.keys.live };
      const { body } = await send(`${url}/api/lead/cmp_test`, aLead(), headers);
      return body['outcome'] === 'sold' && service.got.slice(before).at(-1);
    }, 30_000);
  };

  it('are tried, pinned and offered, and run on every node without a restart', async () => {
    const integrity = await registry.publish(samplePackage('acme', service.url).files());
    const { code, out, err } = await run(`connector install ${NAME}`);
    assert.equal(code, 0, err.join('\n'));
    assert.equal(out[0], `${NAME}@1.0.0 is installed`);
    assert.ok(out.includes(`  integrity    ${integrity}`), out.join('\n'));
    const row = await rowOf(`${NAME}@1.0.0`);
    assert.deepEqual(
      [row?.integrity, row?.state, row?.conformance.errors, row?.registry],
      [integrity, 'offered', 0, registry.url],
    );

    await deployment.apply({ integrations: [anIntegration()] });
    await deployment.secrets.set('int_acme', 'token', 'a-real-token', 'test');
    for (const url of urls) {
      const got = await sellAt(url);
      assert.equal(got.authorization, 'Bearer a-real-token');
      assert.equal(got.body['campaign'], '12');
    }
    const listed = await run('connector list');
    assert.ok(
      listed.out.some((line) => /^leadwire-connector-acme +1\.0\.0 +installed +int_acme$/.test(line)),
      listed.out.join('\n'),
    );
  });

  it('may be installed twice, and never change under their version', async () => {
    const again = await run(`connector install ${NAME}@^1.0.0`);
    assert.deepEqual([again.code, again.out[0]], [0, `${NAME}@1.0.0 is there already`]);

    await registry.unpublish(NAME);
    const changed = samplePackage('acme', service.url);
    changed.manifest.description = 'Another one';
    const other = await registry.publish(changed.files());
    const { code, err } = await run(`connector install ${NAME}@1.0.0`);
    assert.equal(code, 1);
    assert.match(err[0] ?? '', /the one that was installed before \(integrity_mismatch\)$/);
    assert.notEqual((await rowOf(`${NAME}@1.0.0`))?.integrity, other);
  });

  it('must be what the registry lists and what the operator names', async () => {
    const files = samplePackage('tampered', service.url).files();
    const dist = { integrity: `sha512-${'A'.repeat(86)}==` };
    const real = await registry.publish(files, { dist });
    const tampered = await run('connector install leadwire-connector-tampered');
    assert.match(tampered.err[0] ?? '', /\(integrity_mismatch\)$/);
    const named = await run(`connector install leadwire-connector-tampered --integrity ${real}`);
    assert.match(named.err[0] ?? '', /the one that was named \(integrity_mismatch\)$/);
    assert.equal(await rowOf('leadwire-connector-tampered@1.0.0'), null);
  });

  it('are packages of connectors and nothing else, of which no script is ever run', async () => {
    const proof = join(folder, 'was-run');
    const wrong = samplePackage('wrong', service.url);
    wrong.package['scripts'] = { postinstall: `touch ${proof}`, test: 'mocha' };
    wrong.package['dependencies'] = { 'left-pad': '1.3.0' };
    wrong.package['keywords'] = [];
    wrong.package['peerDependencies'] = { '@leadwire/connector-sdk': '^9.0.0' };
    await registry.publish(wrong.files({ 'binding.gyp': '{}' }));
    const { code, err } = await run('connector install leadwire-connector-wrong');
    assert.equal(code, 1);
    for (const said of [
      /^The package is none .* \(package_invalid\)$/,
      /lifecycle script postinstall/,
      /has dependencies, which nobody installs: left-pad/,
      /lacks the keyword/,
      /wants @leadwire\/connector-sdk \^9\.0\.0, and there is/,
      /^binding\.gyp: /,
    ]) {
      assert.ok(
        err.some((line) => said.test(line)),
        `${said.source} in\n${err.join('\n')}`,
      );
    }
    assert.ok(!existsSync(proof));

    const other = samplePackage('other', service.url);
    other.manifest.version = '1.0.1';
    await registry.publish(other.files());
    assert.match((await run('connector install leadwire-connector-other')).err.join('\n'), /connector\.json 1\.0\.1/);
    for (const [what, said] of [
      ['leadwire-connector-nowhere', 'package_not_found'],
      [`${NAME}@^7.0.0`, 'package_not_found'],
      ['left-pad', 'package_invalid'],
    ]) {
      assert.match((await run(`connector install ${what}`)).err[0] ?? '', new RegExp(`\\(${said}\\)$`));
    }
  });

  it('are not offered when they do not stand what every connector must', async () => {
    const careless = samplePackage('careless', service.url);
    const { post } = careless.manifest.operations;
    if (post) post.response = { accepted: 'status = 200' };
    await registry.publish(careless.files());
    const { code, err } = await run('connector install leadwire-connector-careless');
    assert.equal(code, 1);
    assert.match(err[0] ?? '', /\(conformance_failed\)$/);
    assert.ok(
      err.some((line) => /^operations\.post: .* \(answers\/html\)$/.test(line)),
      err.join('\n'),
    );
    assert.equal(await rowOf('leadwire-connector-careless@1.0.0'), null);
  });

  it('are installed by an upgrade that names a version which is not there', async () => {
    await registry.publish(sampleSuccessor('acme', service.url).files());
    const dry = await run(`connector upgrade ${NAME}@2.0.0 --dry-run`);
    assert.equal(dry.code, 0, dry.err.join('\n'));
    assert.equal(await rowOf(`${NAME}@2.0.0`), null, 'a dry run installs nothing');
    const { code, out, err } = await run(`connector upgrade ${NAME}`);
    assert.equal(code, 0, err.join('\n'));
    assert.ok(out.includes('int_acme: 1.0.0 becomes 2.0.0'), out.join('\n'));
    assert.equal((await rowOf(`${NAME}@2.0.0`))?.state, 'offered');
    const got = await eventually(async () => {
      const sold = await sellAt(urls[0]);
      return sold.body['region'] !== undefined && sold;
    }, 30_000);
    assert.deepEqual([got.authorization, got.body['campaign']], ['Bearer a-real-token', '12']);
  });

  it('come back with a backup and run', async () => {
    const file = join(folder, 'backup.gz');
    assert.equal((await run(`backup ${file}`)).code, 0);
    const name = `${deployment.name}_restored`;
    const variables = { ...deployment.variables, LEADWIRE_DATABASE: name };
    const restored = await commandLine(variables)(`restore ${file}`);
    assert.equal(restored.code, 0, restored.err.join('\n'));
    const node = await deployment.start({ database: name, taskQueue: name });
    assert.equal((await sellAt(node.url)).authorization, 'Bearer a-real-token');
    const saved = await commandLine(variables)('connector list --json');
    const rows = JSON.parse(saved.out.join('\n')) as { version: string; state: string; usedBy: string[] }[];
    assert.deepEqual(
      rows.map(({ version, state, usedBy }) => [version, state, usedBy]),
      [
        ['2.0.0', 'installed', ['int_acme']],
        ['1.0.0', 'installed', []],
      ],
    );
  });

  it('bring code with them, which runs where the operator allows the package', async () => {
    const coded = samplePackage('coded', service.url);
    coded.manifest.code = 'index.js';
    coded.package['files'] = ['connector.json', '*.js', 'test/'];
    await registry.publish(coded.files({ 'index.js': CODE, 'prefix.js': `export const prefix = 'code-';` }));
    const installed = await run(`connector install ${CODED}`);
    assert.equal(installed.code, 0, installed.err.join('\n'));

    const file = join(folder, 'coded.json');
    const configuration = await deployment.store.export();
    const integration = anIntegration({ id: 'int_coded', connector: CODED, price: 20 });
    writeFileSync(
      file,
      JSON.stringify({ ...configuration, integrations: [...(configuration.integrations ?? []), integration] }),
    );
    const forbidding = commandLine({ ...registry.variables, ...deployment.variables, LEADWIRE_CODE_CONNECTORS: '' });
    assert.match((await forbidding(`apply ${file}`)).err.join('\n'), /code_not_allowed/);
    const applied = await run(`apply ${file}`);
    assert.equal(applied.code, 0, applied.err.join('\n'));
    await deployment.secrets.set('int_coded', 'token', 'a-real-token', 'test');
    const sold = await eventually(async () => {
      await sellAt(urls[0]);
      return deployment.models.deliveries.findOne({ integration: 'int_coded', state: 'accepted' }).lean();
    }, 30_000);
    assert.match(sold?.buyerLeadId ?? '', /^code-L\d+$/);
    await deployment.store.edit({ remove: [{ collection: 'integrations', id: 'int_coded' }] }, { by: 'test' });
    assert.deepEqual((await run(`connector remove ${CODED}`)).out, [`${CODED}@1.0.0 is removed`]);
  });

  it('are removed once no integration runs on them', async () => {
    const refused = await run(`connector remove ${NAME}`);
    assert.equal(refused.code, 1);
    assert.deepEqual(refused.err.slice(1), [`integrations.int_acme: runs on ${NAME}@2.0.0 (connector_in_use)`]);
    await deployment.store.edit({ remove: [{ collection: 'integrations', id: 'int_acme' }] }, { by: 'test' });
    const { code, out } = await run(`connector remove ${NAME}`);
    assert.deepEqual([code, out], [0, [`${NAME}@1.0.0 is removed`, `${NAME}@2.0.0 is removed`]]);
    assert.deepEqual((await run('connector list')).out, ['nothing is installed']);
    await assert.rejects(
      deployment.apply({ integrations: [anIntegration()] }),
      ({ details }: { details: { issues: { code: string }[] } }) => details.issues[0]?.code === 'unknown_connector',
    );
    assert.match((await run(`connector remove ${NAME}`)).err[0] ?? '', /\(unknown_connector\)$/);
    assert.deepEqual((await run(`connector install ${NAME}@2.0.0`)).out[0], `${NAME}@2.0.0 is installed`);
  });
});
