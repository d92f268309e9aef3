import assert from 'node:assert/strict';
import { parse } from 'csv-parse/sync';
import { createPortalDesk } from '../../activities/portal.ts';
import { blankRecords } from '../../activities/withdrawal/blank.ts';
import { createOutbound } from '../../http/outbound.ts';
import { withPortal, type PortalOrder } from '../../http/portal-address.ts';
import type { Integration } from '../../schema/integration.ts';
import { aLead, createDeployment, send, type Deployment } from '../leads/deployment.ts';

const onPortal = (changes: Partial<Integration> = {}): Integration => ({
  id: 'int_portal',
  campaign: 'cmp_test',
  buyer: 'buy_alpha',
  category: 'Buyer',
  connector: 'portal',
  price: 5,
  config: { expire_days: 7 },
  post: { request: { json: { phone: null, 'contact.phone': { field: 'lead.phone', format: 'national' } } } } as never,
  ...changes,
});

type Shown = Record<string, unknown> & { transaction_id: string; fields: Record<string, unknown> };

describe('a buyer that fetches its leads', function () {
  this.timeout(120_000);
  let deployment: Deployment;
  let node: { url: string };
  const keys: Record<string, string> = {};

  before(async () => {
    deployment = await createDeployment({
      buyers: ['alpha', 'beta'],
      integrations: { alpha: { paused: true }, beta: { paused: true } },
      auction: { deadlineMs: 60_000 },
      more: () => [onPortal()],
    });
    const { api } = deployment.keys;
    const made = { mode: 'live', by: 'test' } as const;
    keys['alpha'] = (await api.create({ ...made, kind: 'buyer', buyer: 'buy_alpha' })).key;
    keys['alpha in the sandbox'] = (await api.create({ ...made, mode: 'test', kind: 'buyer', buyer: 'buy_alpha' })).key;
    keys['beta'] = (await api.create({ ...made, kind: 'buyer', buyer: 'buy_beta' })).key;
    keys['operator'] = (await api.create({ ...made, kind: 'operator' })).key;
    node = await deployment.start();
  });
  after(() => deployment.stop());

  const of = (who: string) => ({ 'x-api-key': keys[who] ?? '' });
  const list = async (who: string, query = '', path = '/api/portal/leads') => {
    const { status, body } = await deployment.get(`${path}${query}`, of(who));
    assert.equal(status, 200, JSON.stringify(body));
    return { leads: body['leads'] as Shown[], next: body['next_cursor'] as string | undefined };
  };
  const ids = async (...asked: Parameters<typeof list>) =>
    (await list(...asked)).leads.map(({ transaction_id }) => transaction_id);
  const take = (who: string, id: string) => send(`${node.url}/api/portal/leads/${id}/taken`, {}, of(who));
  const csv = async (query: string) => {
    const answer = await fetch(`${node.url}/api/portal/leads?format=csv${query}`, { headers: of('alpha') });
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-type') ?? '', /^text\/csv/);
    const rows = parse<Record<string, string>>(await answer.text(), { columns: true });
    return { rows, next: answer.headers.get('x-next-cursor') };
  };
  const sold = async (changes: Record<string, unknown> = {}, headers: Record<string, string> = {}) => {
    const { body } = await deployment.post(aLead(changes), headers);
    assert.equal(body['outcome'], 'sold', JSON.stringify(body));
    return String(body['transaction_id']);
  };
  /** Takes what other tests left. */
  const clear = async () => assert.ok(await csv('&take=true&limit=1000'));

  it('has bought a lead at the configured price, and sees what its integration maps', async () => {
    await clear();
    const id = await sold({ first_name: 'Grace', phone: '212-555-0147' });
    const { leads } = await list('alpha');
    const [{ kept_at: kept, expires_at: expires, ...lead } = {} as Shown] = leads;
    assert.equal(leads.length, 1);
    const { email, ...fields } = lead.fields;
    assert.match(String(email), /^ada.*@example.com$/);
    assert.deepEqual(
      { ...lead, fields },
      {
        ...{ transaction_id: id, campaign: 'cmp_test', state: 'new', price: 5 },
        fields: {
          ...{ first_name: 'Grace', last_name: 'Lovelace', state: 'NY', zip: '10001' },
          contact: { phone: '2125550147' },
        },
      },
    );
    assert.equal(Date.parse(String(expires)) - Date.parse(String(kept)), 7 * 86_400_000);
    assert.deepEqual(await ids('beta'), []);
    assert.deepEqual(await ids('alpha in the sandbox'), []);
  });

  it('takes it once: when and by which key is kept', async () => {
    await clear();
    const id = await sold();
    const first = await take('alpha', id);
    const lead = first.body['lead'] as Shown;
    const key = await deployment.keys.api.lookup(keys['alpha'] ?? '');
    assert.deepEqual([lead['state'], lead['taken_by']], ['taken', key?.holder.id]);
    assert.deepEqual((await take('alpha', id)).body, first.body);
    assert.deepEqual(await ids('alpha'), []);
    assert.ok((await ids('alpha', '?state=taken&limit=1000')).includes(id));
  });

  it('cannot take what is not its own', async () => {
    const id = await sold();
    for (const [who, lead] of [
      ['beta', id],
      ['alpha in the sandbox', id],
      ['alpha', 'txn_nobody'],
    ] as const) {
      const { status, body } = await take(who, lead);
      assert.deepEqual([status, body['code']], [404, 'unknown_delivery'], who);
    }
    assert.ok((await ids('alpha')).includes(id));
  });

  it('exports CSV, and takes what is in the file', async () => {
    await clear();
    const all = [await sold(), await sold({ first_name: 'B, C' })];
    // The fields of the campaign do not let this through; others may.
    await deployment.models.portal.updateOne({ lead: all[0] }, { $set: { 'payload.first_name': '=cmd()' } });
    const { rows } = await csv('');
    assert.deepEqual(
      rows.map((row) => row['transaction_id']),
      all,
    );
    assert.deepEqual(
      rows.map((row) => row['first_name']),
      ["'=cmd()", 'B, C'],
    );
    assert.match(rows[0]?.['contact.phone'] ?? '', /^212\d{7}$/);
    assert.equal(rows[0]?.['price'], '5');
    assert.equal((await ids('alpha')).length, 2, 'reading takes nothing');

    const [one, two] = await Promise.all([csv('&take=true'), csv('&take=true')]);
    const taken = [...one.rows, ...two.rows].map((row) => row['transaction_id']);
    assert.deepEqual(taken.sort(), [...all].sort(), 'of two files at a time each lead is in one');
    assert.deepEqual(await ids('alpha'), []);
    assert.deepEqual((await csv('')).rows, []);
  });

  it('reads page by page', async () => {
    await clear();
    const all = [await sold(), await sold(), await sold()];
    const seen: string[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const { leads, next } = await list('alpha', `?limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      seen.push(...leads.map(({ transaction_id }) => transaction_id));
      cursor = next;
    }
    assert.deepEqual(seen, all);
    const first = await csv('&limit=2');
    assert.equal(first.rows.length, 2);
    assert.equal((await csv(`&cursor=${encodeURIComponent(first.next ?? '')}`)).rows.length, 1);
  });

  it('sees nothing of a person whose data is erased', async () => {
    await clear();
    const id = await sold();
    assert.equal((await blankRecords(deployment.models, id))['portal'], 1);
    assert.deepEqual((await list('alpha')).leads[0]?.fields, {});
  });

  it('gives a lead back like any other, and then sees it no more', async () => {
    await clear();
    const id = await sold();
    const { status, body } = await send(`${node.url}/api/returns`, { transaction_id: id }, of('alpha'));
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual(await ids('alpha'), []);
    assert.equal((await take('alpha', id)).status, 404);
  });

  it('gets leads of the sandbox with its sandbox key', async () => {
    const id = await sold({}, { 'x-api-key': deployment.keys.test });
    assert.deepEqual(await ids('alpha in the sandbox'), [id]);
    assert.ok(!(await ids('alpha', '?limit=1000')).includes(id));
  });

  it('is reported to operators when it did not come in time', async () => {
    await clear();
    const [late, early] = [await sold(), await sold()];
    await deployment.models.portal.updateOne({ lead: late }, { $set: { expiresAt: new Date(Date.now() - 1000) } });
    const { leads } = await list('operator', '?limit=1', '/api/portal/forgotten');
    assert.deepEqual(
      leads.map(({ kept_at: _kept, expires_at: _expires, ...lead }) => lead),
      [{ transaction_id: late, campaign: 'cmp_test', buyer: 'buy_alpha', integration: 'int_portal', price: 5 }],
    );
    await take('alpha', late);
    assert.deepEqual(await ids('operator', '', '/api/portal/forgotten'), []);
    assert.ok((await ids('alpha')).includes(early));
  });

  it('sees nothing of a post that came too late, however often it was made', async () => {
    await clear();
    const id = await sold();
    const { portal, deliveries } = deployment.models;
    const delivery = await deliveries.findOne({ lead: id }).lean();
    const desk = createPortalDesk(deployment.models);
    await desk.keep({ delivery: delivery!._id, payload: { first_name: 'Another' } });
    const [lead] = (await list('alpha')).leads;
    assert.equal(lead?.fields['first_name'], 'Ada', 'a repetition finds what is there');
    // As if its delivery had been given up before the record was written.
    await deliveries.updateOne({ _id: delivery!._id }, { $set: { state: 'rejected' } });
    assert.deepEqual(await ids('alpha'), []);
    await deliveries.updateOne({ _id: delivery!._id }, { $set: { state: 'accepted' } });
    assert.equal(await portal.countDocuments({ lead: id }), 1);
    await assert.rejects(desk.keep({ delivery: 'txn_nobody:1', payload: {} }));
  });
});

describe('addresses of the portal', () => {
  const kept: PortalOrder[] = [];
  let fails = false;
  const desk = {
    keep(order: PortalOrder): Promise<void> {
      if (fails) return Promise.reject(new Error('down'));
      kept.push(order);
      return Promise.resolve();
    },
  };
  const outbound = withPortal(createOutbound({ allowNetworks: [] }), desk, () => 2);
  after(() => outbound.close());
  const request = { method: 'POST', url: 'portal://leadwire/?expire_days=3', headers: {}, timeoutMs: 1000 } as const;
  const delivery = { id: 'txn_1:1', repeated: false };
  const sendTo = async (changes: object) => {
    const result = await outbound.send({ ...request, delivery, body: '{"zip":"10001"}', ...changes });
    return result.kind === 'response' ? `${result.status} ${result.body.toString()}` : `${result.kind} ${result.code}`;
  };

  it('keep the body of a post of a delivery', async () => {
    assert.equal(await sendTo({}), '200 {"portal":"kept"}');
    assert.deepEqual(kept.splice(0), [{ delivery: 'txn_1:1', payload: { zip: '10001' }, expireDays: 3 }]);
  });

  it('keep nothing else', async () => {
    assert.equal(await sendTo({ sendBy: 1 }), 'not_sent send_by_passed');
    assert.equal(await sendTo({ delivery: undefined }), 'not_sent invalid_url');
    assert.equal(await sendTo({ url: 'portal://elsewhere/' }), 'not_sent invalid_url');
    for (const body of ['[]', 'text', '', JSON.stringify({ text: 'x'.repeat(300_000) })])
      assert.equal(await sendTo({ body }), '422 {"portal":"refused"}');
    assert.deepEqual(kept, []);
  });

  it('leave it open when it cannot be known whether it is there', async () => {
    fails = true;
    assert.equal(await sendTo({}), 'ambiguous timeout');
    fails = false;
  });
});
