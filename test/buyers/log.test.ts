import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { startBuyers, type Buyers, type LogEntry } from '../../dev/buyers/server.ts';
import { get, postForm, postJson, ref } from './client.ts';

describe('simulated buyers: log and control', () => {
  const folder = mkdtempSync(join(tmpdir(), 'buyers-'));
  const logFile = join(folder, 'log.jsonl');
  let buyers: Buyers;
  before(async () => {
    buyers = await startBuyers({ port: 0, logFile });
  });
  after(async () => {
    await buyers.stop();
    rmSync(folder, { recursive: true });
  });

  const lines = (): LogEntry[] =>
    readFileSync(logFile, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as LogEntry);
  const control = async (method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> => {
    const answer = await fetch(`${buyers.url}/control${path}`, {
      method,
      body: body ? JSON.stringify(body) : undefined,
    });
    return { status: answer.status, body: await answer.json() };
  };

  it('writes what a post was, by names and never by values', async () => {
    const path = `${buyers.url}/sandbox/phonexa/one/post?apiId=7`;
    const lead = { person: { firstName: 'Ann', phones: [{ number: '4155550132' }] }, zip: null, subId: ref };
    await postJson(path, lead, { 'idempotency-key': 'k1' });
    const [entry, ...rest] = lines();
    assert.deepEqual(rest, []);
    assert.ok(entry && Math.abs(Date.parse(entry.at) - Date.now()) < 5000);
    const price = entry.price;
    assert.ok(typeof price === 'number' && price >= 1);
    assert.deepEqual(entry, {
      at: entry.at,
      buyer: 'one',
      format: 'phonexa',
      op: 'post',
      ref,
      idempotencyKey: 'k1',
      decision: 'accepted',
      price,
      leadId: entry.leadId,
      sandbox: true,
      replay: false,
      fields: ['apiId', 'person.firstName', 'person.phones.number', 'subId', 'zip'],
    });
    assert.deepEqual(buyers.log(), [entry]);
    assert.doesNotMatch(readFileSync(logFile, 'utf8'), /Ann|4155550132/);
  });

  it('finds the reference in URL, form, XML and text, and by its name when it is not ours', async () => {
    buyers.clear();
    const url = `${buyers.url}/plain/one/post`;
    await get(`${url}/${ref}/post?zip=1`);
    await postForm(url, { sub: ref });
    await postJson(url, `<lead><sub>${ref}</sub><name>Ann</name></lead>`);
    await postJson(url, `sub: ${ref}\nname = Ann Lee`);
    await postJson(url, { Lead_Ref: 'partner-77' });
    assert.deepEqual(
      buyers.log().map((entry) => [entry.ref, entry.fields]),
      [
        [ref, ['zip']],
        [ref, ['sub']],
        [ref, ['lead.name', 'lead.sub']],
        [ref, ['name', 'sub']],
        ['partner-77', ['Lead_Ref']],
      ],
    );
  });

  it('has a control API', async () => {
    buyers.clear();
    assert.deepEqual(lines(), []);
    assert.equal((await control('PUT', '/buyers/two', { ping: { price: 4 }, post: { mode: 'reject' } })).status, 200);
    await postJson(`${buyers.url}/acme/two/ping`, { ref });
    await postJson(`${buyers.url}/acme/two/post`, { ref });
    await postJson(`${buyers.url}/acme/one/post`, { ref });
    assert.deepEqual((await control('GET', '/accepted')).body, { [ref]: ['one'] });
    const [ping, ...others] = (await control('GET', `/log?buyer=two&op=ping&ref=${ref}`)).body as LogEntry[];
    assert.deepEqual([ping?.price, others], [4, []]);
    assert.deepEqual((await control('GET', '/log')).body, lines());
    await control('DELETE', '/buyers/two');
    await postJson(`${buyers.url}/acme/two/post`, { ref });
    assert.deepEqual(buyers.accepted(), { [ref]: ['one', 'two'] });
    await control('DELETE', '/log');
    assert.deepEqual([(await control('GET', '/log')).body, lines()], [[], []]);
  });

  it('refuses a behaviour that does not exist', async () => {
    const refusal = await control('PUT', '/buyers/two', { post: { mode: 'explode' } });
    assert.equal(refusal.status, 400);
    assert.match(JSON.stringify(refusal.body), /"path":\["post","mode"\]/);
    assert.equal((await control('PUT', '/buyers/two', { post: { times: 0 } })).status, 400);
    assert.equal((await control('PUT', '/buyers')).status, 404);
    assert.equal((await control('GET', '/elsewhere')).status, 404);
  });

  it('says so when the port is taken', async () => {
    await assert.rejects(startBuyers({ port: Number(new URL(buyers.url).port) }), { code: 'EADDRINUSE' });
  });
});
