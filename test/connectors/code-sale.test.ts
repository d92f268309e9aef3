import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createConnectorCatalog } from '../../config/connectors/catalog.ts';
import { createConfigurationModels } from '../../config/models.ts';
import { createConfigurationStore } from '../../config/store.ts';
import { connectMongo } from '../../models/connection.ts';
import type { Integration } from '../../schema/integration.ts';
import { bundleCode } from '../../sdk/code/bundle.ts';
import { aLead, createDeployment, eventually, type Deployment } from '../leads/deployment.ts';

const PACKAGE = 'leadwire-connector-nimbus';
const KEY = 'a-shared-key';

/** A service of its own kind: lines of text, with a checksum that nobody else has. */
const MANIFEST = {
  id: 'nimbus',
  title: 'Nimbus',
  description: 'Takes lines with a checksum.',
  category: 'Buyer',
  version: '1.2.0',
  sdk: '^1.0.0',
  hosts: ['{{config.url}}'],
  config: {
    type: 'object',
    properties: {
      url: { type: 'string', title: 'Address', format: 'uri' },
      key: { type: 'string', title: 'Key', secret: true },
    },
    required: ['url', 'key'],
  },
  code: 'index.js',
  operations: {
    post: { description: 'Sells the lead' },
    deliver: { request: { url: '{{config.url}}/crm', json: { wants: 'lead.first_name' } } },
  },
} as const;
const CODE = `import { defineConnector, ConnectorError } from '@leadwire/connector-sdk';
import { createHash } from 'node:crypto';
const sum = (text, key) => createHash('md5').update(text.toUpperCase() + key).digest('hex').slice(0, 12);
export default defineConnector({}, {
  post: {
    request: ({ lead, config, secrets }) => {
      const line = [lead.zip, lead.phone, lead.first_name].join('|');
      return { url: config.url + '/post', headers: { 'content-type': 'text/plain' }, body: line + '|' + sum(line, secrets.key) };
    },
    response: ({ text }) => {
      const [said, price] = text.split(' ');
      return said === 'TAKEN' ? { outcome: 'accepted', price } : { outcome: 'rejected', reason: text };
    },
  },
  deliver: {
    response: ({ body }) => {
      if (body.is === 'closed') throw new ConnectorError('account_closed');
      if (body.is === 'busy') throw new ConnectorError('try_later', { retryable: true });
      return { outcome: 'accepted' };
    },
  },
});`;

/** The other side, which takes only what has the right checksum. */
async function startNimbus() {
  const lines: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      if (request.url === '/crm')
        return response.end(JSON.stringify({ is: (JSON.parse(body) as { wants: string }).wants }));
      lines.push(body);
      const at = body.lastIndexOf('|');
      const sum = createHash('md5')
        .update(body.slice(0, at).toUpperCase() + KEY)
        .digest('hex');
      return response.end(body.slice(at + 1) === sum.slice(0, 12) ? 'TAKEN 17.25' : 'BAD SUM');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    lines,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
  };
}

