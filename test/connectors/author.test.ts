import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { runCli } from '../../cli/program.ts';
import { startBench } from '../../cli/connector/bench-server.ts';
import { createOutbound } from '../../http/outbound.ts';
import { fixtureSchema } from '../../sdk/index.ts';
import { commandLine } from '../cli/command-line.ts';
import { readPage } from '../docs/pages.ts';
import { launchBrowser, visit } from '../tracking/browser.ts';

const KEY = 'live-key-8842';

/** A service that repeats who asked, as some do. */
async function startService() {
  const got: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    got.push(request);
    void text(request).then(() => {
      const account = `account ${request.headers['x-nimbus-key'] as string} may sell`;
      response.writeHead(200, { 'content-type': 'application/json', 'set-cookie': 'session=1' });
      response.end(JSON.stringify({ decision: 'BUY', payout: '9.25', ref: 'N-7', note: account }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    got,
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
  };
}

/** Makes a connector ask another host, over http. */
function pointAt(host: string, folder: string, instead: string): void {
  const file = join(folder, 'connector.json');
  const there = readFileSync(file, 'utf8');
  writeFileSync(file, there.replaceAll(`https://${instead}`, `http://${host}`).replace(instead, host));
}

describe('the author of a connector', function () {
  this.timeout(120_000);
  const root = mkdtempSync(join(tmpdir(), 'leadwire-author-'));
  after(() => rmSync(root, { recursive: true }));
  const run = commandLine({ LEADWIRE_ALLOW_NETWORKS: '127.0.0.0/8' });
  const at = (...path: string[]) => join(root, ...path);

  it('makes a package of each category that passes as it is', async () => {
    for (const category of ['Buyer', 'CRM', 'Enrichment', 'Compliance']) {
      const folder = at(`new-${category}`);
      const made = await run(`connector create acme --category ${category} --into ${folder}`);
      assert.equal(made.code, 0, made.err.join('\n'));
      const { code, out, err } = await run(`connector validate ${folder}`);
      assert.equal(code, 0, [...out, ...err].join('\n'));
    }
  });

  it('is asked for what a terminal can ask, and for nothing else', async () => {
    const asked: string[] = [];
    const answers = ['blue-sky', '', 'Dialer'];
    const code = await runCli(['connector', 'create', '--into', at('asked')], {
      variables: {},
      print: () => undefined,
      complain: () => undefined,
      readInput: () => Promise.resolve(''),
      ask: (question) => {
        asked.push(question);
        return Promise.resolve(answers.shift() ?? '');
      },
    });
    assert.equal(code, 0);
    assert.equal(asked.length, 3);
    const manifest = JSON.parse(readFileSync(at('asked/connector.json'), 'utf8')) as Record<string, unknown>;
    assert.deepEqual([manifest['id'], manifest['title'], manifest['category']], ['blue-sky', 'Blue Sky', 'Dialer']);
  });

  it('is told what is wrong, where, and by which rule; a folder that is there is left alone', async () => {
    const folder = at('wrong');
    await run(`connector create acme --into ${folder}`);
    assert.equal((await run(`connector create acme --into ${folder}`)).code, 1);
    const file = join(folder, 'connector.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as { operations: { post: { response: object } } };
    manifest.operations.post.response = { rejected: { 'body.status': 'rejected' }, accepted: 'status = 200' };
    writeFileSync(file, JSON.stringify(manifest));
    for (const command of ['validate', 'test', 'pack']) {
      const { code, out } = await run(`connector ${command} ${folder}`);
      assert.equal(code, 1, command);
      assert.ok(
        out.some((line) => /^error +answers\/html +operations\.post /.test(line)),
        out.join('\n'),
      );
    }
    assert.ok(!existsSync(at('leadwire-connector-acme-1.0.0.tgz')));
  });

  it('is told when integrations on the last version would break', async () => {
    const folder = at('next');
    for (const into of [at('last'), folder]) await run(`connector create acme --into ${into}`);
    const file = join(folder, 'connector.json');
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('campaign', 'campaign_id'));
    const { code, out } = await run(`connector validate ${folder} --previous ${at('last')}`);
    assert.equal(code, 1);
    assert.ok(
      out.some((line) => line.includes('config/compatible')),
      out.join('\n'),
    );
  });

  describe('who follows the tutorial', () => {
    const page = readPage('docs/connector-tutorial.md');
    const folder = at('leadwire-connector-nimbus');

    it('has a connector that passes, and its tarball', async () => {
      const steps = page.matchAll(/^(?:File `([^`]+)`:\n\n```json\n([\s\S]*?)^```|```sh\n([\s\S]*?)^```)$/gm);
      const commands: string[] = [];
      for (const [, file, content = '', script = ''] of steps) {
        if (file !== undefined) writeFileSync(join(folder, file), content);
        for (const line of script.split('\n').filter((each) => each.startsWith('npx leadwire '))) {
          const [, name = ''] = /connector (\w+)/.exec(line) ?? [];
          commands.push(name);
          if (name === 'dev') continue; // It does not end: its page has a test of its own.
          const argv = line.replace('npx leadwire ', '').replace('leadwire-connector-nimbus', folder);
          const here = name === 'create' ? ` --into ${folder}` : name === 'pack' ? ` --into ${root}` : '';
          const { code, out, err } = await run(argv + here);
          assert.equal(code, 0, [line, ...out, ...err].join('\n'));
          if (name === 'test') assert.ok(out.includes('ok   exemplary/post-accepted.json'), out.join('\n'));
          if (name === 'test') assert.equal(out.at(-1), 'nimbus passes');
        }
      }
      assert.deepEqual(commands, ['create', 'dev', 'test', 'pack']);
      assert.ok(existsSync(at('leadwire-connector-nimbus-1.0.0.tgz')));
    });

    it('keeps a real exchange without what is the account’s', async () => {
      const service = await startService();
      try {
        // The service is on loopback here; the fixtures still name it as it is.
        pointAt(service.host, folder, 'api.nimbus.example');
        writeFileSync(at('values.json'), JSON.stringify({ secrets: { key: KEY } }));
        const recorded = await run(
          `connector test ${folder} --record first-try --from exemplary/post-accepted --values ${at('values.json')}`,
        );
        assert.equal(recorded.out[0], 'kept as test/supplemental/first-try.json', recorded.err.join('\n'));
        assert.equal(service.got[0]?.headers['x-nimbus-key'], KEY);
        const content = readFileSync(join(folder, 'test/supplemental/first-try.json'), 'utf8');
        assert.ok(!content.includes(KEY) && !content.includes('session'));
        const fixture = fixtureSchema.parse(JSON.parse(content));
        assert.equal(fixture.request?.headers?.['x-nimbus-key'], 'sample-key');
        assert.match(JSON.stringify(fixture.response?.body), /account sample-key may sell/);
        assert.deepEqual(fixture.result, { outcome: 'accepted', price: '9.25', leadId: 'N-7' });
        assert.ok(recorded.out.includes('ok   supplemental/first-try.json'));
      } finally {
        await service.stop();
      }
    });
  });

  describe('at the page', () => {
    const folder = at('shown');
    const outbound = createOutbound({ allowNetworks: ['127.0.0.1'] });
    let bench: Awaited<ReturnType<typeof startBench>>;
    before(async () => {
      await run(`connector create acme --into ${folder}`);
      bench = await startBench(pathToFileURL(`${folder}/`), { outbound, port: 0 });
    });
    after(async () => {
      await bench.stop();
      await outbound.close();
    });
    const ask = async (path: string, body?: object, headers: Record<string, string> = {}) => {
      const init = body && { method: 'POST', body: JSON.stringify(body) };
      const response = await fetch(new URL(path, bench.url), { ...init, headers });
      return { status: response.status, value: (await response.json()) as Record<string, unknown> };
    };
    const trial = {
      operation: 'post',
      config: { campaign: '7' },
      secrets: { token: KEY },
      input: { lead: { zip: '10001' } },
      response: { body: '{"status":"accepted","price":"3.5"}' },
    };

    it('sees the request without its credentials, and what a mock answer means', async () => {
      const { value } = await ask('try', trial);
      assert.ok(!JSON.stringify(value).includes(KEY));
      const request = value['request'] as Record<string, unknown>;
      assert.equal(request['url'], 'https://api.acme.example/leads');
      assert.equal(request['requestBody'], '{"campaign":"7","zip":"10001"}');
      assert.deepEqual(value['result'], { outcome: 'accepted', price: '3.5' });
      assert.equal((await ask('try', { operation: 'nothing' })).status, 400);
    });

    it('sends it to the service, and sees what it answered', async () => {
      const service = await startService();
      try {
        pointAt(service.host, folder, 'api.acme.example');
        const { value } = await ask('send', trial);
        const answer = value['answer'] as Record<string, unknown>;
        assert.equal(answer['status'], 200, JSON.stringify(value));
        assert.equal(service.got[0]?.headers.authorization, `Bearer ${KEY}`);
        assert.deepEqual(value['result'], { outcome: 'unrecognised' }, 'it speaks another language');
      } finally {
        await service.stop();
      }
    });

    it('is told when a file changes', async () => {
      const changes = await fetch(new URL('changes', bench.url));
      const reader = changes.body?.getReader();
      const file = join(folder, 'connector.json');
      writeFileSync(file, `${readFileSync(file, 'utf8')}\n`);
      let told = '';
      while (!told.includes('changed')) {
        const chunk = await reader?.read();
        assert.ok(chunk && !chunk.done);
        told += new TextDecoder().decode(chunk.value as Uint8Array);
      }
      await reader?.cancel();
    });

    it('is alone: pages of other sites are refused', async () => {
      assert.equal((await ask('try', trial, { origin: 'https://evil.example' })).status, 403);
      assert.equal((await ask('send', trial, { origin: 'null' })).status, 403);
      const named = await new Promise<number | undefined>((resolve, reject) => {
        get(new URL('connector', bench.url), { headers: { host: 'evil.example' } }, ({ statusCode }) =>
          resolve(statusCode),
        )
          .on('error', reject)
          .on('response', (response) => response.resume());
      });
      assert.equal(named, 403);
      assert.equal((await ask('connector')).status, 200);
    });

    it('sees in a browser what it types and what it changes', async () => {
      const browser = await launchBrowser();
      try {
        const page = await visit(browser, bench.url);
        await page.getByText('suggestion: docs/complete').waitFor();
        await page.getByLabel('Campaign').fill('4711');
        await page.locator('#request', { hasText: '"campaign": "4711"' }).waitFor();
        assert.match((await page.locator('#request').textContent()) ?? '', /authorization: \*\*\*/);
        await page.getByLabel('Body of the mock answer').fill('{"status":"rejected","message":"Too far"}');
        await page.locator('#result', { hasText: '"reason": "Too far"' }).waitFor();
        const file = join(folder, 'connector.json');
        writeFileSync(file, readFileSync(file, 'utf8').replace('"zip": "lead.zip"', '"postcode": "lead.zip"'));
        await page.locator('#request', { hasText: '"postcode": "10001"' }).waitFor();
        assert.equal(await page.getByLabel('Campaign').inputValue(), '4711', 'what was typed stays');
        assert.deepEqual(page.faults, []);
      } finally {
        await browser.close();
      }
    });
  });
});
