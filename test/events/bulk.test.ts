import assert from 'node:assert/strict';
import { signatureOf } from '../../server/access/signature.ts';
import { compileConfiguration } from '../../config/compile.ts';
import type { SellerKey } from '../../config/key-holder.ts';
import { updateLead } from '../../activities/event/update-lead.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { BulkRow } from '../../server/events/bulk-reader.ts';
import { createBulkRun } from '../../server/events/bulk-run.ts';
import { storeUpload } from '../../server/events/bulk-upload.ts';
import { triggerEvent, type EventRequest } from '../../server/events/trigger.ts';
import { createDeployment, eventually, quiet, type Answer, type Deployment } from '../leads/deployment.ts';
import { newTransactionId } from '../../rules/transaction-id.ts';
import { eventsFile, postedLead } from './campaign.ts';

type Body = Record<string, unknown>;

describe('uploads of events', function () {
  this.timeout(180_000);
  let deployment: Deployment;
  let url: string;
  before(async () => {
    deployment = await createDeployment();
    await deployment.apply(eventsFile(deployment.buyers.url));
    url = (await deployment.start()).url;
  });
  after(() => deployment.stop());

  const upload = async (body: string, type: string, headers: Record<string, string> = {}): Promise<Answer> => {
    const sent = { 'x-api-key': deployment.keys.live, 'content-type': type, ...headers };
    const answer = await fetch(`${url}/api/events/bulk`, { method: 'POST', headers: sent, body });
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Body };
  };
  const done = (id: string) =>
    eventually(async () => {
      const { body } = await deployment.get(`/api/events/bulk/${id}`);
      return body['state'] === 'done' && body;
    }, 60_000);
  const results = async (id: string) =>
    (await deployment.get(`/api/events/bulk/${id}/results`)).body['results'] as Body[];

  it('take each row in as an event that came by itself, and say what came of it', async () => {
    const [one, two] = [await postedLead(deployment), await postedLead(deployment)];
    const csv = [
      'cid,event_id,transaction_id,revenue,conversion_date',
      `cmp_test,sale_completed,${one},45.50,2026-01-02`,
      `cmp_test,sale_completed,${one},1,`,
      `cmp_test,sale_completed,${two},a lot,`,
      `cmp_test,nothing,${two},,`,
      `cmp_test,signup,${two},2.25,`,
      `cmp_test,signup,${two},2.25,`,
    ];
    const { status, body } = await upload(`${csv.join('\r\n')}\r\n`, 'text/csv');
    assert.equal(status, 202);
    assert.deepEqual([body['state'], body['rows']], ['open', 6]);
    const id = String(body['id']);
    const ended = await done(id);
    assert.deepEqual([ended['rows'], ended['processed'], ended['accepted'], ended['refused']], [6, 6, 3, 3]);
    const rows = await results(id);
    assert.deepEqual(
      rows.map(({ row, result, code = '' }) => [row, result, code]),
      [
        [1, 'accepted', ''],
        [2, 'refused', 'event_duplicate'],
        [3, 'refused', 'invalid_fields'],
        [4, 'refused', 'event_unknown'],
        [5, 'accepted', ''],
        [6, 'accepted', ''],
      ],
    );
    const { events, ledger, leads } = deployment.models;
    const stored = await events.findById(`${one}:sale_completed`).lean();
    assert.deepEqual(
      [stored?.origin, stored?.verified, stored?.revenue, stored?.conversionDate?.toISOString()],
      ['bulk', true, 45_500_000, '2026-01-02T05:00:00.000Z'],
    );
    assert.equal(rows[0]?.['conversion_id'], stored?.conversionId);
    await eventually(async () => (await leads.findById(two).lean())?.revenue === 4_500_000);
    const due = await ledger.find({ lead: { $in: [one, two] }, kind: 'event' }).lean();
    assert.deepEqual(due.map(({ payout }) => payout).sort(), [2_250_000, 2_250_000, 45_500_000]);

    const file = await fetch(`${url}/api/events/bulk/${id}/results?format=csv`, {
      headers: { 'x-api-key': deployment.keys.live },
    });
    assert.match(String(file.headers.get('content-type')), /^text\/csv/);
    const lines = (await file.text()).trimEnd().split('\r\n');
    assert.equal(lines[0], 'row,result,event_id,transaction_id,conversion_id,code,message');
    assert.equal(lines[1], `1,accepted,sale_completed,${one},${stored?.conversionId},,`);
    assert.equal(lines[2], '2,refused,,,,event_duplicate,Duplicate event for this transaction_id');
    assert.equal(lines.length, 7);
    // What was uploaded is not kept once it has been taken in.
    const job = await deployment.models.bulkJobs.findById(id).lean();
    assert.equal(
      await deployment.models.bulkChunks.countDocuments({ upload: job!.upload, rows: { $exists: true } }),
      0,
    );
  });

  it('come as JSON lines or an array, in pages, and once where they are repeated', async () => {
    const { models } = deployment;
    const ids = Array.from({ length: 26 }, () => newTransactionId());
    const owned = { campaign: 'cmp_test', seller: 'sel_one', source: 'src_one', mode: 'live' };
    await models.leads.collection.insertMany(ids.map((_id) => ({ _id, ...owned })) as never[]);
    const lines = Array.from({ length: 260 }, (_, index) =>
      JSON.stringify({ cid: 'cmp_test', event_id: 'call_made', transaction_id: ids[index % ids.length] }),
    ).join('\n');
    const once = { 'idempotency-key': 'of-may' };
    const first = await upload(lines, 'application/x-ndjson', once);
    const id = String(first.body['id']);
    await done(id);
    const again = await upload(`[${lines.replaceAll('\n', ',')}]`, 'application/json', once);
    assert.deepEqual([again.status, again.body['id'], again.body['state']], [202, id, 'done']);
    assert.equal(await models.events.countDocuments({ lead: { $in: ids } }), 260);
    const page = (await deployment.get(`/api/events/bulk/${id}/results`)).body;
    assert.deepEqual([(page['results'] as Body[]).length, page['next_page']], [250, 1]);
    const last = (await deployment.get(`/api/events/bulk/${id}/results?page=1`)).body;
    assert.deepEqual(
      [(last['results'] as Body[]).map((result) => result['row'])[0], last['next_page']],
      [251, undefined],
    );
  });

  it('are refused whole when a row cannot be read, and are nobody else’s', async () => {
    const count = await deployment.models.bulkChunks.countDocuments({});
    const told = ({ status, body }: Answer) => [status, body['code']];
    assert.deepEqual(told(await upload('{"cid":"cmp_test"}\n{', 'application/x-ndjson')), [400, 'bulk_unreadable']);
    assert.deepEqual(told(await upload('', 'text/csv')), [400, 'bulk_unreadable']);
    assert.deepEqual(told(await upload('a', 'text/plain')), [415, 'unsupported_content_type']);
    assert.deepEqual(told(await upload(`a\n${'1\n'.repeat(100_001)}`, 'text/csv')), [413, 'bulk_too_large']);
    assert.equal(await deployment.models.bulkChunks.countDocuments({}), count);

    const { body } = await upload('{"cid":"cmp_test"}', 'application/json');
    const id = String(body['id']);
    const test = { 'x-api-key': deployment.keys.test };
    for (const path of [`/api/events/bulk/${id}`, `/api/events/bulk/${id}/results`]) {
      assert.deepEqual(told(await deployment.get(path, test)), [404, 'unknown_bulk']);
    }
    await done(id);
    assert.equal((await results(id))[0]?.['code'], 'event_id_required');
  });

  it('of a key that signs are checked to their last byte before a row is taken in', async () => {
    const made = await deployment.keys.api.create({ ...deployment.keys.order, signed: true });
    const body = JSON.stringify({ cid: 'cmp_test', event_id: 'signed', transaction_id: await postedLead(deployment) });
    const timestamp = String(Math.floor(Date.now() / 1000));
    const parts = { timestamp, method: 'POST', target: '/api/events/bulk', idempotencyKey: '' };
    const signature = signatureOf(String(made.signingSecret), { ...parts, body: Buffer.from(body) });
    const headers = {
      'x-api-key': made.key,
      'x-leadwire-timestamp': timestamp,
      'x-leadwire-signature': `v1=${signature}`,
    };
    const changed = await upload(`${body} `, 'application/json', headers);
    assert.deepEqual([changed.status, changed.body['code']], [401, 'invalid_signature']);
    const right = await upload(body, 'application/json', headers);
    assert.equal(right.status, 202);
    assert.equal((await done(String(right.body['id'])))['accepted'], 1);
  });
});

