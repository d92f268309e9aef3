import assert from 'node:assert/strict';
import { evaluateAlerts } from '../../activities/alerts/evaluate.ts';
import type { DeliveryRecord } from '../../models/delivery.ts';
import type { LeadRecord } from '../../models/lead.ts';
import { createLedgerCheck } from '../../server/statements/check-run.ts';
import { newTransactionId } from '../../rules/transaction-id.ts';
import type { Alert } from '../../schema/alert.ts';
import { createCaller, storeDelivery, storeLead, type Caller } from '../delivery/caller.ts';
import { commandLine } from '../cli/command-line.ts';
import { createDeployment, eventually, quiet, type Deployment } from '../leads/deployment.ts';

const MINUTE_MS = 60_000;
const to = ['ops'];

describe('evaluating alerts', () => {
  let deployment: Deployment;
  let nodes: Caller[];
  beforeEach(async () => {
    deployment = await createDeployment({
      buyers: ['alpha', 'beta'],
      integrations: { alpha: { caps: [{ count: 'accepted', max: 10, per: 'day' }] } },
    });
    nodes = await Promise.all([createCaller(deployment), createCaller(deployment)]);
  });
  afterEach(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await deployment.stop();
  });

  async function watch(...alerts: Alert[]): Promise<void> {
    const file = await deployment.store.export();
    file.alertChannels = [{ id: 'ops', kind: 'email', to: ['ops@exchange.example'] }];
    file.campaigns![0]!.alerts = alerts;
    const { revision } = await deployment.apply(file);
    await eventually(async () => nodes.every(({ deps }) => deps.config.current().revision === revision));
  }
  /** Both nodes look at the same moment. */
  const look = (now = new Date()) => Promise.all(nodes.map(({ deps }) => evaluateAlerts(deps, now)));
  const concluded = (outcome: LeadRecord['outcome'], ms = 100, changes: Partial<LeadRecord> = {}) => {
    const receivedAt = changes.receivedAt ?? new Date();
    const concludedAt = new Date(receivedAt.getTime() + ms);
    return storeLead(nodes[0]!, { state: 'concluded', outcome, concludedAt, ...changes });
  };
  const told = async () =>
    (await deployment.models.postbacks.find().sort({ _id: 1 }).lean()).map(({ payload }) => {
      const { type, data } = JSON.parse(payload) as { type: string; data: Record<string, unknown> };
      return { type, subject: data['subject'], value: data['value'], of: data['of'], episode: data['episode'] };
    });
  const standing = async () =>
    (await deployment.models.alerts.find().sort({ _id: 1 }).lean()).map(({ _id, state, told: isTold }) => [
      _id,
      state,
      isTold,
    ]);

  it('tells an episode once and its recovery once, whoever looks at the same time', async () => {
    await watch({ when: 'no_sale_rate', above: 0.5, min: 4, to });
    for (const outcome of ['rejected', 'held', 'expired'] as const) await concluded(outcome);
    // What is no fault of the buyers, or not yet decided, and the sandbox do not count.
    for (const outcome of ['duplicate', 'invalid', 'pending', 'unknown'] as const) await concluded(outcome);
    await concluded('rejected', 100, { mode: 'test' });
    await look();
    assert.deepEqual(await told(), [], 'three leads say nothing');

    await concluded('sold');
    for (let n = 0; n < 5; n++) await look();
    const firing = { type: 'alert.firing', subject: undefined, value: 0.75, of: 4, episode: 1 };
    assert.deepEqual(await told(), [firing]);

    for (let n = 0; n < 3; n++) await concluded('sold');
    for (let n = 0; n < 5; n++) await look();
    const recovered = { type: 'alert.recovered', subject: undefined, value: 3 / 7, of: 7, episode: 1 };
    assert.deepEqual(await told(), [firing, recovered]);
    assert.deepEqual(await standing(), [['cmp_test:no_sale_rate', 'ok', true]]);

    // Another episode is told again; too few leads leave it as it is.
    await concluded('rejected');
    await look();
    await look(new Date(Date.now() + 61 * MINUTE_MS));
    const again = { ...firing, value: 0.5, of: 8, episode: 2 };
    assert.deepEqual(await told(), [firing, recovered, again]);
    assert.deepEqual(await standing(), [['cmp_test:no_sale_rate', 'firing', true]]);
  });

  it('tells what a node that died had turned over and not told', async () => {
    await watch({ when: 'no_sale_rate', above: 0.5, min: 1, to });
    await concluded('rejected');
    await look();
    await deployment.models.postbacks.deleteMany({});
    await deployment.models.alerts.updateOne({ _id: 'cmp_test:no_sale_rate' }, { $set: { told: false } });
    await concluded('sold');
    await concluded('sold');
    // It recovers only after its beginning is told.
    await look();
    assert.deepEqual(
      (await told()).map(({ type }) => type),
      ['alert.firing'],
    );
    await look();
    assert.deepEqual((await told()).map(({ type }) => type).sort(), ['alert.firing', 'alert.recovered']);
  });

  it('ends without a word when nobody watches for it any more', async () => {
    await watch({ when: 'no_sale_rate', above: 0.5, min: 1, to });
    await concluded('rejected');
    await look();
    await watch();
    await look();
    assert.deepEqual(await standing(), [['cmp_test:no_sale_rate', 'ok', true]]);
    assert.equal((await told()).length, 1);
  });

  it('measures how long sellers waited, no longer than the deadline lets them', async () => {
    await watch({ when: 'latency', above: 8000, min: 20, to });
    for (let n = 0; n < 18; n++) await concluded('sold', 400);
    await concluded('rejected', 3_600_000);
    await look();
    assert.deepEqual(await told(), [], '19 leads say nothing');
    // Without an outcome long after the deadline.
    const receivedAt = new Date(Date.now() - 5 * MINUTE_MS);
    await storeLead(nodes[0]!, { receivedAt, _id: newTransactionId(receivedAt.getTime()) });
    await storeLead(nodes[0]!);
    await look();
    assert.deepEqual(await told(), [{ type: 'alert.firing', subject: undefined, value: 8000, of: 20, episode: 1 }]);
  });

  it('counts posts that failed, and posts without a clear answer', async () => {
    await watch(
      { when: 'delivery_failure_rate', above: 0.5, min: 8, to },
      { id: 'doubtful', when: 'unknown_posts', above: 2, to },
    );
    const states: [DeliveryRecord['state'], string?][] = [
      ...([['accepted'], ['rejected', 'rejected'], ['rejected', 'duplicate'], ['pending']] as const).map(
        ([state, reason]): [DeliveryRecord['state'], string?] => [state, reason],
      ),
      ['unknown', 'timeout'],
      ['rejected', 'buyer_error'],
      ['not_sent', 'connect_failed'],
      // On purpose, or still on its way.
      ['not_sent', 'cap_full'],
      ['not_sent', 'paused'],
      ['sending'],
    ];
    for (const [state, reason] of states) {
      await storeDelivery(nodes[0]!, await storeLead(nodes[0]!), 'alpha', { state, ...(reason ? { reason } : {}) });
    }
    await look();
    assert.deepEqual(await told(), [], 'seven posts say nothing, and one is in doubt');
    await storeDelivery(nodes[0]!, await storeLead(nodes[0]!), 'beta', { state: 'unknown', reason: 'http_502' });
    await look();
    assert.deepEqual(await told(), [
      { type: 'alert.firing', subject: undefined, value: 0.5, of: 8, episode: 1 },
      { type: 'alert.firing', subject: undefined, value: 2, of: undefined, episode: 1 },
    ]);
  });

  it('counts follow-ups that services have not taken', async () => {
    await watch({ when: 'delivery_failure_rate', above: 0.5, min: 4, to });
    const { followUps } = deployment.models;
    const at = new Date();
    for (const [state, reason] of [
      ...([
        ['done', 'accepted'],
        ['done', 'duplicate'],
        ['failed', 'rejected'],
        ['open', 'http_503'],
      ] as const),
      // For the first time under way.
      ['open', undefined] as const,
    ]) {
      const lead = newTransactionId();
      await followUps.create({
        ...{
          _id: `${lead}:int_crm`,
          lead,
          integration: 'int_crm',
          campaign: 'cmp_test',
          source: 'src_one',
          mode: 'live',
        },
        ...{ state, attempts: 1, createdAt: at, changedAt: at },
        ...(reason === undefined ? {} : { reason }),
      });
    }
    await look();
    assert.deepEqual(await told(), [{ type: 'alert.firing', subject: undefined, value: 0.5, of: 4, episode: 1 }]);
  });

  it('tells of each cap by itself, and that its next window is free', async () => {
    await watch({ when: 'cap_reached', above: 0.8, to });
    const now = new Date();
    const [window] = nodes[0]!.deps.config.current().integrations.get('int_alpha')!.filters.capWindows(now);
    const { caps } = deployment.models;
    await caps.collection.insertOne({ _id: window!.id, n: 7, open: [] } as never);
    await look(now);
    assert.deepEqual(await told(), []);
    await caps.updateOne({ _id: window!.id }, { $set: { n: 8 } });
    await look(now);
    const subject = 'int_alpha:accepted:day';
    const firing = { type: 'alert.firing', subject, value: 0.8, of: 10, episode: 1 };
    assert.deepEqual(await told(), [firing]);
    await look(new Date(now.getTime() + 24 * 60 * MINUTE_MS));
    assert.deepEqual(await told(), [firing, { ...firing, type: 'alert.recovered', value: 0 }]);
  });

  it('tells that a buyer is left out, and an endpoint switched off', async () => {
    await watch({ when: 'buyer_out', to }, { when: 'endpoint_disabled', to });
    const file = await deployment.store.export();
    const source = file.sources!.find(({ id }) => id === 'src_one')!;
    source.postbacks = [{ id: 'main', on: ['sold'], request: { url: 'https://seller.example/sold' } }];
    const { revision } = await deployment.apply(file);
    await eventually(async () => nodes.every(({ deps }) => deps.config.current().revision === revision));
    const { health, endpoints } = deployment.models;
    const since = new Date();
    await health.collection.insertMany([
      { _id: 'int_alpha', state: 'open', since, until: since, kind: 'ask', requests: 20, failures: 20 },
      { _id: 'int_beta', state: 'closed', since, until: since, kind: 'ask', requests: 20, failures: 20 },
    ] as never);
    const request = nodes[0]!.deps.config.current().endpoints.byId.get('src_one/main')!.requestHash;
    await endpoints.collection.insertMany([
      { _id: 'src_one/main', request, disabledAt: since, reason: 'gone' },
      // It was configured otherwise since.
      { _id: 'src_one/other', request: 'another', disabledAt: since, reason: 'gone' },
    ] as never);
    await look();
    const of = { value: 1, of: undefined, episode: 1 };
    const out = [
      { type: 'alert.firing', subject: 'int_alpha', ...of },
      { type: 'alert.firing', subject: 'src_one/main', ...of },
    ];
    assert.deepEqual(await told(), out);
    await health.updateOne({ _id: 'int_alpha' }, { $set: { state: 'half_open' } });
    await endpoints.deleteOne({ _id: 'src_one/main' });
    await look();
    assert.deepEqual(
      (await told()).map(({ type, subject }) => [type, subject]),
      [
        ['alert.firing', 'int_alpha'],
        ['alert.firing', 'src_one/main'],
        ['alert.recovered', 'src_one/main'],
      ],
    );
    await health.updateOne({ _id: 'int_alpha' }, { $set: { state: 'closed' } });
    await look();
    assert.equal((await told()).length, 4);
  });

  it('tells that the ledger does not add up, until it does', async () => {
    await watch({ when: 'ledger_check', to });
    const [one, two] = nodes.map(({ deps }) => createLedgerCheck({ ...deps, log: quiet }));
    const { ledger } = deployment.models;
    const now = new Date();
    const row = { _id: 'txn_gone:1:sale', kind: 'sale', delivery: 'txn_gone:1', amount: 5, at: new Date(0) } as const;
    await ledger.create(row);
    const found = await Promise.all([one!.look(now), two!.look(now)]);
    assert.equal(found.filter(Boolean).length, 1, 'one of them checks');
    await look();
    await look();
    const firing = { type: 'alert.firing', subject: undefined, value: 1, of: 0, episode: 1 };
    assert.deepEqual(await told(), [firing]);
    await ledger.deleteOne({ _id: row._id });
    // It is looked at again an hour later, and then once a day.
    assert.equal(await one!.look(new Date(now.getTime() + 59 * MINUTE_MS)), undefined);
    assert.deepEqual((await two!.look(new Date(now.getTime() + 60 * MINUTE_MS)))?.findings, []);
    assert.equal(await one!.look(new Date(now.getTime() + 10 * 60 * MINUTE_MS)), undefined);
    await look();
    assert.deepEqual(await told(), [firing, { ...firing, type: 'alert.recovered', value: 0 }]);
    // Whoever checks by hand is heard as well.
    await ledger.create(row);
    const leadwire = commandLine(deployment.variables);
    assert.equal((await leadwire('ledger check')).code, 1);
    await look();
    assert.equal((await told()).length, 3);
    await watch();
    assert.equal(await one!.look(new Date(now.getTime() + 99 * 60 * MINUTE_MS)), undefined, 'nobody watches');
  });

  it('tells that work waits to be started, of each kind by itself, and how long the oldest has', async () => {
    await watch({ when: 'queue_waiting', above: 10, to });
    const { outbox } = deployment.models;
    const now = new Date();
    const ago = (minutes: number) => new Date(now.getTime() - minutes * MINUTE_MS);
    await outbox.create([
      { _id: 'lead:a', kind: 'lead', lead: 'a', at: ago(12) },
      { _id: 'lead:b', kind: 'lead', lead: 'b', at: ago(10) },
      { _id: 'lead:c', kind: 'lead', lead: 'c', at: ago(9) },
      { _id: 'event:d', kind: 'event', lead: 'd', event: 'd', at: ago(9) },
      // It is to be looked at later.
      { _id: 'event:e', kind: 'event', lead: 'e', event: 'e', at: ago(-1) },
    ]);
    await look(now);
    const firing = { type: 'alert.firing', subject: 'lead', value: 12, of: 2, episode: 1 };
    assert.deepEqual(await told(), [firing]);
    await outbox.deleteMany({ kind: 'lead' });
    await look(now);
    assert.deepEqual(await told(), [firing, { ...firing, type: 'alert.recovered', value: 0 }]);
  });
});
