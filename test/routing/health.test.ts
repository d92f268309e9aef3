import assert from 'node:assert/strict';
import { createHealth } from '../../activities/health.ts';
import { healthSettings, type HealthSettings, type RequestKind } from '../../rules/health.ts';
import { commandLine, type Ran } from '../cli/command-line.ts';
import { aLead, createDeployment, eventually, type Deployment } from '../leads/deployment.ts';

describe('the health of integrations', () => {
  let deployment: Deployment;
  let node: string;
  let leadwire: (argv: string) => Promise<Ran>;
  before(async () => {
    deployment = await createDeployment({
      buyers: ['steady', 'shaky'],
      auction: { pingTimeoutMs: 700 },
      integrations: {
        shaky: { health: { windowSeconds: 300, minRequests: 3, failureShare: 0.5, coolingSeconds: 3600 } },
        steady: { health: false },
      },
    });
    node = (await deployment.start()).url;
    leadwire = commandLine(deployment.variables);
  });
  after(() => deployment.stop());
  beforeEach(() => {
    deployment.buyers.resetBehaviour();
    deployment.buyers.clear();
    deployment.buyers.setBehaviour('steady', { ping: { price: 5 } });
    deployment.buyers.setBehaviour('shaky', { ping: { price: 9 } });
  });

  async function sell(headers: Record<string, string> = {}) {
    const { body } = await deployment.post(aLead(), headers);
    const id = String(body['transaction_id']);
    const auction = await deployment.models.auctions.findById(`${id}:1`).lean();
    const result = auction?.participants.find(({ integration }) => integration === 'int_shaky')?.result;
    return { id, result, outcome: body['outcome'], price: body['price'] };
  }
  const asked = (id: string) => deployment.buyers.log({ ref: id, buyer: 'shaky' }).length;
  const recordOf = () => deployment.models.health.findById('int_shaky').lean();
  /** Sells leads until the buyer is out; a ping that hangs is a timeout of its own each time. */
  const untilOut = () =>
    eventually(async () => {
      const sold = await sell();
      return sold.result === 'unhealthy' && sold;
    }, 60_000);
  /** Its cooling time is over. */
  const coolDown = () => deployment.models.health.updateOne({ _id: 'int_shaky' }, { $set: { until: new Date(0) } });
  const untilIn = () => eventually(async () => (await sell()).result === 'bid', 60_000);

  it('leaves a buyer out that hangs, sells to the others, and lets it in again when a probe is answered', async () => {
    deployment.buyers.setBehaviour('shaky', { ping: { mode: 'hang' } });
    const sold = await untilOut();
    assert.deepEqual([sold.outcome, sold.price, asked(sold.id)], ['sold', 5, 0]);
    const record = await recordOf();
    assert.deepEqual([record?.state, record?.kind], ['open', 'ask']);
    assert.ok((record?.failures ?? 0) >= 3);

    const shown = (await leadwire('health')).out.join('\n');
    assert.match(shown, /^int_shaky +out +.*\d of \d+ requests failed$/m);
    const metrics = ['leadwire_integration_out{integration="int_shaky"} 1', 'integration="int_shaky",change="out"} 1'];
    await eventually(async () => {
      const text = await (await fetch(`${node}/metrics`)).text();
      return metrics.every((metric) => text.includes(metric));
    });
    const explained = await deployment.models.health.findById('int_steady').lean();
    assert.equal(explained, null, 'who is not watched has no record');

    // A probe that fails begins the cooling time anew; it is one lead's, whatever comes beside it.
    await coolDown();
    await eventually(async () => {
      const found = await sell();
      return found.result !== 'unhealthy';
    });
    await eventually(async () => {
      const found = await recordOf();
      return found?.state === 'open' && found.until.getTime() > Date.now() && found.probe === undefined;
    });
    assert.deepEqual((await recordOf())?.since, record?.since, 'the episode is the same');
    assert.equal((await sell()).result, 'unhealthy');

    deployment.buyers.setBehaviour('shaky', { ping: { price: 9 } });
    await coolDown();
    await untilIn();
    assert.equal((await recordOf())?.state, 'closed');
    assert.deepEqual((await sell()).price, 9);
  });

  it('leaves a buyer out whose posts alone hang, and the probe is a post', async () => {
    deployment.buyers.setBehaviour('shaky', { ping: { price: 9 }, post: { mode: 'error' } });
    const out = await untilOut();
    assert.deepEqual([out.outcome, out.price], ['sold', 5]);
    assert.equal((await recordOf())?.kind, 'post');
    deployment.buyers.setBehaviour('shaky', { ping: { price: 1 }, post: {} });
    await coolDown();
    const probe = await eventually(async () => {
      const found = await sell();
      return found.result === 'bid' && found;
    });
    const trying = await recordOf();
    assert.deepEqual([trying?.state, trying?.probe?.lead], ['half_open', probe.id], 'an answered ping proves nothing');
    assert.equal((await sell()).result, 'unhealthy', 'one lead at a time');
    deployment.buyers.setBehaviour('shaky', { ping: { price: 9 }, post: {} });
    await deployment.models.health.updateOne({ _id: 'int_shaky' }, { $set: { 'probe.until': new Date(0) } });
    await untilIn();
    await eventually(async () => (await recordOf())?.state === 'closed');
  });

  it('does not post a standing bid to a buyer that went out since', async () => {
    // The answer of the other bidder takes longer than the news of the failure.
    deployment.buyers.setBehaviour('steady', { ping: { price: 12 }, post: { mode: 'reject', delayMs: 1_500 } });
    await untilIn();
    deployment.buyers.clear();
    const selling = sell();
    await eventually(async () => deployment.buyers.log({ buyer: 'steady', op: 'post' }).length > 0);
    const now = new Date();
    const until = new Date(now.getTime() + 3_600_000);
    const failed = { kind: 'post', requests: 3, failures: 3 } as const;
    await deployment.models.health.updateOne(
      { _id: 'int_shaky' },
      { $set: { state: 'open', since: now, until, ...failed }, $unset: { probe: '' } },
      { upsert: true },
    );
    const { id } = await selling;
    const second = await deployment.models.deliveries.findById(`${id}:2`).lean();
    assert.deepEqual([second?.integration, second?.state, second?.reason], ['int_shaky', 'not_sent', 'unhealthy']);
    assert.equal((await leadwire('health --reset int_shaky')).code, 1, 'somebody has to answer for it');
    assert.match((await leadwire('health --reset int_shaky --by maria')).out.join(), /gets leads again/);
    assert.match((await leadwire('health --reset int_shaky --by maria')).out.join(), /was not out/);
    deployment.buyers.setBehaviour('steady', { ping: { price: 5 } });
    await untilIn();
  });

  it('does not concern sandbox leads', async () => {
    deployment.buyers.setBehaviour('shaky', { ping: { mode: 'hang' } });
    await untilOut();
    deployment.buyers.setBehaviour('shaky', { ping: { price: 9 } });
    const { result } = await sell({ 'x-api-key': deployment.keys.test });
    assert.equal(result, 'bid');
    assert.equal((await recordOf())?.state, 'open');
  });

  it('is read live: who is not watched any more gets leads at once', async () => {
    const file = await deployment.store.export();
    const shaky = file.integrations?.find(({ id }) => id === 'int_shaky');
    assert.ok(shaky);
    await deployment.apply({
      ...file,
      integrations: [...(file.integrations ?? []).filter((one) => one !== shaky), { ...shaky, health: false }],
    });
    await untilIn();
    await eventually(async () => (await recordOf())?.state === 'closed');
  });
});

