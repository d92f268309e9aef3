import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { PostbackRecord } from '../../models/postback.ts';
import type { SourcePostback } from '../../schema/postback.ts';
import type { LeadwireNode } from '../../server/node.ts';
import { aLead, createDeployment, eventually, type Deployment } from '../leads/deployment.ts';
import { commandLine } from '../cli/command-line.ts';
import { startReceiver, type Received, type Receiver } from './receiver.ts';

const NEW = `whsec_${randomBytes(24).toString('base64')}`;
const OLD = `whsec_${randomBytes(24).toString('base64')}`;
const EVERYTHING: SourcePostback['on'] = ['sold', 'rejected', 'held', 'settled', 'returned'];

const endpoints = (url: string): SourcePostback[] => [
  {
    id: 'main',
    on: EVERYTHING,
    sign: ['signing', 'signing_old'],
    request: { url: `${url}/main`, testUrl: `${url}/sandbox`, timeoutMs: 5000 },
  },
  {
    id: 'pixel',
    on: ['sold'],
    secrets: ['account'],
    request: {
      method: 'GET',
      url: `${url}/pixel?tid={transaction_id}&payout={payout}&s={sub1}&n={event_name}&a={{secrets.account}}`,
    },
  },
];

describe('a postback to a source', () => {
  let deployment: Deployment;
  let node: LeadwireNode;
  let receiver: Receiver;
  before(async () => {
    receiver = await startReceiver();
    deployment = await createDeployment({ buyers: ['alpha'], auction: { noBuyer: 'reject' } });
    const file = await deployment.store.export();
    const source = file.sources?.find(({ id }) => id === 'src_one');
    assert.ok(source);
    source.payout = { share: 0.5 };
    source.postbacks = endpoints(receiver.url);
    await deployment.apply(file);
    await deployment.secrets.set('src_one', 'signing', NEW, 'test');
    await deployment.secrets.set('src_one', 'signing_old', OLD, 'test');
    await deployment.secrets.set('src_one', 'account', 'acct&1', 'test');
    node = await deployment.start();
  });
  after(async () => {
    await deployment.stop();
    await receiver.stop();
  });
  beforeEach(() => {
    deployment.buyers.resetBehaviour();
    receiver.clear();
  });

  const sell = async (changes: Record<string, unknown> = {}, headers: Record<string, string> = {}) =>
    String((await deployment.post(aLead(changes), headers)).body['transaction_id']);
  const sent = (path: string, lead: string) =>
    receiver.received.filter(({ url, headers }) => url.startsWith(path) && headers['webhook-id']?.startsWith(lead));
  const typeOf = ({ body }: Received) => (JSON.parse(body) as { type: string }).type;
  const told = (lead: string, type: string) =>
    eventually(async () => sent('/main', lead).find((request) => typeOf(request) === type), 60_000);
  const recordIs = (id: string, state: string) =>
    eventually(async () => {
      const record = await deployment.models.postbacks.findById(id).lean<PostbackRecord>();
      return record?.state === state && record;
    }, 60_000);
  const settle = (lead: string, query: string) =>
    eventually(async () => {
      const delivery = await deployment.models.deliveries.findById(`${lead}:1`).lean();
      const { status } = await fetch(`${node.url}/api/postback/${delivery?.token}?${query}`);
      return status === 200;
    });

  it('is signed with every secret, says what the seller gets and nothing of buyer or person', async () => {
    deployment.buyers.setBehaviour('alpha', { ping: { price: 9 } });
    const id = await sell({ sub1: 'a b&c' });
    const request = await told(id, 'lead.sold');
    for (const secret of [NEW, OLD]) new Webhook(secret).verify(request.body, request.headers);
    assert.equal(request.headers['webhook-id'], `${id}_sold`);
    const { data } = JSON.parse(request.body) as { data: Record<string, unknown> };
    assert.deepEqual(data, {
      transaction_id: id,
      campaign: 'cmp_test',
      source: 'src_one',
      outcome: 'sold',
      reason: 'sold',
      price: 4.5,
    });
  });

  it('by GET fills the macros in, escaped, and keeps its credentials out of the log', async () => {
    deployment.buyers.setBehaviour('alpha', { ping: { price: 9 } });
    const id = await sell({ sub1: 'a b&c' });
    const { exchanges } = await recordIs(`${id}_sold:src_one/pixel`, 'delivered');
    const [request] = sent('/pixel', id);
    assert.equal(request?.url, `/pixel?tid=${id}&payout=4.5&s=a%20b%26c&n=sold&a=acct%261`);
    assert.deepEqual([request?.method, request?.body], ['GET', '']);
    assert.ok(exchanges.length === 1 && !exchanges.join().includes('acct'));
  });

  it('tells a sale that was settled later, and its return, each once', async () => {
    deployment.buyers.setBehaviour('alpha', { ping: { price: 8 }, post: { mode: 'pending' } });
    const id = await sell();
    await settle(id, 'status=accepted');
    await told(id, 'lead.sold');
    await told(id, 'lead.settled');
    await settle(id, 'status=returned&reason=call+me+at+212-555-0142');
    const { body } = await told(id, 'lead.returned');
    const { data } = JSON.parse(body) as { data: Record<string, unknown> };
    assert.deepEqual([data['outcome'], data['reason'], data['price']], ['sold', 'returned', 4]);
    await recordIs(`${id}_returned_1:src_one/main`, 'delivered');
    assert.deepEqual(sent('/main', id).map(typeOf).sort(), ['lead.returned', 'lead.settled', 'lead.sold']);
  });

  it('tells that nobody bought it', async () => {
    deployment.buyers.setBehaviour('alpha', { ping: { mode: 'reject' } });
    const request = await told(await sell(), 'lead.rejected');
    assert.ok(!('price' in (JSON.parse(request.body) as { data: object }).data));
  });

  it('is repeated with the same id and a new time until it is taken', async () => {
    let refused = 0;
    receiver.answer(({ url }) => ({ status: url.startsWith('/main') && refused++ === 0 ? 503 : 204 }));
    const id = await sell();
    const { attempts, status } = await recordIs(`${id}_sold:src_one/main`, 'delivered');
    assert.deepEqual([attempts, status], [2, 204]);
    const [first, second] = sent('/main', id);
    assert.equal(first?.headers['webhook-id'], second?.headers['webhook-id']);
    assert.notEqual(first?.headers['webhook-timestamp'], second?.headers['webhook-timestamp']);
    assert.equal(first?.body, second?.body);
  });

  it('ends on a refusal, visibly, and can be found by it', async () => {
    receiver.answer(() => ({ status: 404 }));
    const id = await sell();
    const { reason, attempts } = await recordIs(`${id}_sold:src_one/pixel`, 'failed');
    assert.deepEqual([reason, attempts], ['http_404', 1]);
    const workflow = deployment.client.workflow.getHandle(`postback/${id}_sold:src_one/pixel`);
    const { state } = (await workflow.result()) as { state: string };
    assert.equal(state, 'failed');
    const { typedSearchAttributes } = await workflow.describe();
    assert.match(JSON.stringify(typedSearchAttributes.getAll()), /"failed"/);
  });

  it('is tried anew, with the id it had, when an operator says so', async () => {
    receiver.answer(({ url }) => ({ status: url.startsWith('/main') ? 400 : 200 }));
    const id = await sell();
    const postback = `${id}_sold:src_one/main`;
    await recordIs(postback, 'failed');
    const leadwire = commandLine(deployment.variables);
    const { out } = await leadwire('postbacks list');
    assert.ok(
      out.some((line) => line.includes(postback) && line.includes('http_400')),
      out.join('\n'),
    );
    receiver.clear();
    assert.equal((await leadwire(`postbacks replay ${postback}`)).code, 0);
    await recordIs(postback, 'delivered');
    assert.deepEqual(
      sent('/main', id).map(({ headers }) => headers['webhook-id']),
      [`${id}_sold`],
    );
    assert.equal((await leadwire(`postbacks replay ${postback}`)).code, 1);
  });

  it('of a sandbox lead goes to the test address, or nowhere', async () => {
    const id = await sell({}, { 'x-api-key': deployment.keys.test });
    const request = await eventually(async () => sent('/sandbox', id)[0]);
    assert.equal((JSON.parse(request.body) as { data: { sandbox?: boolean } }).data.sandbox, true);
    assert.deepEqual([sent('/main', id).length, sent('/pixel', id).length], [0, 0]);
    assert.equal(await deployment.models.postbacks.countDocuments({ lead: id }), 1);
  });

  it('ends and switches its endpoint off on 410, until that is configured otherwise', async () => {
    receiver.answer(({ url }) => ({ status: url.startsWith('/pixel') ? 410 : 200 }));
    const gone = await sell();
    assert.equal((await recordIs(`${gone}_sold:src_one/pixel`, 'failed')).reason, 'gone');
    const next = await sell();
    const { reason, attempts } = await recordIs(`${next}_sold:src_one/pixel`, 'failed');
    assert.deepEqual([reason, attempts], ['endpoint_disabled', 0]);
    const file = await deployment.store.export();
    const pixel = file.sources?.flatMap(({ postbacks = [] }) => postbacks).find(({ id }) => id === 'pixel');
    assert.ok(pixel?.request);
    pixel.request.url = `${receiver.url}/pixel-2?tid={transaction_id}`;
    await deployment.apply(file);
    receiver.clear();
    // The nodes take it up within a second or so; a lead before that is told nothing.
    await eventually(async () => {
      await sell();
      return receiver.received.some(({ url }) => url.startsWith('/pixel-2'));
    }, 60_000);
  });
});