describe('integrations on connectors with code', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'leadwire-code-sale-'));
  let nimbus: Awaited<ReturnType<typeof startNimbus>>;
  let script = '';
  before(async () => {
    nimbus = await startNimbus();
    writeFileSync(join(folder, 'index.js'), CODE);
    script = await bundleCode(folder);
  });
  after(async () => {
    await nimbus.stop();
    rmSync(folder, { recursive: true });
  });

  /** A deployment with the package, as the command line leaves it, and integrations on it. Its node is not started. */
  async function deploymentOn(allowed: string): Promise<Deployment> {
    const settings = { LEADWIRE_CODE_CONNECTORS: allowed, LEADWIRE_CODE_DEADLINE_MS: '10000' };
    const deployment = await createDeployment({
      buyers: ['alpha'],
      integrations: { alpha: { paused: true } },
      settings,
    });
    const mongo = await connectMongo({ uri: process.env['MONGODB_URI'] ?? '', database: deployment.name });
    try {
      const models = createConfigurationModels(mongo);
      const _id = `${PACKAGE}@${MANIFEST.version}`;
      const said = { conformance: { errors: 0, warnings: 0, suggestions: 0 }, by: 'test', state: 'offered' } as const;
      const from = { integrity: 'sha512-', registry: 'https://registry.example', tarball: Buffer.from('-') };
      const held = { manifest: JSON.stringify(MANIFEST), fixtures: '[]', code: script, installedAt: new Date() };
      const version = { package: PACKAGE, version: MANIFEST.version };
      await models.connectorPackages.create({ _id, ...version, ...from, ...held, ...said });
      const connectors = createConnectorCatalog([{ name: PACKAGE, version: MANIFEST.version, manifest: MANIFEST }]);
      const store = createConfigurationStore({
        ...{ models, connectors, allowNetworks: ['127.0.0.0/8'] },
        // Whoever saved it had another environment than the node may have.
        codeConnectors: [PACKAGE],
      });
      const on = { campaign: 'cmp_test', connector: PACKAGE, config: { url: nimbus.url } };
      const integrations: Integration[] = [
        { ...on, id: 'int_nimbus', buyer: 'buy_alpha', category: 'Buyer', price: 20 },
        { ...on, id: 'int_crm', category: 'CRM' },
      ];
      await store.apply({ integrations }, { by: 'test' });
      for (const { id } of integrations) await deployment.secrets.set(id, 'key', KEY, 'test');
    } finally {
      await mongo.close();
    }
    return deployment;
  }

  describe('that the operator allows', () => {
    let deployment: Deployment;
    let url = '';
    before(async () => {
      deployment = await deploymentOn(`leadwire-connector-other, ${PACKAGE}`);
      ({ url } = await deployment.start());
    });
    after(() => deployment.stop());

    it('sell a lead whose request and answer are made and read by code', async () => {
      const sold = await deployment.post(aLead({ first_name: 'fine' }));
      assert.equal(sold.body['outcome'], 'sold', JSON.stringify(sold.body));
      assert.equal(sold.body['price'], 17.25);
      const lead = String(sold.body['transaction_id']);
      await eventually(async () => {
        const found = await deployment.models.followUps.findOne({ lead }).lean();
        return found?.state === 'done';
      });
      const metrics = await fetch(`${url}/metrics`).then((answer) => answer.text());
      assert.match(
        metrics,
        /leadwire_connector_threads_started_total\{connector="leadwire-connector-nimbus@1\.2\.0"\} 1/,
      );
    });

    it('are asked again when the connector says that this may help, and only then', async () => {
      const followUp = async (wants: string) => {
        const sold = await deployment.post(aLead({ first_name: wants }));
        const lead = String(sold.body['transaction_id']);
        return eventually(async () => {
          const found = await deployment.models.followUps.findOne({ lead }).lean();
          return found?.reason !== undefined && found;
        });
      };
      const [closed, busy] = await Promise.all([followUp('closed'), followUp('busy')]);
      assert.deepEqual(
        [closed.state, closed.reason, closed.attempts],
        ['failed', 'connector_failed:account_closed', 1],
      );
      assert.deepEqual([busy.state, busy.reason], ['open', 'connector_failed:try_later']);
    });
  });

  describe('that the operator no longer allows', () => {
    let deployment: Deployment;
    before(async () => {
      deployment = await deploymentOn('');
      await deployment.start();
    });
    after(() => deployment.stop());

    it('get no leads, and say why', async () => {
      const before = nimbus.lines.length;
      const answer = await deployment.post(aLead());
      assert.equal(answer.body['reason'], 'no_eligible_buyer', JSON.stringify(answer.body));
      const lead = String(answer.body['transaction_id']);
      const auction = await eventually(async () => {
        const found = await deployment.models.auctions.findOne({ _id: new RegExp(`^${lead}`) }).lean();
        return found ?? undefined;
      });
      const nimbusIn = auction.participants.find(({ integration }) => integration === 'int_nimbus');
      assert.equal(nimbusIn?.result, 'code_not_allowed');
      assert.equal(nimbus.lines.length, before);
    });
  });
});
