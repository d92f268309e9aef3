import assert from 'node:assert/strict';
import type { AuctionSettings } from '../../schema/campaign.ts';
import type { Integration } from '../../schema/integration.ts';
import { aLead, createDeployment, eventually, send, type Deployment } from '../leads/deployment.ts';
import { commandLine, type Ran } from '../cli/command-line.ts';

/** Whoever clears a doubt up: the ledger, the lead, the report and the buyer's own log say the same afterwards. */
describe('a post without a clear answer', () => {
  let deployment: Deployment;
  let node: string;
  let leadwire: (argv: string) => Promise<Ran>;
  before(async () => {
    deployment = await createDeployment({
      buyers: ['told', 'asked', 'decided', 'overdue', 'backup'],
      integrations: {
        told: {
          postback: {
            accepted: { 'body.status': 'sold' },
            rejected: { 'body.status': 'no' },
            price: 'body.price',
          } as Integration['postback'],
        },
        overdue: { deadlines: { unknown: { afterMinutes: 1, as: 'accepted' }, pending: { afterMinutes: 1 } } },
      },
    });
    const file = await deployment.store.export();
    for (const integration of file.integrations ?? []) {
      if (integration.id !== 'int_asked') continue;
      integration.status = {
        request: { url: `${deployment.buyers.url}/acme/asked/status`, json: { ref: 'lead.transaction_id' } },
        response: {
          rejected: { 'body.status': 'reject' },
          pending: { 'body.status': 'pending' },
          accepted: { 'body.status': 'sold' },
          price: 'body.price',
        },
      };
    }
    await deployment.apply(file);
    node = (await deployment.start()).url;
    leadwire = commandLine(deployment.variables);
  });
  after(() => deployment.stop());
  beforeEach(() => deployment.buyers.resetBehaviour());

  const leadOf = (id: string) => deployment.models.leads.findById(id).lean();
  const deliveryOf = (id: string, round = 1) => deployment.models.deliveries.findById(`${id}:${round}`).lean();
  const becomes = (id: string, outcome: string) =>
    eventually(async () => {
      const found = await leadOf(id);
      return found?.outcome === outcome && found;
    });

  /** A lead that the named buyer got, and did not answer for as told; the backup bids less. */
  async function posted(name: string, post: Parameters<Deployment['buyers']['setBehaviour']>[1]['post'], sub1: string) {
    for (const other of ['told', 'asked', 'decided', 'overdue']) {
      deployment.buyers.setBehaviour(other, { ping: other === name ? { price: 9 } : { mode: 'reject' } });
    }
    deployment.buyers.setBehaviour('backup', { ping: { price: 4 } });
    deployment.buyers.setBehaviour(name, { ping: { price: 9 }, post });
    const { body } = await deployment.post(aLead({ sub1 }));
    const id = String(body['transaction_id']);
    const resume = deployment.client.workflow.getHandle(`${id}/resume`);
    return { id, outcome: body['outcome'], look: () => resume.signal('settled') };
  }

  /** The money of a lead everywhere it stands, in dollars. */
  async function moneyOf(id: string, sub1: string) {
    const rows = await deployment.models.ledger.find({ lead: id }).lean();
    const lead = await leadOf(id);
    const { body } = await deployment.get(`/api/report?group_by=sub1&sub1=${sub1}`);
    const totals = body['totals'] as Record<string, number>;
    const dollars = (amounts: number[]) => amounts.reduce((sum, amount) => sum + amount, 0) / 1e6;
    return {
      ledger: dollars(rows.map(({ amount }) => amount)),
      lead: dollars((lead?.sales ?? []).map(({ price }) => price)),
      report: totals['revenue'],
      recovered: totals['recoveredRevenue'],
      conversions: totals['conversions'],
      buyers: (lead?.sales ?? []).map(({ buyer }) => buyer),
    };
  }
  const soldAt = (dollars: number, buyer: string, recovered = dollars) => ({
    ...{ ledger: dollars, lead: dollars, report: dollars, recovered, conversions: 1, buyers: [buyer] },
  });

  const sayBack = async (id: string, body: unknown) => {
    const token = (await deliveryOf(id))?.token ?? '';
    return (await send(`${node}/api/postback/${token}`, body, {})).status;
  };

  it('is cleared up by a postback: sold at its price', async () => {
    const { id, outcome } = await posted('told', { mode: 'reset', acceptsAnyway: true }, 'postback_yes');
    assert.equal(outcome, 'unknown');
    assert.equal(await sayBack(id, { status: 'sold', price: 7.5 }), 200);
    await becomes(id, 'sold');
    assert.deepEqual(await moneyOf(id, 'postback_yes'), soldAt(7.5, 'buy_told'));
  });

  it('is cleared up by a postback: a no sells it to the next', async () => {
    const { id } = await posted('told', { mode: 'reset' }, 'postback_no');
    assert.equal(await sayBack(id, { status: 'no' }), 200);
    await becomes(id, 'sold');
    assert.deepEqual(await moneyOf(id, 'postback_no'), soldAt(4, 'buy_backup'));
  });

  it('is cleared up by the status query, also where the buyer said that it decides later', async () => {
    const asked = await posted('asked', { mode: 'reset', acceptsAnyway: true }, 'query_yes');
    assert.equal(asked.outcome, 'sold');
    assert.deepEqual(await moneyOf(asked.id, 'query_yes'), soldAt(9, 'buy_asked'));

    const { id, outcome, look } = await posted('asked', { mode: 'pending' }, 'query_later');
    assert.equal(outcome, 'pending');
    const early = await deliveryOf(id);
    // The first pause is over.
    await deployment.models.deliveries.updateOne({ _id: `${id}:1` }, { $set: { changedAt: new Date(0) } });
    await eventually(async () => {
      await look().catch(() => undefined);
      return ((await deliveryOf(id))?.attempt ?? 0) > 1;
    });
    const waiting = await eventually(async () => {
      const found = await deliveryOf(id);
      return found !== null && found.exchanges.length > (early?.exchanges.length ?? 0) && found;
    });
    assert.deepEqual([waiting.state, waiting.settleBy], ['pending', early?.settleBy], 'still undecided');
    assert.equal(
      deployment.buyers.log({ ref: id, op: 'post', buyer: 'asked' }).length,
      1,
      'it is not sent the lead again',
    );
    assert.deepEqual((await moneyOf(id, 'query_later')).ledger, 0);
  });

  it('is cleared up by an operator: sold at its price, or to the next', async () => {
    const yes = await posted('decided', { mode: 'reset', acceptsAnyway: true }, 'operator_yes');
    assert.match((await leadwire('deliveries --state unknown')).out.join('\n'), new RegExp(`^${yes.id}:1 `, 'm'));
    assert.equal((await leadwire(`settle ${yes.id}:1 accepted --price 8.25 --by maria`)).code, 0);
    await becomes(yes.id, 'sold');
    assert.deepEqual(await moneyOf(yes.id, 'operator_yes'), soldAt(8.25, 'buy_decided'));

    const no = await posted('decided', { mode: 'reset' }, 'operator_no');
    assert.equal((await leadwire(`settle ${no.id}:1 rejected --by maria`)).code, 0);
    await becomes(no.id, 'sold');
    assert.deepEqual(await moneyOf(no.id, 'operator_no'), soldAt(4, 'buy_backup'));
  });

  it('settles by its deadline as configured, and operators are told', async () => {
    for (const [mode, outcome, sub1] of [
      ['reset', 'sold', 'deadline_unknown'],
      ['pending', 'expired', 'deadline_pending'],
    ] as const) {
      const { id, look } = await posted(
        'overdue',
        { mode, ...(mode === 'reset' ? { acceptsAnyway: true } : {}) },
        sub1,
      );
      await deployment.models.deliveries.updateOne({ _id: `${id}:1` }, { $set: { settleBy: new Date(0) } });
      await eventually(async () => {
        await look().catch(() => undefined);
        return (await leadOf(id))?.outcome === outcome;
      });
      const settled = await deliveryOf(id);
      assert.equal(settled?.reason, 'deadline_passed');
      assert.ok(settled.overdueAt instanceof Date);
      const money = await moneyOf(id, sub1);
      if (outcome === 'sold') assert.deepEqual(money, soldAt(9, 'buy_overdue'));
      else assert.deepEqual([money.ledger, money.lead, money.buyers], [0, 0, []]);
    }
    const metrics = await (await fetch(`${node}/metrics`)).text();
    for (const labels of ['was="unknown",as="accepted"', 'was="pending",as="rejected"']) {
      assert.ok(metrics.includes(`leadwire_delivery_deadlines_total{integration="int_overdue",${labels}} 1`), labels);
    }
  });

  it('sold to the next after a no is recovered, and sold to the first is not', async () => {
    const first = await posted('decided', {}, 'plain');
    assert.equal(first.outcome, 'sold');
    assert.deepEqual(await moneyOf(first.id, 'plain'), soldAt(9, 'buy_decided', 0));
    const next = await posted('decided', { mode: 'reject' }, 'rejected');
    assert.equal(next.outcome, 'sold');
    assert.deepEqual(await moneyOf(next.id, 'rejected'), soldAt(4, 'buy_backup'));
  });
});

