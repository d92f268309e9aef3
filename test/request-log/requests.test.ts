import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { RequestRecord } from '../../models/request-log.ts';
import { readEnvironment } from '../../config/environment.ts';
import { startNode, type LeadwireNode } from '../../server/node.ts';
import {
  aLead,
  bundle,
  createDeployment,
  eventually,
  quiet,
  send,
  type Answer,
  type Deployment,
} from '../leads/deployment.ts';

type Logged = Record<string, unknown>;
const PERSON = {
  first_name: 'Zephyrine',
  last_name: 'Quackenbush',
  email: 'zephyrine@example.com',
  phone: '415-555-8642',
};
const TRACES = ['Zephyrine', 'Quackenbush', 'zephyrine', '5558642', '555-8642'];

describe('the request log', () => {
  let deployment: Deployment;
  let node: LeadwireNode;
  const keys: Record<string, string> = {};
  before(async () => {
    deployment = await createDeployment({ buyers: ['alpha'] });
    const { api } = deployment.keys;
    const made = { mode: 'live', by: 'test' } as const;
    keys['seller'] = (await api.create({ ...made, kind: 'seller', seller: 'sel_one' })).key;
    keys['paused'] = (await api.create({ ...made, kind: 'seller', seller: 'sel_one', source: 'src_paused' })).key;
    keys['buyer'] = (await api.create({ ...made, kind: 'buyer', buyer: 'buy_alpha' })).key;
    keys['test'] = deployment.keys.test;
    keys['live'] = deployment.keys.live;
    node = await deployment.start();
  });
  after(() => deployment.stop());

  const idOf = (answer: Answer) => answer.headers.get('x-request-id') ?? '';
  async function list(key: string, query = ''): Promise<{ requests: Logged[]; next?: string }> {
    const { status, body } = await deployment.get(`/api/requests${query}`, { 'x-api-key': keys[key] ?? '' });
    assert.equal(status, 200, JSON.stringify(body));
    return {
      requests: body['requests'] as Logged[],
      ...(body['next_cursor'] ? { next: String(body['next_cursor']) } : {}),
    };
  }
  const stored = (answer: Answer): Promise<RequestRecord> =>
    eventually(async () => {
      const _id = { $regex: `${idOf(answer).slice('req_'.length)}$` };
      return (await deployment.models.requestLog.findOne({ _id }).lean<RequestRecord>()) ?? undefined;
    });

  /** The record of an answered request as its owner sees it, once it is written. */
  async function logged(answer: Answer, key = 'live'): Promise<Logged> {
    const { at } = await stored(answer);
    const { requests } = await list(key, `?from=${at.toISOString()}&to=${new Date(at.getTime() + 1).toISOString()}`);
    const found = requests.find((one) => one['request_id'] === idOf(answer));
    assert.ok(found, `not shown to ${key}`);
    return found;
  }

  it('has a lead with what it came to, and nothing personal of it', async () => {
    const lead = aLead({ ...PERSON, sub1: 'fb', age: 36 });
    const answer = await deployment.post(lead, { 'user-agent': 'posting/1.0' });
    const one = await logged(answer);
    assert.deepEqual(
      { ...one, at: typeof one['at'], duration_ms: typeof one['duration_ms'], request_id: '' },
      {
        ...{ request_id: '', at: 'string', method: 'POST', route: '/api/lead/{cid}', path: '/api/lead/cmp_test' },
        ...{
          status: 200,
          bytes_in: JSON.stringify(lead).length,
          bytes_out: Number(answer.headers.get('content-length')),
        },
        ...{ duration_ms: 'number', key: deployment.keys.live.slice(0, 16), source: 'src_one', campaign: 'cmp_test' },
        ...{ transaction_id: answer.body['transaction_id'], network: '127.0.0.0/24', user_agent: 'posting/1.0' },
        body: {
          ...{ zip: '***', state: '***', first_name: '***', last_name: '***', email: '***', phone: '***' },
          ...{ sub1: 'fb', age: 36 },
        },
      },
    );
    const text = JSON.stringify(await stored(answer));
    for (const trace of [...TRACES, deployment.keys.live]) assert.ok(!text.includes(trace), trace);
  });

  it('has what was refused, with the names of the fields that were wrong', async () => {
    const answer = await deployment.post({ ...aLead(), email: 'not an address', phone: undefined });
    const one = await logged(answer);
    assert.deepEqual(
      [one['status'], one['code'], one['missing_fields'], one['invalid_fields'], one['transaction_id']],
      [400, 'invalid_fields', ['phone'], ['email'], undefined],
    );
    const wrong = await logged(await deployment.get('/api/requests?limit=0', { 'x-api-key': keys['live'] ?? '' }));
    assert.deepEqual([wrong['code'], wrong['invalid_fields']], ['invalid_parameters', ['limit']]);
  });

  it('has what came without a good key, for operators only', async () => {
    const url = `${node.url}/api/lead/cmp_test`;
    const unknown = await send(url, aLead(PERSON), { 'x-api-key': `lw_live_deadbeef${'0'.repeat(32)}` });
    const kept = await stored(unknown);
    assert.deepEqual(
      [kept.status, kept.code, kept.key, kept.body, kept._id.split(':')[0]],
      [401, 'unknown_key', 'lw_live_deadbeef', undefined, 'nobody'],
    );
    assert.ok(!JSON.stringify(kept).includes('deadbeef0'), 'the secret part of a key');
    const none = await stored(await send(url, aLead(), {}));
    assert.deepEqual([none.code, none.key], ['missing_key', undefined]);
    const nowhere = await stored(await send(`${node.url}/api/elsewhere/k3fQ9xk20ab`, aLead(PERSON), {}));
    assert.deepEqual([nowhere.status, nowhere.path, nowhere.route], [404, '/api/elsewhere/***', undefined]);
  });

  it('has a body that was too large, and another content type', async () => {
    const large = await logged(await deployment.post({ note: 'x'.repeat(1_200_000) }));
    assert.deepEqual([large['status'], large['code'], large['body']], [413, 'body_too_large', undefined]);
    assert.ok(Number(large['bytes_in']) > 1_200_000);
    const answer = await send(`${node.url}/api/lead/cmp_test`, 'zip=1', {
      'x-api-key': keys['live'] ?? '',
      'content-type': 'text/plain',
    });
    assert.equal((await logged(answer))['code'], 'unsupported_content_type');
  });

  it('has a request whose client went away', async () => {
    const { port } = new URL(node.url);
    const marker = 'gone/1.0';
    const head = [
      'POST /api/lead/cmp_test HTTP/1.1',
      'host: x',
      `x-api-key: ${keys['live']}`,
      `user-agent: ${marker}`,
      'content-type: application/json',
      'content-length: 1000',
    ];
    const socket = connect(Number(port), '127.0.0.1', () => {
      socket.write(`${head.join('\r\n')}\r\n\r\n{"zip":`, () => setTimeout(() => socket.destroy(), 100));
    });
    const one = await eventually(async () =>
      (await list('live')).requests.find((each) => each['user_agent'] === marker),
    );
    assert.deepEqual([one['aborted'], one['bytes_in'], one['body']], [true, 1000, undefined]);
  });

  it('is seen by its owner only: a key of one source its own, one of the seller all, a buyer and sandbox none of it', async () => {
    const bySource = await deployment.post(aLead());
    const paused = await deployment.post(aLead(), { 'x-api-key': keys['paused'] ?? '' });
    const sandbox = await deployment.post(aLead(), { 'x-api-key': keys['test'] ?? '' });
    const byBuyer = await deployment.get('/api/requests', { 'x-api-key': keys['buyer'] ?? '' });
    await Promise.all([logged(bySource, 'seller'), logged(paused, 'paused'), logged(sandbox, 'test')]);
    await logged(byBuyer, 'buyer');
    for (const [key, sees] of [
      ['live', [bySource]],
      ['paused', [paused]],
      ['seller', [bySource, paused]],
      ['test', [sandbox]],
      ['buyer', [byBuyer]],
    ] as const) {
      const ids = (await list(key, '?limit=200')).requests.map((one) => one['request_id']);
      for (const answer of [bySource, paused, sandbox, byBuyer]) {
        assert.equal(
          ids.includes(idOf(answer)),
          (sees as readonly Answer[]).includes(answer),
          `${key} ${idOf(answer)}`,
        );
      }
    }
  });

  it('is filtered and paged, the newest first', async () => {
    const begun = new Date();
    const answers: Answer[] = [];
    for (let n = 0; n < 3; n++) answers.push(await deployment.post({ zip: '1' }));
    answers.push(await deployment.post(aLead(), {}, 'cmp_nobody'));
    const sold = await deployment.post(aLead());
    await Promise.all([...answers, sold].map((answer) => logged(answer)));
    const from = `from=${begun.toISOString()}`;
    const count = async (query: string) => (await list('live', `?${from}&${query}`)).requests.length;
    assert.equal(await count('code=invalid_fields'), 3);
    assert.equal(await count('code=unknown_campaign'), 1);
    assert.equal(await count('status=404'), 1);
    assert.equal(await count('status=4xx'), 4);
    assert.equal(await count(`transaction_id=${String(sold.body['transaction_id'])}`), 1);
    assert.equal((await list('live', `?code=unknown_campaign&to=${begun.toISOString()}`)).requests.length, 0);
    const seen: unknown[] = [];
    let cursor: string | undefined = '';
    while (cursor !== undefined) {
      const page: Awaited<ReturnType<typeof list>> = await list(
        'live',
        `?${from}&status=4xx&limit=2${cursor && `&cursor=${cursor}`}`,
      );
      seen.push(...page.requests.map((one) => one['request_id']));
      cursor = page.next;
    }
    assert.deepEqual(seen, answers.map(idOf).reverse());
  });

  it('has nothing of what monitoring asks', async () => {
    await fetch(`${node.url}/healthz`);
    await logged(await deployment.post({}));
    assert.equal(await deployment.models.requestLog.countDocuments({ path: '/healthz' }), 0);
  });

  it('writes what is left when the node stops', async () => {
    const environment = {
      ...readEnvironment(deployment.variables),
      nodeId: 'leaving',
      mongodbUri: deployment.variables.MONGODB_URI,
      temporalAddress: deployment.variables.TEMPORAL_ADDRESS,
    };
    const other = await startNode({ environment, log: quiet, bundle: await bundle });
    const answer = await send(`${other.url}/api/lead/cmp_test`, {}, { 'x-api-key': keys['live'] ?? '' });
    await other.stop();
    const _id = { $regex: `${idOf(answer).slice('req_'.length)}$` };
    assert.equal(await deployment.models.requestLog.countDocuments({ _id }), 1);
  });
});
