import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { checkConfiguration } from '../../config/check.ts';
import { findBlock } from '../../config/connectors/blocks.ts';
import { createConfigurationModels } from '../../config/models.ts';
import { connectMongo } from '../../models/connection.ts';
import type { ConnectorBlock } from '../../models/connector-block.ts';
import type { Integration } from '../../schema/integration.ts';
import { builtInDetails, builtInFacts } from '../../server/connectors/built-in.ts';
import type { IndexEntry } from '../../server/connectors/entry.ts';
import { usageOf } from '../../server/connectors/usage.ts';
import { writeIndex } from '../../server/connectors/index-folder.ts';
import { mongodbUri } from '../config/database.ts';
import { commandLine } from '../cli/command-line.ts';
import { launchBrowser, visit } from '../tracking/browser.ts';
import { aLead, createDeployment, eventually, send, type Deployment } from '../leads/deployment.ts';
import { UNLIMITED } from '../pings/campaigns.ts';
import { campaignFile, type CampaignOptions } from '../leads/campaign-file.ts';

const SCOPED = '@acme/leadwire-connector-phoenix';
const PATIENCE_MS = 30_000;

/** A buyer on Phonexa, a CRM whose connector is never really called, and a buyer without a connector. */
const CAMPAIGN: CampaignOptions = {
  buyers: ['alpha'],
  // A bid of before a connector was blocked must still stand after it.
  auction: { bidStandsMs: 600_000 },
  more: (base) => [
    {
      id: 'int_phoenix',
      campaign: 'cmp_test',
      buyer: 'buy_alpha',
      category: 'Buyer',
      connector: 'phonexa',
      config: { url: `${base}/phonexa/phoenix`, api_id: 'A1', product_id: 171 },
      ping: { request: { json: { ref: 'lead.transaction_id' } } } as unknown as Integration['ping'],
      post: { request: { json: { ref: 'lead.transaction_id' } } } as unknown as Integration['post'],
    },
    { id: 'int_pipe', campaign: 'cmp_test', category: 'CRM', connector: 'pipedrive' },
  ],
};

/** A connector of the index: Phonexa's, under a package's name. */
async function scopedEntry(): Promise<IndexEntry> {
  const facts = (await builtInFacts()).find(({ id }) => id === 'phonexa');
  const details = builtInDetails('phonexa');
  assert.ok(facts && details);
  const manifest = { ...details.manifest, title: 'Phoenix <b>Leads</b>', version: '1.2.0' };
  const integrity = `sha512-${'A'.repeat(86)}==`;
  return {
    ...facts,
    ...{
      id: SCOPED,
      package: SCOPED,
      version: '1.2.0',
      integrity,
      maintainer: 'Ada',
      keywords: ['leadwire-connector'],
    },
    ...{ provenance: { kind: 'signed' }, conformance: { errors: 0, warnings: 1, suggestions: 0 } },
    ...{ updatedAt: '2026-11-20T10:00:00.000Z', fixtures: details.fixtures, manifest },
  };
}

