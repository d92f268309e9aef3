import assert from 'node:assert/strict';
import type { FollowUpRecord } from '../../models/follow-up.ts';
import { PAUSES_MS } from '../../rules/postback/retry.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes.ts';
import { commandLine } from '../cli/command-line.ts';
import { aLead, createDeployment, eventually, send, type Deployment } from '../leads/deployment.ts';
import { startReceiver, type Receiver, type Reply } from '../postbacks/receiver.ts';
import { createMovedTime } from './moved-time.ts';

type Body = Record<string, unknown>;

const HOUR = 3_600_000;
const PATIENCE_MS = 60_000;
const [, , OUTCOME] = SEARCH_ATTRIBUTES;

describe('follow-ups, on a clock that is moved over their pauses', function () {
  this.timeout(180_000);
  const time = createMovedTime();
  let deployment: Deployment;
  let receiver: Receiver;
  let url: string;
  let operator: string;
  /** How far the clock had been moved when each request came. */
  let arrivals: number[] = [];
  before(async () => {
    receiver = await startReceiver();
    deployment = await createDeployment({
      time,
      buyers: ['alpha'],
      integrations: {
        alpha: {
          return: {
            request: {
              url: `${receiver.url}/returned`,
              json: { id: 'delivery.lead_id', why: 'event.reason', key: 'event.id', email: 'lead.email' },
            },
            response: { accepted: 'status = 200', rejected: 'status = 400' },
          },
        },
      },
      more: () => [
        {
          ...{ id: 'int_crm', campaign: 'cmp_test', category: 'CRM' },
          deliver: {
            request: { url: `${receiver.url}/crm`, json: { email: 'lead.email' } },
            response: { accepted: 'status = 200', rejected: 'status = 400' },
          },
        },
      ],
    });
    ({ url } = await deployment.start());
    operator = (await deployment.keys.api.create({ kind: 'operator', mode: 'live', by: 'test' })).key;
  });
  after(async () => {
    await deployment.stop();
    await receiver.stop();
  });
  beforeEach(() => {
    arrivals = [];
    answer(() => ({ status: 200 }));
  });

  const answer = (reply: (attempt: number) => Reply) => receiver.answer(() => reply(arrivals.push(time.moved())));
  const sold = async () => {
    const { body } = await deployment.post(aLead());
    assert.equal(body['outcome'], 'sold', JSON.stringify(body));
    return String(body['transaction_id']);
  };
  const stateIs = (id: string, state: FollowUpRecord['state']) =>
    eventually(async () => {
      const found = await deployment.models.followUps.findById(id).lean<FollowUpRecord>();
      return found?.state === state && found;
    }, PATIENCE_MS);
  const failed = async (status = 400) => {
    answer(() => ({ status }));
    const id = `${await sold()}:int_crm`;
    const record = await stateIs(id, 'failed');
    answer(() => ({ status: 200 }));
    return record;
  };
  const list = async (query: string) => {
    const { status, body } = await deployment.get(`/api/follow-ups?${query}`, { 'x-api-key': operator });
    assert.equal(status, 200, JSON.stringify(body));
    return body as { follow_ups: Body[]; next_cursor?: string };
  };
  const replay = (body: Body, key = operator) => send(`${url}/api/follow-ups/replay`, body, { 'x-api-key': key });

  it('are tried ten times over days, always with the same key, and then fail for everybody to see', async () => {
    const { _id: id, lead, reason, attempts, status } = await failed(503);
    assert.deepEqual([reason, attempts, status], ['http_503', 10, 503]);
    const planned = PAUSES_MS.reduce((sum, pause) => sum + pause, 0);
    assert.ok(time.moved() >= planned && time.moved() <= planned * 1.2 + HOUR, `${time.moved()} of ${planned}`);
    const handle = deployment.client.workflow.getHandle(`${lead}/int_crm`);
    await eventually(async () => (await handle.describe()).status.name === 'COMPLETED', PATIENCE_MS);
    assert.equal((await handle.describe()).typedSearchAttributes.get(OUTCOME!), 'failed');
    assert.deepEqual(
      (await list(`state=failed&integration=int_crm&transaction_id=${lead}`)).follow_ups.map((shown) => [
        ...[shown['id'], shown['operation'], shown['reason'], shown['code'], shown['attempts'], shown['campaign']],
      ]),
      [[id, 'deliver', 'http_503', 503, 10, 'cmp_test']],
    );
    const { out } = await commandLine(deployment.variables)('follow-ups --failed --integration int_crm');
    assert.ok(
      out.some((line) => line.startsWith(id) && line.includes('http_503')),
      out.join('\n'),
    );
    assert.match(await (await fetch(`${url}/metrics`)).text(), /follow_ups_total\{.*int_crm.*result="failed"\} 1/);

    assert.equal((await replay({ id })).body['replayed'], 1);
    const done = await stateIs(id, 'done');
    assert.deepEqual([done.reason, done.attempts, done.status], ['accepted', 1, 200]);
    assert.equal((await replay({ id })).body['replayed'], 0, 'what is done is left alone');
    const keys = receiver.received
      .filter(({ url: path }) => path === '/crm')
      .map(({ headers }) => headers['idempotency-key']);
    assert.deepEqual([...new Set(keys)], [id]);
    assert.equal(keys.length, 11);
  });

  it('wait as long as a service asks, but a day at most', async () => {
    const waits = ['7200', '864000'];
    answer((attempt) =>
      attempt <= 2 ? { status: 429, headers: { 'retry-after': waits[attempt - 1]! } } : { status: 200 },
    );
    await stateIs(`${await sold()}:int_crm`, 'done');
    const [first = 0, second = 0, third = 0] = arrivals;
    assert.ok(second - first >= 2 * HOUR && second - first < 3 * HOUR, `${second - first}`);
    assert.ok(third - second >= 24 * HOUR && third - second < 25 * HOUR, `${third - second}`);
  });

  it('are replayed one by one, by time and integration, and all of them', async () => {
    const from = new Date(time.now()).toISOString();
    const [one, two, three] = [await failed(), await failed(), await failed()];
    assert.equal((await list(`state=failed&from=${from}&limit=2`)).follow_ups.length, 2);
    const { next_cursor: cursor } = await list(`state=failed&from=${from}&limit=2`);
    const rest = await list(`state=failed&from=${from}&limit=2&cursor=${cursor}`);
    assert.deepEqual(
      rest.follow_ups.map(({ id }) => id),
      [one._id],
    );
    const run = commandLine(deployment.variables);
    assert.equal((await run(`follow-ups replay ${one._id}`)).code, 0);
    const until = three.createdAt.toISOString();
    const range = { integration: 'int_crm', operation: 'deliver', from, to: until };
    assert.equal((await replay(range)).body['replayed'], 1);
    assert.equal((await replay({ all_failed: true })).body['replayed'], 1);
    for (const { _id } of [one, two, three]) await stateIs(_id, 'done');
    const told = await run(`audit --what follow_up --id ${one._id}`);
    assert.match(told.out.join('\n'), /replayed/);
  });

  it('are refused to be replayed where nothing is named, or what there is not', async () => {
    assert.deepEqual(code(await replay({})), [400, 'invalid_body']);
    assert.deepEqual(code(await replay({ id: 'txn_none:int_crm' })), [404, 'follow_up_not_found']);
    assert.deepEqual(code(await replay({ all_failed: true }, deployment.keys.live)), [403, 'key_not_allowed']);
    const run = commandLine(deployment.variables);
    assert.equal((await run('follow-ups replay')).code, 1);
    assert.match((await run('follow-ups replay txn_none:int_crm')).err.join(), /follow_up_not_found/);
  });

  it('tell a buyer that an operator took a sale back, and not what it asked for itself', async () => {
    const run = commandLine(deployment.variables);
    const returned = () => receiver.received.filter(({ url: path }) => path === '/returned');
    const [asked, decided] = [await sold(), await sold()];
    await Promise.all([asked, decided].map((lead) => stateIs(`${lead}:int_crm`, 'done')));
    const buyer = await deployment.keys.api.create({ kind: 'buyer', buyer: 'buy_alpha', mode: 'live', by: 'test' });
    const own = await send(`${url}/api/returns`, { transaction_id: asked }, { 'x-api-key': buyer.key });
    assert.equal(own.status, 200, JSON.stringify(own.body));
    assert.equal((await run(`returns approve ${decided}:1 --reason bad_phone --by maria`)).code, 0);
    const id = `${decided}:1:int_alpha:return`;
    const done = await stateIs(id, 'done');
    assert.deepEqual([done.operation, done.why, done.attempts], ['return', 'bad_phone', 1]);
    const { buyerLeadId } = (await deployment.models.deliveries.findById(`${decided}:1`).lean())!;
    const { email } = (await deployment.models.leads.findById(decided).lean())!.fields;
    assert.deepEqual(
      returned().map(({ body, headers }) => [JSON.parse(body), headers['idempotency-key']]),
      [[{ id: buyerLeadId, why: 'bad_phone', key: id, email }, id]],
    );
    // What the buyer gave back itself has no row left, and nothing follows from it.
    await eventually(async () => (await deployment.models.outbox.countDocuments()) === 0, PATIENCE_MS);
    assert.equal(await deployment.models.followUps.countDocuments({ lead: asked, operation: 'return' }), 0);
  });
});

function code({ status, body }: { status: number; body: Body }) {
  return [status, body['code']];
}