describe('an upload whose node died', function () {
  this.timeout(120_000);
  let deployment: Deployment;
  before(async () => {
    deployment = await createDeployment();
  });
  after(() => deployment.stop());

  it('is gone on with by another: each row taken in once, each with its result', async () => {
    const { models } = deployment;
    const configuration = compileConfiguration(eventsFile(deployment.buyers.url), 1);
    const follow = async (_row: unknown, event: Parameters<typeof updateLead>[1]) =>
      void (await updateLead(models, event));
    const deps = { models, config: { current: () => configuration }, outbox: { write: async () => undefined, follow } };
    const lead = newTransactionId();
    const owned = { campaign: 'cmp_test', seller: 'sel_one', source: 'src_one', mode: 'live' };
    await models.leads.collection.insertOne({ _id: lead, ...owned } as never);
    const rows = Array.from({ length: 600 }, () => ({
      cid: 'cmp_test',
      event_id: 'signup',
      transaction_id: lead,
      revenue: 1,
    }));
    const key: SellerKey = {
      kind: 'seller',
      id: 'lw_key',
      seller: 'sel_one',
      mode: 'live',
      signed: false,
      expiresAt: null,
    };
    const stored = await storeUpload(models, {
      rows: given(rows),
      form: 'json',
      key,
      idempotencyKey: undefined,
      verify,
    });

    let taken = 0;
    const dying = async (request: EventRequest) => {
      if (++taken > 300) throw new LeadwireError('unavailable');
      return triggerEvent(deps, request);
    };
    const first = createBulkRun({ models, trigger: dying, log: quiet });
    const interrupted = first.work();
    await eventually(() => Promise.resolve(taken > 300));
    await first.stop();
    await interrupted;
    const job = await models.bulkJobs.findById(stored._id).lean();
    assert.deepEqual([job?.position, job?.accepted, job?.state], [1, 250, 'open']);
    assert.equal(await models.events.countDocuments({ lead }), 300);

    await models.bulkJobs.updateOne({ _id: stored._id }, { $set: { leaseUntil: new Date(0) } });
    await createBulkRun({ models, trigger: (request) => triggerEvent(deps, request), log: quiet }).work();
    const ended = await models.bulkJobs.findById(stored._id).lean();
    assert.deepEqual([ended?.state, ended?.accepted, ended?.refused], ['done', 600, 0]);
    assert.equal(await models.events.countDocuments({ lead }), 600);
    const chunks = await models.bulkChunks.find({ upload: stored.upload }).sort({ _id: 1 }).lean();
    const numbers = chunks.flatMap(({ results = [] }) => results.map(({ row, accepted }) => accepted && row));
    assert.deepEqual(
      numbers,
      Array.from({ length: 600 }, (_, index) => index + 1),
    );
  });
});

async function* given(rows: readonly BulkRow[]): AsyncGenerator<BulkRow> {
  yield* rows;
}

function verify(): void {
  // Nothing is signed here.
}