describe('the marketplace', function () {
  this.timeout(120_000);
  const root = mkdtempSync(join(tmpdir(), 'leadwire-market-'));
  let deployment: Deployment;
  let urls: string[];
  let operator: string;
  let leadwire: ReturnType<typeof commandLine>;

  before(async () => {
    deployment = await createDeployment({
      ...CAMPAIGN,
      settings: { ...UNLIMITED, LEADWIRE_ADDRESS_RATE_PER_MINUTE: '1000000' },
    });
    await deployment.secrets.set('int_phoenix', 'api_password', 'a-password-of-phonexa', 'test');
    await deployment.secrets.set('int_pipe', 'api_token', 'a-token-of-pipedrive', 'test');
    urls = [(await deployment.start()).url, (await deployment.start()).url];
    operator = (await deployment.keys.api.create({ kind: 'operator', mode: 'live', by: 'test' })).key;
    leadwire = commandLine(deployment.variables);
    deployment.buyers.setBehaviour('alpha', { ping: { price: 1 } });
    deployment.buyers.setBehaviour('phoenix', { ping: { price: 9 } });
  });
  after(async () => {
    await deployment.stop();
    rmSync(root, { recursive: true });
  });

  async function ask(path: string, key?: string) {
    const answer = await fetch(`${urls[0]}${path}`, { headers: key === undefined ? {} : { 'x-api-key': key } });
    return { status: answer.status, body: (await answer.json()) as Record<string, never> & { code?: string } };
  }
  async function read(path: string) {
    const answer = await fetch(`${urls[0]}${path}`);
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  }
  const list = async (query: string, key?: string) => {
    const { status, body } = await ask(`/api/connectors?${query}`, key);
    assert.equal(status, 200, JSON.stringify(body));
    return body as unknown as { total: number; connectors: Record<string, unknown>[]; next_cursor?: string };
  };
  const ids = async (query: string, key?: string) => (await list(query, key)).connectors.map(({ id }) => id);
  const run = async (argv: string) => {
    const ran = await leadwire(argv);
    assert.equal(ran.code, 0, [...ran.out, ...ran.err].join('\n'));
    return ran.out.join('\n');
  };

  describe('lists', () => {
    it('what comes with Leadwire, to everybody, the best find first', async () => {
      const { connectors } = await list('q=phonexa');
      const [first] = connectors;
      assert.deepEqual([first?.['id'], first?.['package'], first?.['category']], ['phonexa', 'leadwire', 'Buyer']);
      assert.deepEqual(first?.['operations'], ['ping', 'post', 'status']);
      assert.ok(first && !('installed' in first), 'what is installed here is nobody else’s business');
      assert.deepEqual(await ids('q=PHONEXA+direct'), ['phonexa-direct'], 'every word has to be found');
      assert.deepEqual(await ids('q=nobody-has-this'), []);
    });

    it('by category and by operation, page by page', async () => {
      assert.ok((await ids('category=Dialer&limit=200')).includes('vicidial'));
      assert.ok(!(await ids('category=Dialer&limit=200')).includes('phonexa'));
      assert.ok((await ids('operation=click&limit=200')).includes('talroo'));
      const all = await ids('limit=200');
      const paged: unknown[] = [];
      let cursor: string | undefined = '0';
      while (cursor !== undefined) {
        const page = await list(`limit=15&cursor=${cursor}`);
        assert.equal(page.total, all.length);
        paged.push(...page.connectors.map(({ id }) => id));
        cursor = page.next_cursor;
      }
      assert.deepEqual(paged, all);
      assert.equal((await ask('/api/connectors?cursor=next')).body.code, 'invalid_parameters');
    });

    it('what is installed, to operators alone', async () => {
      const [phonexa] = (await list('q=phonexa&installed=true', operator)).connectors;
      assert.deepEqual(phonexa?.['installed'], [phonexa?.['version']]);
      assert.deepEqual(await ids('q=phonexa&installed=false', operator), []);
      const nobody = await ask('/api/connectors?installed=true');
      assert.deepEqual([nobody.status, nobody.body.code], [401, 'missing_key']);
      const seller = await ask('/api/connectors', deployment.keys.live);
      assert.deepEqual([seller.status, seller.body.code], [403, 'key_not_allowed']);
    });

    it('with all that a form and a reader need', async () => {
      const { status, body } = await ask('/api/connectors/phonexa');
      assert.equal(status, 200);
      const { connector } = body as unknown as { connector: Record<string, unknown> };
      const { properties, required } = connector['config'] as {
        properties: Record<string, object>;
        required: string[];
      };
      assert.deepEqual(required, ['url', 'api_id', 'api_password', 'product_id']);
      assert.deepEqual(properties['api_password'], {
        ...{ type: 'string', title: 'API password', description: 'apiPassword', secret: true, writeOnly: true },
      });
      assert.ok(!('writeOnly' in (properties['api_id'] as object)));
      const samples = connector['samples'] as { name: string; operation: string; result: object }[];
      const accepted = samples.find(({ name }) => name === 'ping-accepted');
      assert.deepEqual([accepted?.operation, (accepted?.result as { outcome: string }).outcome], ['ping', 'accepted']);
      const unknown = await ask('/api/connectors/nobody-has-this');
      assert.deepEqual([unknown.status, unknown.body.code], [404, 'connector_not_listed']);
    });
  });

  describe('pages', () => {
    it('can be searched without a script, and run none', async () => {
      const { headers, text } = await read('/docs/connectors?q=%22%3E%3Cscript%3E&category=');
      assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'.*form-action 'self'/);
      assert.ok(!text.includes('<script'), 'what is searched for is text');
      assert.ok(text.includes('No connector fits'));
      const dialers = await read('/docs/connectors?category=Dialer');
      assert.ok(dialers.text.includes('href="/docs/connectors/vicidial"') && !dialers.text.includes('/phonexa"'));
      assert.ok(dialers.text.includes('<option value="Dialer" selected>'));
    });

    it('lead a reader with a browser to a connector', async () => {
      const browser = await launchBrowser();
      try {
        const page = await visit(browser, `${urls[0]}/docs/connectors`);
        await page.fill('input[name=q]', 'phonexa');
        await page.selectOption('select[name=category]', 'Buyer');
        await page.click('button[type=submit]');
        await page.click('text="Phonexa"');
        await page.waitForURL('**/docs/connectors/phonexa');
        assert.equal(await page.textContent('h1'), 'Phonexa');
        const display = await page.evaluate('getComputedStyle(document.querySelector("dl.facts")).display');
        assert.equal(display, 'grid', 'its style is not kept away by its own policy');
        assert.deepEqual(page.faults, []);
      } finally {
        await browser.close();
      }
    });

    it('have a part of a campaign file that can be saved as it is', async () => {
      let checked = 0;
      for (const facts of await builtInFacts()) {
        const details = builtInDetails(facts.id);
        const usage = details && usageOf(facts, details);
        if (!usage) continue;
        const { campaigns: [campaign] = [], ...file } = campaignFile('https://buyers.example', { buyers: [] });
        assert.ok(campaign);
        const { issues } = checkConfiguration({
          ...file,
          ...(parse(usage.campaignFile) as object),
          ...{ campaigns: [{ ...campaign, id: 'cmp_yours' }], buyers: [{ id: 'buy_yours', name: 'Yours' }] },
        });
        const errors = issues.filter(({ severity }) => severity !== 'warning');
        assert.deepEqual(errors, [], facts.id);
        checked++;
      }
      assert.ok(checked > 30);
    });

    it('show what a connector sends, what is answered, and what that means', async () => {
      const { status, headers, text } = await read('/docs/connectors/phonexa');
      assert.equal(status, 200);
      assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'.*form-action 'self'/);
      for (const part of [
        'POST https://leads-inst12-client.phonexa.com/ping/',
        '&quot;promise&quot;',
        'What Leadwire makes',
      ])
        assert.ok(text.includes(part), part);
      assert.ok(text.includes('connector: phonexa'), 'its part of a campaign file');
      assert.ok(text.includes('leadwire secret set int_phonexa api_password'));
      assert.equal((await read('/docs/connectors/nobody-has-this')).status, 404);
      assert.ok((await read('/docs/connectors/google-ads')).text.includes('template: google_ads'));
    });
  });

  describe('an index', () => {
    const folder = join(root, 'index');
    const block = {
      package: SCOPED,
      versions: '<1.1.0',
      reason: 'Sends leads elsewhere',
      at: '2026-11-20T00:00:00.000Z',
    };

    before(async () => {
      writeIndex(folder, { builtAt: new Date('2026-11-21T00:00:00Z'), entries: [await scopedEntry()] });
      writeFileSync(join(folder, 'blocked.json'), JSON.stringify([block]));
      const built = writeIndex(folder, { builtAt: new Date('2026-11-21T00:00:00Z'), entries: [await scopedEntry()] });
      assert.deepEqual(built.blocks, [block], 'its block list is kept');
    });

    it('is loaded whole, and its connectors stand among the others', async () => {
      assert.match(await run(`connector index --from ${folder}`), /1 connectors are listed.*it blocks 1/);
      const path = encodeURIComponent(SCOPED);
      await eventually(async () => (await read(`/docs/connectors/${path}`)).status === 200, PATIENCE_MS);
      const { text } = await read(`/docs/connectors/${path}`);
      assert.ok(text.includes('Phoenix &lt;b&gt;Leads&lt;/b&gt;'), 'what an author writes is text');
      assert.ok(text.includes(`npx leadwire connector install ${SCOPED}@1.2.0`));
      assert.ok(text.includes(`sha512-${'A'.repeat(86)}==`) && text.includes('Passes: 1 warning'));
      const { body } = await ask(`/api/connectors/${path}`, operator);
      const { connector } = body as unknown as { connector: Record<string, unknown> };
      assert.deepEqual([connector['maintainer'], connector['installed']], ['Ada', []]);
      const [listed] = JSON.parse(await run('connector search phoenix --json')) as { id: string }[];
      assert.equal(listed?.id, SCOPED);
      assert.match(await run('connector search phoenix leads'), /@acme\/leadwire-connector-phoenix +1\.2\.0 +Buyer/);
    });

    it('comes from an address as well', async () => {
      const server = createServer((request, response) => {
        response.end(readFileSync(join(folder, request.url ?? '')));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      try {
        assert.match(await run(`connector index --from ${address}`), /1 connectors are listed/);
      } finally {
        await new Promise((resolve) => server.close(resolve).closeAllConnections());
      }
      const elsewhere = await leadwire('connector index --from http://index.example/');
      assert.equal(elsewhere.code, 1);
      assert.match(elsewhere.err.join(), /by https/);
    });

    it('that was tampered with is not loaded, and the one before stays', async () => {
      const file = join(folder, 'connectors', `${SCOPED.replace('/', '__')}.json`);
      const sound = readFileSync(file, 'utf8');
      writeFileSync(file, sound.replace('Ada', 'Eve'));
      const ran = await leadwire(`connector index --from ${folder}`);
      writeFileSync(file, sound);
      assert.equal(ran.code, 1);
      assert.match(ran.err.join(), /is not the file that index.json names/);
      const [known] = JSON.parse(await run('connector search phoenix --json')) as { maintainer: string }[];
      assert.equal(known?.maintainer, 'Ada');
    });

    it('blocks what it names, until an operator says otherwise', async () => {
      assert.match(
        await run('connector block'),
        /@acme\/leadwire-connector-phoenix@<1\.1\.0 .*the index .*Sends leads/,
      );
      await run(`connector unblock ${SCOPED}@<1.1.0`);
      await run(`connector index --from ${folder}`);
      assert.match(await run('connector block'), /lifted by cli:.*Sends leads/);
      const again = await leadwire(`connector unblock ${SCOPED}@<1.1.0`);
      assert.match(again.err.join(), /is not blocked/);
      await run(`connector block ${SCOPED} --reason Unwanted`);
      const { body } = await ask(`/api/connectors/${encodeURIComponent(SCOPED)}`);
      assert.ok(!('blocked' in (body as object)), 'what operators block is their affair');
      await eventually(async () => {
        const [found] = (await list('q=phoenix', operator)).connectors;
        return (found?.['blocked'] as { reason?: string } | undefined)?.reason === 'Unwanted';
      }, PATIENCE_MS);
      await run(`connector unblock ${SCOPED}`);
      const mongo = await connectMongo({ uri: mongodbUri(), database: deployment.name });
      const { audit } = createConfigurationModels(mongo);
      const kinds = (await audit.find({ what: 'connector' }).lean()).map(({ changes: [change] }) => change?.kind);
      await mongo.close();
      assert.deepEqual(new Set(kinds), new Set(['index_loaded', 'blocked', 'unblocked']));
    });
  });

  describe('a blocked connector', () => {
    const file = () => campaignFile(deployment.buyers.url, CAMPAIGN);
    const explain = async (url: string) => {
      const { body } = await send(`${url}/api/dry-run/cmp_test`, { lead: aLead() }, { 'x-api-key': operator });
      const all = body['integrations'] as { id: string; reason?: string; says: string }[];
      return all.find(({ id }) => id === 'int_phoenix');
    };
    const isStopped = (wanted: boolean) => async () => {
      const seen = await Promise.all(urls.map(explain));
      return seen.every((one) => (one?.reason === 'connector_blocked') === wanted) && seen;
    };

    after(async () => {
      await leadwire('connector unblock phonexa');
      await leadwire('connector unblock pipedrive');
    });

    it('stops on every node; leads go to others, with the reason on record', async () => {
      const sold = await deployment.post(aLead());
      assert.equal(sold.body['price'], 9, 'it sells before');
      const ping = await send(`${urls[0]}/api/ping/cmp_test`, { zip: '10001' }, { 'x-api-key': deployment.keys.live });
      const out = await run('connector block phonexa@^1.0.0 --reason Broken');
      assert.match(out, /int_phoenix is stopped: it runs on phonexa@1/);
      await run('connector block pipedrive --reason Broken');
      const [first] = await eventually(isStopped(true), PATIENCE_MS);
      assert.match(first?.says ?? '', /its connector phonexa@1\.\d+\.\d+ is blocked: Broken/);

      deployment.buyers.clear();
      const lead = await deployment.post(aLead());
      assert.deepEqual([lead.body['outcome'], lead.body['price']], ['sold', 1]);
      const id = String(lead.body['transaction_id']);
      const auction = await deployment.models.auctions.findById(`${id}:1`).lean();
      const result = auction?.participants.find(({ integration }) => integration === 'int_phoenix')?.result;
      assert.equal(result, 'connector_blocked');
      const followUp = await eventually(async () => {
        const found = await deployment.models.followUps.findById(`${id}:int_pipe`).lean();
        return found?.reason === 'connector_blocked' && found;
      }, PATIENCE_MS);
      assert.equal(followUp.state, 'open', 'it waits for the connector to be let go again');

      // The bid of before was made; whoever made it gets nothing now.
      const body = { ...aLead(), ping_id: ping.body['ping_id'] };
      const posted = await send(`${urls[0]}/api/post/cmp_test`, body, { 'x-api-key': deployment.keys.live });
      const late = await deployment.models.deliveries.findById(`${String(posted.body['transaction_id'])}:1`).lean();
      assert.deepEqual(
        [late?.integration, late?.state, late?.reason],
        ['int_phoenix', 'not_sent', 'connector_blocked'],
      );
      assert.deepEqual(deployment.buyers.log({ buyer: 'phoenix' }), [], 'not one request');
    });

    it('cannot be saved, but for a paused integration; what did not change stays', async () => {
      const unchanged = file();
      const [alpha, phoenix, pipe] = unchanged.integrations ?? [];
      assert.ok(alpha && phoenix && pipe);
      const changed = { ...phoenix, name: 'Another name' };
      await assert.rejects(
        deployment.apply({ ...unchanged, integrations: [alpha, changed, pipe] }),
        ({ details }: { details?: { issues: { path: string; code: string }[] } }) => {
          const [issue] = details?.issues ?? [];
          return issue?.path === 'integrations[1].connector' && issue.code === 'connector_blocked';
        },
      );
      await deployment.apply({ ...unchanged, integrations: [{ ...alpha, name: 'Alpha' }, phoenix, pipe] });
      await deployment.apply({ ...unchanged, integrations: [alpha, { ...changed, paused: true }, pipe] });
      await run('connector unblock phonexa@^1.0.0');
      await deployment.apply(file());
      await eventually(isStopped(false), PATIENCE_MS);
      const sold = await eventually(async () => {
        const { body } = await deployment.post(aLead());
        return body['price'] === 9 && body;
      }, PATIENCE_MS);
      assert.equal(sold['outcome'], 'sold');
    });

    it('is one whose version the entry is about', () => {
      const entry = (versions?: string): ConnectorBlock => {
        const at = new Date();
        return {
          package: SCOPED,
          reason: 'x',
          at,
          origin: 'operator',
          ...(versions === undefined ? {} : { versions }),
        };
      };
      assert.ok(findBlock([entry()], `${SCOPED}@0.1.0`));
      assert.ok(findBlock([entry('<1.4.2')], `${SCOPED}@1.4.1`));
      assert.ok(findBlock([entry('<1.4.2')], `${SCOPED}@1.4.2-beta.1`), 'a version before it');
      assert.ok(!findBlock([entry('<1.4.2')], `${SCOPED}@1.4.2`));
      assert.ok(!findBlock([entry('*')], 'leadwire-connector-phoenix@1.0.0'), 'another package');
      const lifted = { at: new Date(), by: 'ann' };
      assert.ok(!findBlock([{ ...entry(), lifted }], `${SCOPED}@1.0.0`));
    });
  });
});