describe('settings of health', () => {
  const defaults = { windowMs: 60_000, minRequests: 20, failureShare: 0.5, coolingMs: 30_000 };
  it("are the integration's own, then its campaign's, then the defaults", () => {
    assert.deepEqual(healthSettings(undefined, undefined), defaults);
    const campaign = { minRequests: 5, coolingSeconds: 10 };
    assert.deepEqual(healthSettings({ minRequests: 2 }, campaign), { ...defaults, minRequests: 2, coolingMs: 10_000 });
    assert.equal(healthSettings(undefined, false), undefined);
    assert.equal(healthSettings(false, campaign), undefined);
    assert.deepEqual(healthSettings({}, false), defaults);
  });
});

describe('health between nodes', () => {
  let deployment: Deployment;
  const settings: HealthSettings = { windowMs: 60_000, minRequests: 6, failureShare: 0.5, coolingMs: 60_000 };
  before(async () => {
    deployment = await createDeployment();
  });
  after(() => deployment.stop());
  beforeEach(() =>
    Promise.all([deployment.models.health.deleteMany({}), deployment.models.healthCounts.deleteMany({})]),
  );

  function aNode(news: string[] = []) {
    const { health, healthCounts } = deployment.models;
    const integrations = new Map([['int_a', { health: settings }]]);
    return createHealth({
      health,
      counts: healthCounts,
      config: { live: () => ({ integrations }) as never },
      onChange: (integration, change) => news.push(`${integration} ${change}`),
    });
  }
  type Node = ReturnType<typeof aNode>;
  const report = (node: Node, codes: (string | undefined)[], kind: RequestKind = 'ask') =>
    codes.forEach((code, n) => node.report('int_a', `txn_${n}`, kind, code));
  async function takeOut(node: Node) {
    report(
      node,
      Array.from({ length: 6 }, () => 'timeout'),
    );
    await node.exchange();
    await deployment.models.health.updateOne({ _id: 'int_a' }, { $set: { until: new Date(0) } });
    await node.exchange();
  }

  it('is judged by what all of them saw, and told once', async () => {
    const news: string[] = [];
    const [one, other] = [aNode(news), aNode(news)];
    report(one, ['timeout', 'http_503', undefined]);
    report(other, [undefined, undefined, 'connect_failed']);
    await one.exchange();
    assert.equal(one.isOpenTo('int_a', 'txn_x'), true, 'three requests decide nothing');
    await other.exchange();
    assert.equal(other.isOpenTo('int_a', 'txn_x'), false);
    await one.exchange();
    await Promise.all([one.exchange(), other.exchange()]);
    assert.deepEqual([one.isOpenTo('int_a', 'txn_x'), news], [false, ['int_a out']]);
    assert.deepEqual((await deployment.models.health.findById('int_a').lean())?.failures, 3);
  });

  it('does not count what says nothing about the other side, and judges pings and posts apart', async () => {
    const node = aNode();
    report(
      node,
      Array.from({ length: 9 }, () => 'secret_missing'),
    );
    report(node, [...Array.from({ length: 20 }, () => undefined), 'timeout', 'timeout', 'timeout', 'timeout']);
    report(
      node,
      Array.from({ length: 5 }, () => 'timeout'),
      'post',
    );
    await node.exchange();
    assert.equal(node.isOpenTo('int_a', 'txn_x'), true);
    report(node, ['timeout'], 'post');
    await node.exchange();
    assert.equal(node.isOpenTo('int_a', 'txn_x'), false);
  });

  it('gives a probe to one lead of one node only', async () => {
    const nodes = [aNode(), aNode(), aNode()];
    await takeOut(nodes[0]!);
    for (const node of nodes) await node.exchange();
    const leads = nodes.flatMap((node, n) => [0, 1, 2, 3].map((m) => ({ node, lead: `txn_${n}_${m}` })));
    const admitted = await Promise.all(leads.map(({ node, lead }) => node.admit('int_a', lead)));
    assert.equal(admitted.filter(Boolean).length, 1);
    const winner = leads[admitted.indexOf(true)]!;
    assert.equal(await winner.node.admit('int_a', winner.lead), true, 'its post is part of the probe');
  });

  it('lets it in on an answer, and holds nothing of before against it', async () => {
    const news: string[] = [];
    const node = aNode(news);
    await takeOut(node);
    assert.equal(await node.admit('int_a', 'txn_probe'), true);
    node.report('int_a', 'txn_other', 'ask', undefined);
    assert.equal((await deployment.models.health.findById('int_a').lean())?.state, 'half_open');
    node.report('int_a', 'txn_probe', 'ask', undefined);
    await eventually(async () => (await deployment.models.health.findById('int_a').lean())?.state === 'closed');
    report(node, ['timeout']);
    await node.exchange();
    assert.equal(node.isOpenTo('int_a', 'txn_x'), true);
    assert.deepEqual(news, ['int_a out', 'int_a back']);
  });

  it('gives the probe to another lead when nothing is heard of the first', async () => {
    const [one, other] = [aNode(), aNode()];
    await takeOut(one);
    await other.exchange();
    assert.equal(await one.admit('int_a', 'txn_lost'), true);
    assert.equal(await other.admit('int_a', 'txn_next'), false);
    await deployment.models.health.updateOne({ _id: 'int_a' }, { $set: { 'probe.until': new Date(0) } });
    await other.exchange();
    assert.equal(await other.admit('int_a', 'txn_next'), true);
    one.report('int_a', 'txn_lost', 'ask', 'timeout');
    await one.stop();
    assert.equal((await deployment.models.health.findById('int_a').lean())?.state, 'half_open');
  });
});
