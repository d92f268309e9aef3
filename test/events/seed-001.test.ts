import assert from 'node:assert/strict';
import { EVENTS, eventsFile, postedLead, visited } from './campaign.ts';
import { createDeployment, send, type Answer, type Deployment } from '../leads/deployment.ts';

type Body = Record<string, unknown>;

const CONVERSION_ID = /^conv_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe('the Event Postback API', function () {
  this.timeout(120_000);
  let deployment: Deployment;
  let url: string;
  /** Of another node. */
  let second: string;
  /** A lead that the campaign's buyer took. */
  let lead: string;
  before(async () => {
    deployment = await createDeployment({ settings: { LEADWIRE_ADDRESS_RATE_PER_MINUTE: '100000' } });
    await deployment.apply(eventsFile(deployment.buyers.url));
    url = (await deployment.start()).url;
    second = (await deployment.start()).url;
    lead = await postedLead(deployment);
  });
  after(() => deployment.stop());

  const trigger = (body: Body, headers: Record<string, string> = {}) => send(`${url}/api/event/trigger`, body, headers);
  const fire = (body: Body, cid = 'cmp_test') => send(`${url}/api/event/${cid}`, body, {});
  const get = async (path: string, query: Body = {}): Promise<Answer> => {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) search.set(name, String(value));
    const answer = await fetch(`${url}${path}?${search}`);
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Body };
  };
  const visit = () => visited(url);
  const told = ({ status, body }: Answer) => [status, body['code'], body['message']];
  const record = (transaction: string, event: string) =>
    deployment.models.events.findById(`${transaction}:${event}`).lean();

  // The first, while no event is stored yet that the index below would refuse.
  it('500 Internal server error: says no more than that, and nothing is half-written', async () => {
    const [first, second] = [await visit(), await visit()];
    const event = { cid: 'cmp_test', event_id: 'quote_viewed', pid: 'src_one' };
    const { collection } = deployment.models.events;
    await collection.createIndex({ pid: 1 }, { unique: true, name: 'by_mistake' });
    try {
      assert.equal((await trigger({ ...event, transaction_id: first })).status, 200);
      assert.deepEqual(told(await trigger({ ...event, transaction_id: second })), [
        500,
        'internal',
        'Internal server error',
      ]);
    } finally {
      await collection.dropIndex('by_mistake');
    }
    assert.equal(await record(second, 'quote_viewed'), null);
  });

  describe('POST /api/event/trigger', () => {
    it('fires an event: 200, "Event triggered successfully", an empty conversion_id', async () => {
      const { status, body } = await trigger({
        cid: 'cmp_test',
        event_id: 'quote_viewed',
        transaction_id: lead,
        pid: 'src_one',
      });
      assert.equal(status, 200);
      assert.deepEqual(body, {
        status: 200,
        message: 'Event triggered successfully',
        data: { cid: 'cmp_test', pid: 'src_one', transaction_id: lead, conversion_id: '', conversion: false },
      });
      const stored = await record(lead, 'quote_viewed');
      assert.deepEqual(
        [stored?.source, stored?.seller, stored?.mode, stored?.verified, stored?.origin, stored?.revenue],
        ['src_one', 'sel_one', 'live', false, 'open', undefined],
      );
    });

    it('fires a conversion with revenue: conversion true, conversion_id conv_…', async () => {
      const sent = { cid: 'cmp_test', event_id: 'sale_completed', transaction_id: lead, pid: 'src_one', revenue: 45.0 };
      const { status, body } = await trigger(sent);
      assert.equal(status, 200);
      const { conversion_id: id, ...data } = body['data'] as Body;
      assert.match(String(id), CONVERSION_ID);
      assert.deepEqual(data, { cid: 'cmp_test', pid: 'src_one', transaction_id: lead, conversion: true });
      const stored = await record(lead, 'sale_completed');
      assert.deepEqual([stored?.conversionId, stored?.revenue], [id, 45_000_000]);
      assert.deepEqual(JSON.parse(stored?.payload ?? ''), sent);
    });

    it('defaults pid to organic', async () => {
      const id = await visit();
      const { body } = await trigger({ cid: 'cmp_test', event_id: 'quote_viewed', transaction_id: id });
      assert.equal((body['data'] as Body)['pid'], 'organic');
      const named = await trigger({ cid: 'cmp_test', event_id: 'call_made', transaction_id: id, pid: 'organic' });
      assert.equal((named.body['data'] as Body)['pid'], 'organic');
      assert.equal((await record(id, 'quote_viewed'))?.source, 'src_one');
    });

    it('takes a form as well, where numbers are text', async () => {
      const id = await visit();
      const body = new URLSearchParams({
        ...{ cid: 'cmp_test', event_id: 'sale_completed', transaction_id: id, revenue: '12.5' },
      });
      const answer = await fetch(`${url}/api/event/trigger`, { method: 'POST', body });
      assert.equal(answer.status, 200);
      assert.equal((await record(id, 'sale_completed'))?.revenue, 12_500_000);
    });
  });

  describe('what it refuses, to the word', () => {
    const ways: [name: string, (body: Body) => Promise<Answer>][] = [
      ['POST /api/event/trigger', (body) => trigger(body)],
      ['GET /api/event/trigger', (body) => get('/api/event/trigger', body)],
      ['POST /api/event/{campaign-id}', ({ cid, ...body }) => fire(body, String(cid))],
      ['GET /api/event/{campaign-id}', ({ cid, ...body }) => get(`/api/event/${String(cid)}`, body)],
      [
        'POST /api/lead/{id}/event',
        ({ cid: _cid, transaction_id: id, ...body }) =>
          send(`${url}/api/lead/${String(id)}/event`, body, { 'x-api-key': deployment.keys.live }),
      ],
    ];
    for (const [name, way] of ways) {
      const hasCid = name.endsWith('trigger');
      const onLead = name.includes('lead');
      /** Each way gets a transaction of its own. */
      const transaction = () => (onLead ? postedLead(deployment) : visit());

      it(`${name}: each mistake in the event`, async () => {
        const id = await transaction();
        const sale = { cid: 'cmp_test', event_id: 'sale_completed', transaction_id: id };
        assert.deepEqual(told(await way({ cid: 'cmp_test', transaction_id: id })), [
          ...[400, 'event_id_required', 'event_id is required'],
        ]);
        assert.deepEqual(told(await way({ cid: 'cmp_test', event_id: 'elsewhere', transaction_id: id })), [
          ...[400, 'event_unknown', 'Invalid event_id for this campaign'],
        ]);
        const unpaid = await way(sale);
        assert.deepEqual(told(unpaid), [400, 'revenue_required', 'revenue is required']);
        assert.deepEqual(unpaid.body['missingFields'], { revenue: 'is required' });
        const wrong = await way({ ...sale, revenue: 'a lot', conversion_date: '2026-02-30' });
        assert.deepEqual([wrong.status, wrong.body['code']], [400, 'invalid_fields']);
        assert.deepEqual(wrong.body['invalidFields'], {
          revenue: 'is not a number',
          conversion_date: 'is a date that does not exist',
        });
        const paused = await way({ ...sale, revenue: 1, pid: 'src_paused' });
        assert.deepEqual(told(paused), [403, 'source_inactive', 'Source Inactive']);
        assert.equal(await deployment.models.events.countDocuments({ lead: id }), 0);
        // Nothing of all that locked the event.
        assert.equal((await way({ ...sale, revenue: 1 })).status, 200);
      });

      it(`${name}: a second time within two seconds, and after them`, async () => {
        const id = await transaction();
        const event = { cid: 'cmp_test', event_id: 'quote_viewed', transaction_id: id };
        assert.equal((await way(event)).status, 200);
        await hold(id, 'quote_viewed');
        const early = await way(event);
        assert.deepEqual([early.status, early.body['code']], [403, 'event_in_progress']);
        assert.equal(early.headers.get('retry-after'), '2');
        await expire(id, 'quote_viewed');
        assert.deepEqual(told(await way(event)), [
          ...[400, 'event_duplicate', 'Duplicate event for this transaction_id'],
        ]);
      });

      if (onLead) {
        it(`${name}: a lead that is not there, or another seller's`, async () => {
          const known = ['txn_01890a5d-ac96-774b-bcce-b302099a8057', 'nonsense', await visit()];
          for (const id of known) {
            const answer = await way({ transaction_id: id, event_id: 'quote_viewed' });
            assert.deepEqual([answer.status, answer.body['code']], [404, 'unknown_lead']);
          }
        });
        continue;
      }
      it(`${name}: each mistake in whose it is`, async () => {
        const event = { cid: 'cmp_test', event_id: 'quote_viewed' };
        assert.deepEqual(told(await way(event)), [400, 'transaction_id_required', 'transaction_id is required']);
        for (const id of ['txn_01890a5d-ac96-774b-bcce-b302099a8057', 'nonsense']) {
          const unknown = await way({ ...event, transaction_id: id });
          assert.deepEqual([unknown.status, unknown.body['code']], [400, 'event_transaction_invalid']);
          assert.deepEqual(Object.keys(unknown.body['invalidFields'] as Body), ['transaction_id']);
        }
        const other = await way({ cid: 'cmp_other', event_id: 'elsewhere', transaction_id: lead });
        assert.deepEqual([other.status, other.body['code']], [400, 'event_transaction_invalid']);
        const nowhere = await way({ cid: 'cmp_nowhere', event_id: 'quote_viewed', transaction_id: lead });
        assert.deepEqual(told(nowhere), [400, 'cid_invalid', 'Invalid cid']);
        if (!hasCid) return;
        const lacking = await way({ event_id: 'quote_viewed', transaction_id: lead });
        assert.deepEqual(told(lacking), [400, 'cid_required', 'cid is required']);
      });
    }

    it('says everything that is missing at once', async () => {
      const { body } = await trigger({});
      assert.deepEqual(body['missingFields'], {
        ...{ cid: 'is required', event_id: 'is required', transaction_id: 'is required' },
      });
    });

    it('a source that is paused, also when the lead is its', async () => {
      const id = await visited(url);
      await deployment.models.clicks.updateOne({ _id: id }, { source: 'src_paused' });
      const event = { cid: 'cmp_test', event_id: 'quote_viewed', transaction_id: id };
      for (const pid of [undefined, 'organic', 'src_nowhere']) {
        assert.deepEqual(told(await trigger({ ...event, pid })), [403, 'source_inactive', 'Source Inactive']);
      }
    });

    it('revenue as text, below zero, and amount that is not revenue', async () => {
      const id = await visit();
      const sale = { cid: 'cmp_test', event_id: 'sale_completed', transaction_id: id };
      const faults: [Body, Body][] = [
        [{ revenue: '45.00' }, { revenue: 'is not a number' }],
        [{ revenue: -1 }, { revenue: 'is less than 0' }],
        [{ amount: 'much' }, { amount: 'is not a number' }],
        [{ revenue: 2e9 }, { revenue: 'is more than 1000000000' }],
        [{ revenue: 4, amount: 5 }, { amount: 'is not the same as revenue' }],
      ];
      for (const [given, invalidFields] of faults) {
        const { status, body } = await trigger({ ...sale, ...given });
        assert.deepEqual([status, body['code'], body['invalidFields']], [400, 'invalid_fields', invalidFields]);
        assert.ok(String(body['message']).includes(Object.keys(invalidFields)[0]!));
      }
    });

    it('more than 32 kB', async () => {
      const { status, body } = await trigger({
        ...{ cid: 'cmp_test', event_id: 'quote_viewed', transaction_id: lead, note: 'x'.repeat(40_000) },
      });
      assert.deepEqual([status, body['code']], [413, 'body_too_large']);
    });

    it('a HEAD request, which fires nothing', async () => {
      const id = await visit();
      const query = `cid=cmp_test&event_id=quote_viewed&transaction_id=${id}`;
      const answer = await fetch(`${url}/api/event/trigger?${query}`, { method: 'HEAD' });
      assert.equal(answer.status, 405);
      assert.equal(await record(id, 'quote_viewed'), null);
    });
  });

  describe('the lock', () => {
    it('lets one of many racing requests through, on every node', async () => {
      const id = await visit();
      const event = { cid: 'cmp_test', event_id: 'sale_completed', transaction_id: id, revenue: 1 };
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, index) => send(`${index % 2 ? url : second}/api/event/trigger`, event, {})),
      );
      const taken = answers.filter(({ status }) => status === 200);
      const refused = answers.filter(({ body }) =>
        ['event_in_progress', 'event_duplicate'].includes(String(body['code'])),
      );
      assert.deepEqual([taken.length, refused.length], [1, 11]);
      assert.equal(
        (await record(id, 'sale_completed'))?.conversionId,
        (taken[0]?.body['data'] as Body)['conversion_id'],
      );
    });

    it('of one node keeps requests to another away, of an event that may fire again too', async () => {
      const id = await visit();
      const event = { cid: 'cmp_test', event_id: 'call_made', transaction_id: id };
      assert.equal((await trigger(event)).status, 200);
      await hold(id, 'call_made');
      const refused = await send(`${second}/api/event/trigger`, event, {});
      assert.deepEqual([refused.status, refused.body['code']], [403, 'event_in_progress']);
    });

    it('lasts its full two seconds', async () => {
      const id = await visit();
      const event = { cid: 'cmp_test', event_id: 'quote_viewed', transaction_id: id };
      const before = Date.now();
      await trigger(event);
      const until = await lockedUntil(id, 'quote_viewed');
      assert.ok(until >= before + 2_000 && until <= Date.now() + 2_000);
    });

    it('comes before the duplicate check: a duplicate locks the event again', async () => {
      const id = await visit();
      const event = { cid: 'cmp_test', event_id: 'quote_viewed', transaction_id: id };
      await trigger(event);
      await expire(id, 'quote_viewed');
      const before = Date.now();
      assert.equal((await trigger(event)).body['code'], 'event_duplicate');
      assert.ok((await lockedUntil(id, 'quote_viewed')) >= before + 2_000);
      await hold(id, 'quote_viewed');
      assert.equal((await trigger(event)).body['code'], 'event_in_progress');
    });

    it('is of one event of one transaction', async () => {
      const id = await visit();
      const event = { cid: 'cmp_test', event_id: 'quote_viewed', transaction_id: id };
      assert.equal((await trigger(event)).status, 200);
      assert.equal((await trigger({ ...event, event_id: 'call_made' })).status, 200);
    });
  });

  it('deduplication: an event with isDuplicate fires again, each a record of its own', async () => {
    const id = await visit();
    const event = { cid: 'cmp_test', event_id: 'signup', transaction_id: id, revenue: 2 };
    const first = await trigger(event);
    await expire(id, 'signup');
    const second = await trigger(event);
    assert.deepEqual([first.status, second.status], [200, 200]);
    const ids = [first, second].map(({ body }) => (body['data'] as Body)['conversion_id']);
    assert.notEqual(ids[0], ids[1]);
    assert.equal(await deployment.models.events.countDocuments({ lead: id }), 2);
  });

  it('deduplication: an event that could fire again before and no longer may is a duplicate', async () => {
    const id = await visit();
    const event = { cid: 'cmp_test', event_id: 'call_made', transaction_id: id };
    assert.equal((await trigger(event)).status, 200);
    await expire(id, 'call_made');
    const once = EVENTS.map((known) => (known.id === 'call_made' ? { id: 'call_made' } : known));
    const before = await deployment.store.export();
    await deployment.apply(eventsFile(deployment.buyers.url, { events: once }));
    const other = (await deployment.start()).url;
    assert.equal((await send(`${other}/api/event/trigger`, event, {})).body['code'], 'event_duplicate');
    const { revision: _revision, ...file } = before;
    await deployment.apply(file);
  });

  it('Source Inactive and the lock are 403; a missing or invalid field is 400; the rest is 200', async () => {
    const id = await visit();
    const event = { cid: 'cmp_test', event_id: 'quote_viewed', transaction_id: id };
    const statuses = [
      (await trigger({ ...event, pid: 'src_paused' })).status,
      (await trigger({ ...event, event_id: '' })).status,
      (await trigger(event)).status,
    ];
    await hold(id, 'quote_viewed');
    statuses.push((await trigger(event)).status);
    assert.deepEqual(statuses, [403, 400, 200, 403]);
  });

  describe('POST /api/event/{campaign-id}', () => {
    it('answers status (text), type, message, missingFields and invalidFields', async () => {
      const id = await visit();
      const { status, body } = await fire({ transaction_id: id, event_id: 'sale_completed', amount: 123 });
      assert.equal(status, 200);
      const { data, ...rest } = body;
      assert.deepEqual(rest, {
        status: '200',
        type: 'success',
        message: 'Event triggered successfully',
        missingFields: {},
        invalidFields: {},
      });
      assert.match(String((data as Body)['conversion_id']), CONVERSION_ID);
      assert.equal((await record(id, 'sale_completed'))?.revenue, 123_000_000);
    });

    it('answers errors with the same members, and our code', async () => {
      const { status, body } = await fire({ transaction_id: lead, event_id: 'sale_completed', cost: 'much' });
      assert.equal(status, 400);
      assert.deepEqual(body, {
        status: '400',
        type: 'error',
        code: 'invalid_fields',
        message: 'Missing or invalid: revenue, cost',
        missingFields: { revenue: 'is required' },
        invalidFields: { cost: 'is not a number' },
      });
    });

    it('updates the lead with every field of the reference, and with its own', async () => {
      const id = await postedLead(deployment);
      const before = await deployment.models.leads.findById(id).lean();
      const tracking = {
        clid: 'offer1',
        ...Object.fromEntries(
          [1, 2, 3, 4, 5].flatMap((n) => [
            [`sub${n}`, `s${n}`],
            [`adv${n}`, `a${n}`],
          ]),
        ),
        ...{ utm_source: 'google', utm_medium: 'cpc', utm_campaign: 'spring', utm_adgroup: 'ag', utm_matchtype: 'b' },
        ...{ utm_term: 'solar', utm_content: 'c1', external_clickid: 'x1', utm_creative: 'cr', utm_placement: 'top' },
        tcpa_consent_date: '2026-01-31',
        min_price: 5,
        adSpend: 1.5,
        cost: 3,
      };
      const sent = {
        ...{ transaction_id: id, event_id: 'sale_completed', amount: 10, pid: 'src_one' },
        ...{ conversion_date: '2026-01-31', conversion_timezone: 'PST', ...tracking, tcpa_consent: 1 },
        cost_operation: 'override',
        ...{ first_name: ' "Grace" ', phone: '(212) 555-0177', unknown_thing: 'kept in the log' },
      };
      assert.equal((await fire(sent)).status, 200);
      const after = await deployment.models.leads.findById(id).lean();
      assert.deepEqual(after?.tracking, { ...tracking, tcpa_consent: true });
      assert.deepEqual(after?.fields, { ...before?.fields, first_name: 'Grace', phone: '+12125550177' });
      assert.deepEqual(after?.original, { fields: before?.fields, tracking: before?.tracking });
      assert.deepEqual(after?.changedBy, [`${id}:sale_completed`]);
      const stored = await record(id, 'sale_completed');
      assert.deepEqual(JSON.parse(stored?.payload ?? ''), { ...sent, cid: 'cmp_test' });
      assert.equal(stored?.conversionDate?.toISOString(), '2026-01-31T08:00:00.000Z');
    });
  });

  describe('GET', () => {
    it('works as POST does', async () => {
      const id = await visit();
      const sale = {
        event_id: 'sale_completed',
        transaction_id: id,
        revenue: 45,
        sub1: 'ad7',
        conversion_date: '2026-01-31',
      };
      const { status, body } = await get('/api/event/trigger', { cid: 'cmp_test', ...sale });
      assert.equal(status, 200);
      assert.match(String((body['data'] as Body)['conversion_id']), CONVERSION_ID);
      const stored = await record(id, 'sale_completed');
      assert.deepEqual([stored?.revenue, stored?.updates?.tracking], [45_000_000, { sub1: 'ad7' }]);
      const fired = await get('/api/event/cmp_test', { event_id: 'quote_viewed', transaction_id: id });
      assert.deepEqual([fired.status, fired.body['status']], [200, '200']);
    });
  });

  const lockedUntil = async (id: string, event: string) =>
    (await deployment.models.eventLocks.findById(`${id}:${event}`).lean())?.until.getTime() ?? 0;
  const lockUntil = (id: string, event: string, until: Date) =>
    deployment.models.eventLocks.updateOne({ _id: `${id}:${event}` }, { until });
  /** Ends the lock of an event now. */
  const expire = (id: string, event: string) => lockUntil(id, event, new Date(0));
  /** Keeps the lock of an event for as long as a slow machine needs. */
  const hold = (id: string, event: string) => lockUntil(id, event, new Date(Date.now() + 60_000));
});