describe('limits on selling on', () => {
  async function deploy(auction: Parameters<typeof createDeployment>[0]) {
    const deployment = await createDeployment(auction);
    await deployment.start();
    return deployment;
  }

  async function refusedByAll(auction: AuctionSettings, post: { delayMs?: number }) {
    const deployment = await deploy({ buyers: ['a', 'b', 'c', 'd'], auction });
    try {
      for (const [at, name] of ['a', 'b', 'c', 'd'].entries()) {
        deployment.buyers.setBehaviour(name, { ping: { price: 9 - at }, post: { mode: 'reject', ...post } });
      }
      const { body } = await deployment.post(aLead());
      assert.deepEqual([body['outcome'], body['reason']], ['rejected', 'bids_exhausted']);
      const lead = String(body['transaction_id']);
      const rounds = await deployment.models.deliveries.find({ lead }).sort({ round: 1 }).lean();
      return {
        posts: rounds.map(({ integration }) => integration),
        auctions: await deployment.models.auctions.countDocuments({ lead }),
      };
    } finally {
      await deployment.stop();
    }
  }

  it('end a lead after its posts', async () => {
    const { posts } = await refusedByAll({ maxPosts: 3 }, {});
    assert.deepEqual(posts, ['int_a', 'int_b', 'int_c']);
  });

  it('end a lead after its auctions', async () => {
    // Each no takes longer than the bids stand: whoever is left is asked anew, but only once.
    const { posts, auctions } = await refusedByAll({ maxAuctions: 2, bidStandsMs: 1000 }, { delayMs: 1300 });
    assert.deepEqual([posts, auctions], [['int_a', 'int_b'], 2]);
  });

  it('end a lead when its time to be sold is over', async () => {
    const deployment = await deploy({ buyers: ['a', 'b'], auction: { sellWithinMs: 1000 } });
    try {
      deployment.buyers.setBehaviour('a', { ping: { price: 9 }, post: { mode: 'reject', delayMs: 1_300 } });
      deployment.buyers.setBehaviour('b', { ping: { price: 8 } });
      const { body } = await deployment.post(aLead());
      assert.deepEqual([body['outcome'], body['reason']], ['rejected', 'out_of_time']);
      assert.deepEqual(deployment.buyers.log({ buyer: 'b', op: 'post' }), []);
    } finally {
      await deployment.stop();
    }
  });
});
