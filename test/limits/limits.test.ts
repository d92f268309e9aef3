import assert from 'node:assert/strict';
import type { ConfigurationFile } from '../../schema/configuration.ts';
import { campaignFile } from '../leads/campaign-file.ts';
import { createDeployment, eventually, type Answer, type Deployment } from '../leads/deployment.ts';

type Holder =
  | { kind: 'seller'; seller: string; source?: string }
  | { kind: 'buyer'; buyer: string }
  | { kind: 'browser'; seller: string; source: string; origins: string[] };

const MINUTE_MS = 60_000;

describe('rate limits', () => {
  let deployment: Deployment;
  let url: string;
  before(async () => {
    deployment = await createDeployment({
      settings: {
        LEADWIRE_RATE_PER_SECOND: '1000',
        LEADWIRE_RATE_PER_MINUTE: '6',
        LEADWIRE_ADDRESS_RATE_PER_MINUTE: '9',
        LEADWIRE_REFUSED_RATE_PER_MINUTE: '4',
        LEADWIRE_TRUSTED_PROXIES: '1',
      },
    });
    const file: ConfigurationFile = campaignFile(deployment.buyers.url);
    await deployment.apply({
      ...file,
      sellers: [{ id: 'sel_one', name: 'One', rateLimit: { perMinute: 4 } }],
      sources: [
        { id: 'src_one', seller: 'sel_one' },
        { id: 'src_two', seller: 'sel_one', rateLimit: { perMinute: 3 } },
        { id: 'src_pages', seller: 'sel_one', rateLimit: { perMinute: 12 } },
      ],
      buyers: [...(file.buyers ?? []), { id: 'buy_slow', name: 'Slow', rateLimit: { perMinute: 2 } }],
    });
    url = (await deployment.start()).url;
  });
  after(() => deployment.stop());

  let addresses = 0;
  const anAddress = () => `198.51.100.${++addresses}`;

  const seller = { kind: 'seller', seller: 'sel_one' } as const;
  const buyer = { kind: 'buyer', buyer: 'buy_beta' } as const;
  const aKey = async (holder: Holder) =>
    (await deployment.keys.api.create({ ...holder, mode: 'live', by: 'test' })).key;

  type Ask = (address: string, n: number) => Promise<Answer>;
  /** Answers to so many requests, all in one minute: with others anew when it ended meanwhile. */
  async function inOneMinute(count: number, prepare: () => Promise<Ask>): Promise<Answer[]> {
    for (;;) {
      const [ask, address] = [await prepare(), anAddress()];
      const minute = Math.floor(Date.now() / MINUTE_MS);
      const answers: Answer[] = [];
      for (let n = 0; n < count; n++) answers.push(await ask(address, n));
      if (Math.floor(Date.now() / MINUTE_MS) === minute) return answers;
    }
  }
  const requests =
    (key: string): Ask =>
    (address) =>
      deployment.get('/api/requests', { 'x-api-key': key, 'x-forwarded-for': address });
  const header = (answer: Answer | undefined, name: string) => Number(answer?.headers.get(name));

  for (const [name, holder, limit] of [
    ['a seller that has a limit', seller, 4],
    ['a source that has one of its own', { ...seller, source: 'src_two' }, 3],
    ['a source that has none, of that seller', { ...seller, source: 'src_one' }, 4],
    ['a buyer that has a limit', { ...buyer, buyer: 'buy_slow' }, 2],
    ['anybody else', buyer, 6],
  ] as const) {
    it(`admits ${limit} requests a minute with a key of ${name}`, async () => {
      const answers = await inOneMinute(limit + 2, async () => requests(await aKey(holder)));
      assert.deepEqual(
        answers.map(({ status }) => status),
        [...Array<number>(limit).fill(200), 429, 429],
      );
      for (const [index, answer] of answers.entries()) {
        assert.equal(header(answer, 'ratelimit-limit'), limit);
        assert.equal(header(answer, 'ratelimit-remaining'), Math.max(0, limit - index - 1));
        assert.ok(header(answer, 'ratelimit-reset') >= 1 && header(answer, 'ratelimit-reset') <= 60);
        assert.equal(answer.headers.get('ratelimit-policy'), `1000;w=1, ${limit};w=60`);
      }
      const refused = answers.at(-1);
      assert.equal(refused?.body['code'], 'rate_limited');
      assert.ok(header(refused, 'retry-after') >= 1 && header(refused, 'retry-after') <= 60);
      assert.equal(answers[0]?.headers.get('retry-after'), null);
    });
  }

  it('has the headers on answers that refuse what was asked as well', async () => {
    const answer = await deployment.get('/api/requests?limit=0', { 'x-api-key': await aKey(buyer) });
    assert.equal(answer.status, 400);
    assert.equal(header(answer, 'ratelimit-limit'), 6);
  });

  it('stops looking keys up for an address that guesses, but not for who was there before', async () => {
    const order = ['known', 'guess', 'guess', 'guess', 'guess', 'guess', 'known', 'fresh'];
    let [guesses, fresh] = [0, ''];
    const answers = await inOneMinute(order.length, async () => {
      const known = await aKey(buyer);
      fresh = await aKey(buyer);
      return (address, n) => {
        const guess = `lw_live_${String(++guesses).padStart(40, '0')}`;
        return requests(order[n] === 'known' ? known : order[n] === 'fresh' ? fresh : guess)(address, n);
      };
    });
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 401, 401, 401, 401, 429, 200, 429],
    );
    const elsewhere = await requests(fresh)(anAddress(), 0);
    assert.equal(elsewhere.status, 200);
  });

  it('counts what needs no key by address, addresses that do not exist too', async () => {
    const nowhere: Ask = (address) => deployment.get('/nothing', { 'x-forwarded-for': address });
    const answers = await inOneMinute(11, async () => nowhere);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [...Array<number>(9).fill(404), 429, 429],
    );
    assert.equal(header(answers[0], 'ratelimit-limit'), 9);
    assert.equal((await nowhere(anAddress(), 0)).status, 404);
  });

  it('counts a browser key by address, and all of it by the key', async () => {
    const origin = 'https://shop.example';
    const visits = await inOneMinute(14, async () => {
      const key = await aKey({ kind: 'browser', seller: 'sel_one', source: 'src_pages', origins: [origin] });
      const other = anAddress();
      return (address, n) =>
        deployment.post({}, { 'x-api-key': key, origin, 'x-forwarded-for': n < 10 ? address : other });
    });
    assert.deepEqual(
      visits.map(({ status }) => status),
      [...Array<number>(9).fill(400), 429, 400, 400, 400, 429],
    );
    assert.equal(header(visits[9], 'ratelimit-limit'), 9, 'one address');
    assert.equal(header(visits[13], 'ratelimit-limit'), 12, 'the key');
  });

  it('takes an IPv6 /64 for one client', async () => {
    const answers = await inOneMinute(10, async () => (address, n) => {
      const net = `2001:db8:0:${address.split('.').at(-1)}`;
      return deployment.get('/nothing', { 'x-forwarded-for': `${net}::${n + 1}` });
    });
    assert.equal(answers.at(-1)?.status, 429);
  });

  it('leaves what monitoring asks for alone', async () => {
    for (let n = 0; n < 12; n++) {
      const answer = await fetch(`${url}/metrics`, { headers: { 'x-forwarded-for': '192.0.2.1' } });
      assert.deepEqual([answer.status, answer.headers.get('ratelimit-limit')], [200, null]);
      await answer.text();
    }
  });

  it('counts refusals in the metrics', async () => {
    const key = await aKey(buyer);
    await eventually(
      async () => (await fetch(`${url}/api/requests`, { headers: { 'x-api-key': key } })).status === 429,
    );
    const metrics = await (await fetch(`${url}/metrics`)).text();
    assert.match(metrics, /leadwire_rate_limited_total\{by="key"\} [1-9]/);
  });
});
