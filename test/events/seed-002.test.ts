import assert from 'node:assert/strict';
import { createDeployment, eventually, send, type Deployment } from '../leads/deployment.ts';
import { checkConfiguration } from '../../config/check.ts';
import type { ConfigurationFile } from '../../schema/configuration.ts';
import { EVENTS, eventsFile, postedLead, visited } from './campaign.ts';

type Body = Record<string, unknown>;

describe('Event Management', function () {
  this.timeout(120_000);
  let deployment: Deployment;
  let url: string;
  const lists = [{ id: 'evl_calls', name: 'Calls', events: ['qualified', 'callback'] }];
  const events = [
    ...EVENTS,
    { id: 'qualified', description: 'Reviewed and good' },
    { id: 'callback' },
    { id: 'sale', conversion: true, affiliateConversion: true },
  ];
  const file = (changes: Partial<ConfigurationFile> = {}): ConfigurationFile => {
    const made = eventsFile(deployment.buyers.url, { events, eventLists: lists });
    const [test, other] = made.campaigns!;
    const { events: _own, ...everything } = test!;
    return {
      ...made,
      campaigns: [
        {
          ...test!,
          events: [
            'quote_viewed',
            { event: 'callback', multiTrigger: true },
            {
              event: 'sale',
              name: 'Policy sold',
              conversion: false,
              fields: [
                { name: 'policy', type: 'text', required: true },
                { name: 'premium', type: 'number' },
                { name: 'starts', type: 'date', required: true },
              ],
            },
          ],
          eventLists: ['evl_calls'],
        },
        other!,
        { ...everything, id: 'cmp_all', name: 'Takes everything' },
        { ...everything, id: 'cmp_none', name: 'Takes nothing', events: [] },
        { ...everything, id: 'cmp_list', name: 'Takes a list', eventLists: ['evl_calls'] },
      ],
      ...changes,
    };
  };
  before(async () => {
    deployment = await createDeployment();
    await deployment.apply(file());
    url = (await deployment.start()).url;
  });
  after(() => deployment.stop());

  const trigger = (body: Body) => send(`${url}/api/event/trigger`, { cid: 'cmp_test', ...body }, {});
  /** What a campaign without a lead says to an event: what it knows gets as far as the transaction. */
  const codeOf = async (cid: string, event: string, revenue?: number) =>
    (await trigger({ cid, event_id: event, transaction_id: 'txn_unknown', revenue, policy: 'p', starts: '2026-01-01' }))
      .body['code'];
  const KNOWN = 'event_transaction_invalid';

  it('events of the organisation are available in every campaign that names none of its own', async () => {
    assert.equal(await codeOf('cmp_all', 'callback'), KNOWN);
    assert.equal(await codeOf('cmp_all', 'sale', 5), KNOWN);
    assert.equal(await codeOf('cmp_none', 'callback'), 'event_unknown');
    assert.equal(await codeOf('cmp_test', 'signup', 5), 'event_unknown');
  });

  it('conversion and affiliate conversion: the record says which it is, and a campaign may say otherwise', async () => {
    const id = await visited(url);
    assert.equal(await codeOf('cmp_all', 'sale'), 'revenue_required');
    const { status } = await trigger({ event_id: 'sale', transaction_id: id, policy: 'P-1', starts: '2026-02-01' });
    assert.equal(status, 200);
    const stored = await deployment.models.events.findById(`${id}:sale`).lean();
    assert.deepEqual([stored?.conversion, stored?.affiliateConversion, stored?.conversionId], [false, true, undefined]);
  });

  it('Multi-Trigger: allows the same event to fire more than once, here in one campaign only', async () => {
    const id = await visited(url);
    for (const round of [1, 2]) {
      await deployment.models.eventLocks.deleteMany({});
      assert.equal((await trigger({ event_id: 'callback', transaction_id: id })).status, 200, `${round}`);
    }
    assert.equal(await deployment.models.events.countDocuments({ lead: id, event: 'callback' }), 2);
  });

  it('custom event fields: text, number and date; what is required must come', async () => {
    const id = await visited(url);
    const sale = { event_id: 'sale', transaction_id: id };
    const lacking = await trigger({ ...sale, premium: 'lots' });
    assert.deepEqual(
      [lacking.status, lacking.body['missingFields'], lacking.body['invalidFields']],
      [400, { policy: 'is required', starts: 'is required' }, { premium: 'is not a number' }],
    );
    const given = { policy: ' P-7 ', premium: '1,200.50', starts: '02/01/2026' };
    assert.equal((await trigger({ ...sale, ...given })).status, 200);
    const stored = await deployment.models.events.findById(`${id}:sale`).lean();
    assert.deepEqual(stored?.fields, { policy: 'P-7', premium: 1200.5, starts: '2026-02-01' });
    assert.equal(stored?.updates, undefined);
  });

  it('event lists: assigned to campaigns, updated once, applied everywhere', async () => {
    assert.equal(await codeOf('cmp_test', 'qualified'), KNOWN);
    assert.equal(await codeOf('cmp_list', 'qualified'), KNOWN);
    assert.equal(await codeOf('cmp_list', 'sale', 5), 'event_unknown');
    await deployment.apply({ eventLists: [{ id: 'evl_calls', events: ['callback', 'signup'] }] });
    await eventually(async () => (await codeOf('cmp_list', 'qualified')) === 'event_unknown');
    assert.equal(await codeOf('cmp_test', 'qualified'), 'event_unknown');
    assert.deepEqual([await codeOf('cmp_list', 'signup', 1), await codeOf('cmp_test', 'signup', 1)], [KNOWN, KNOWN]);
    await deployment.apply(file());
    await eventually(async () => (await codeOf('cmp_list', 'qualified')) === KNOWN);
  });

  it('triggered manually on a lead record, with a key of its seller', async () => {
    const id = await postedLead(deployment);
    const send2 = (key: string) => send(`${url}/api/lead/${id}/event`, { event_id: 'qualified' }, { 'x-api-key': key });
    const { api, live, test, order } = deployment.keys;
    const stranger = (await api.create({ ...order, seller: 'sel_two', source: 'src_two' })).key;
    for (const key of [test, stranger]) assert.equal((await send2(key)).body['code'], 'unknown_lead');
    const { status, body } = await send2(live);
    assert.deepEqual([status, body['message']], [200, 'Event triggered successfully']);
    const stored = await deployment.models.events.findById(`${id}:qualified`).lean();
    assert.deepEqual([stored?.origin, stored?.verified, stored?.by], ['key', true, live.slice(0, 16)]);
  });

  it('triggered on a lead whose campaign is gone: it has no such event', async () => {
    const id = await postedLead(deployment);
    await deployment.models.leads.updateOne({ _id: id }, { campaign: 'cmp_gone' });
    const answer = await send(
      `${url}/api/lead/${id}/event`,
      { event_id: 'qualified' },
      { 'x-api-key': deployment.keys.live },
    );
    assert.equal(answer.body['code'], 'event_unknown');
  });

  describe('event history', () => {
    it('is logged with timestamp, lead, campaign and payload, by event, campaign, lead and date range', async () => {
      const { models } = deployment;
      const ids = [await visited(url), await visited(url)];
      for (const [index, id] of ids.entries()) {
        await trigger({ event_id: 'qualified', transaction_id: id, note: `n${index}` });
        await trigger({ event_id: 'quote_viewed', transaction_id: id });
      }
      const old = new Date('2026-01-15T10:00:00Z');
      await models.events.collection.updateOne({ _id: `${ids[0]}:qualified` } as never, { $set: { at: old } });
      const found = async (query: string) => {
        const { status, body } = await deployment.get(`/api/events?${query}`);
        assert.equal(status, 200, JSON.stringify(body));
        return body as { events: Body[]; next_cursor?: string };
      };
      const [entry] = (await found(`event=qualified&to=2026-02-01T00:00:00Z`)).events;
      assert.deepEqual(entry, {
        ...{ id: `${ids[0]}:qualified`, at: old.toISOString(), event_id: 'qualified', transaction_id: ids[0] },
        ...{ campaign: 'cmp_test', source: 'src_one', pid: 'organic', conversion: false, affiliate_conversion: false },
        verified: false,
        fields: {},
        payload: { cid: 'cmp_test', event_id: 'qualified', transaction_id: ids[0], note: 'n0' },
        origin: 'open',
        postbacks: [],
      });
      const ofLead = await found(`transaction_id=${ids[1]}&campaign=cmp_test`);
      assert.deepEqual(ofLead.events.map((event) => event['event_id']).sort(), ['qualified', 'quote_viewed']);
      assert.deepEqual((await found(`transaction_id=${ids[1]}&campaign=cmp_other`)).events, []);
      assert.deepEqual((await found(`transaction_id=${ids[1]}&to=2026-02-01T00:00:00Z`)).events, []);
      const seen: unknown[] = [];
      for (let cursor = ''; ;) {
        const page = await found(`limit=3${cursor}`);
        seen.push(...page.events.map((event) => event['id']));
        if (!page.next_cursor) break;
        cursor = `&cursor=${page.next_cursor}`;
      }
      assert.equal(new Set(seen).size, seen.length);
      assert.equal(seen.length, await models.events.countDocuments({ mode: 'live' }));
      assert.equal(seen.at(-1), `${ids[0]}:qualified`);
      assert.deepEqual((await found('cursor=nonsense')).events, []);
    });

    it("shows a seller its own sources' only", async () => {
      const { api, order } = deployment.keys;
      const stranger = (await api.create({ ...order, seller: 'sel_two', source: 'src_two' })).key;
      const { body } = await deployment.get('/api/events', { 'x-api-key': stranger });
      assert.deepEqual(body['events'], []);
    });
  });

  it('a configuration with mistakes in its events is refused, each mistake by its place', () => {
    const made = eventsFile('http://127.0.0.1:1');
    const [campaign] = made.campaigns!;
    const { issues } = checkConfiguration(
      {
        ...made,
        events: [{ id: 'sale', conversion: 'yes' }, { id: '1st' }, { id: 'lead' }, { id: 'lead' }],
        eventLists: [{ id: 'evl_one', events: ['lead', 'nowhere'] }],
        campaigns: [
          {
            ...campaign,
            events: [
              'lead',
              'lead',
              'none',
              {
                event: 'sale',
                fields: [
                  { name: 'revenue', type: 'text' },
                  { name: 'sub1', type: 'text' },
                  { name: 'a', type: 'text' },
                  { name: 'a', type: 'date' },
                ],
              },
            ],
            eventLists: ['evl_none'],
            tracking: { events: [{ on: 'view', event: 'never' }] },
          },
        ],
      },
      { allowNetworks: ['127.0.0.0/8'] },
    );
    const at = issues
      .filter(({ path }) => /event/i.test(path))
      .map(({ path, code, severity }) => `${path} ${code}${severity ? ` (${severity})` : ''}`);
    assert.deepEqual(at, [
      'campaigns[0].eventLists[0] unknown_event_list',
      'campaigns[0].events[1] duplicate',
      'campaigns[0].events[2] unknown_event',
      'campaigns[0].events[3].fields[0].name reserved',
      'campaigns[0].events[3].fields[1].name tracking_field',
      'campaigns[0].events[3].fields[3].name duplicate',
      'campaigns[0].tracking.events[0].event unknown_event (warning)',
      'eventLists[0].events[1] unknown_event',
      'events[0].conversion wrong_type',
      'events[1].id wrong_value',
      'events[3].id duplicate_id',
    ]);
  });
});
