import assert from 'node:assert/strict';
import { commandLine } from '../cli/command-line.ts';
import { aLead, createDeployment, send, type Deployment } from '../leads/deployment.ts';
import type { AuctionSettings } from '../../schema/campaign.ts';
import type { Integration } from '../../schema/integration.ts';

type Changes = Partial<Integration>;
interface Variant {
  auction: AuctionSettings;
  /** Changes to the integrations of the campaign, by the name of the buyer. */
  changes?: Record<string, Changes>;
}

const BUYERS = ['alpha', 'beta', 'gamma'];
const PATIENT: AuctionSettings = { pingTimeoutMs: 8000, deadlineMs: 30_000, sellWithinMs: 600_000 };
const own = (variant: string, ...names: string[]) => names.map((name) => `int_${name}_${variant}`);

const VARIANTS: Record<string, Variant> = {
  stop: {
    auction: {
      maxBuyers: 3,
      groups: [
        { id: 'first', integrations: own('stop', 'alpha') },
        { id: 'second', tag: 'rest' },
      ],
    },
    changes: { beta: { tags: ['rest'] }, gamma: { tags: ['rest'] } },
  },
  on: {
    auction: {
      maxBuyers: 3,
      groups: [
        {
          id: 'first',
          integrations: own('on', 'alpha', 'beta'),
          strategy: 'waterfall',
          ifSold: 'continue',
          maxBuyers: 1,
        },
      ],
    },
  },
  hybrid: { auction: { maxBuyers: 2, hybrid: true } },
  shared: { auction: { maxBuyers: 2 } },
  agreed: { auction: { agreements: [{ integration: 'int_alpha_agreed', states: ['CA'], price: 12 }] } },
  turns: { auction: { strategy: 'round_robin' } },
  fixed: {
    auction: { strategy: 'fixed_price' },
    changes: { alpha: { price: 7 }, beta: { price: 9 }, gamma: { price: 8 } },
  },
  floors: {
    auction: { minPrice: 2, modifiers: [{ multiply: 0.5 }, { buyer: 'buy_alpha', margin: { share: 0.5 } }] },
    changes: { beta: { minPrice: 30 } },
  },
  paid: { auction: {}, changes: { alpha: { rule: { '<=': [{ var: 'integration.days_to_pay' }, 30] } } } },
};

describe('auctions of campaigns', () => {
  let deployment: Deployment;
  let urls: string[];
  before(async () => {
    deployment = await createDeployment({ buyers: BUYERS, auction: PATIENT });
    const file = await deployment.store.export();
    const [campaign] = file.campaigns ?? [];
    assert.ok(campaign);
    await deployment.apply({
      ...file,
      sources: [...(file.sources ?? []), { id: 'src_dear', seller: 'sel_one', minPrice: 6 }],
      buyers: (file.buyers ?? []).map((buyer) => ({ ...buyer, daysToPay: buyer.id === 'buy_alpha' ? 45 : 7 })),
      campaigns: Object.entries(VARIANTS).map(([id, { auction }]) => ({
        ...campaign,
        id: `cmp_${id}`,
        auction: { ...PATIENT, ...auction },
      })),
      integrations: Object.entries(VARIANTS).flatMap(([variant, { changes }]) =>
        (file.integrations ?? []).map((integration, at) => ({
          ...integration,
          ...alone(integration, variant, BUYERS[at] ?? ''),
          id: `${integration.id}_${variant}`,
          campaign: `cmp_${variant}`,
          ...changes?.[BUYERS[at] ?? ''],
        })),
      ),
    });
    urls = [(await deployment.start()).url, (await deployment.start()).url];
  });
  after(async () => deployment.stop());
  beforeEach(() => deployment.buyers.resetBehaviour());

  /** Alpha's bids are for having the lead alone where leads are shared. */
  function alone({ ping, post }: Integration, variant: string, name: string): Changes {
    const slow = post && { ...post, request: { ...post.request, timeoutMs: 8000 } };
    const wants = ['hybrid', 'shared'].includes(variant) && name === 'alpha';
    const bid = ping?.response.bid;
    return {
      ...(slow ? { post: slow } : {}),
      ...(wants && bid ? { ping: { ...ping, response: { ...ping.response, bid: { ...bid, exclusive: true } } } } : {}),
    };
  }

  const bid = (prices: Record<string, number>) => {
    for (const [name, price] of Object.entries(prices)) deployment.buyers.setBehaviour(name, { ping: { price } });
  };
  const sell = async (variant: string, lead: Record<string, unknown> = {}, node = 0, key = deployment.keys.live) => {
    const { body } = await send(`${urls[node]}/api/lead/cmp_${variant}`, aLead(lead), { 'x-api-key': key });
    const id = String(body['transaction_id']);
    const record = await deployment.models.leads.findById(id).lean();
    const auction = await deployment.models.auctions.findById(`${id}:1`).lean();
    assert.ok(record && auction, JSON.stringify(body));
    return { id, body, record, auction, buyers: record.sales.map(({ buyer }) => buyer.replace('buy_', '')) };
  };
  /** Who was not asked for a bid pays what it was sold for. */
  const says = (name: string) => deployment.buyers.setBehaviour(name, { post: { price: null } });
  const rejects = (name: string) => deployment.buyers.setBehaviour(name, { post: { mode: 'reject' } });

  it('go from group to group: stop when one of it was sold the lead, or go on', async () => {
    bid({ alpha: 3, beta: 20, gamma: 10 });
    const stopped = await sell('stop');
    assert.deepEqual(stopped.buyers, ['alpha']);
    assert.deepEqual(
      stopped.auction.ranked.map(({ group, ranking }) => [group, ranking?.why]),
      [
        ['first', 'group'],
        ['second', 'group'],
        ['second', 'price'],
      ],
    );
    assert.deepEqual((await sell('on')).buyers, ['alpha', 'gamma'], 'one of the first group, then the rest');
    rejects('alpha');
    assert.deepEqual((await sell('stop')).buyers, ['beta', 'gamma'], 'after a no the next group is tried');
    assert.deepEqual((await sell('on')).buyers, ['beta', 'gamma'], 'after a no the next of the group is');
  });

  it('sell to one buyer alone where that brings more than several together', async () => {
    bid({ alpha: 20, beta: 9, gamma: 8 });
    const alone = await sell('hybrid');
    assert.deepEqual(alone.buyers, ['alpha']);
    assert.deepEqual(alone.auction.alternatives, { exclusive: 20_000_000, shared: 17_000_000 });
    bid({ alpha: 16 });
    assert.deepEqual((await sell('hybrid')).buyers, ['beta', 'gamma']);
    bid({ alpha: 20 });
    rejects('alpha');
    assert.deepEqual((await sell('hybrid')).buyers, ['beta', 'gamma'], 'after a no the others share it');
    const shared = await sell('shared');
    assert.deepEqual(shared.auction.dropped, [
      { integration: 'int_alpha_shared', price: 20_000_000, reason: 'exclusive_only' },
    ]);
  });

  it('give what is agreed about first and alone, at the price that was agreed', async () => {
    bid({ alpha: 1, beta: 30, gamma: 20 });
    says('alpha');
    const agreed = await sell('agreed', { zip: '94105', state: 'CA' });
    assert.deepEqual([agreed.buyers, agreed.body['price']], [['alpha'], 12]);
    assert.equal(agreed.auction.ranked[0]?.ranking?.why, 'agreement');
    assert.deepEqual(deployment.buyers.log({ buyer: 'alpha', op: 'ping', ref: agreed.id }), []);
    assert.deepEqual((await sell('agreed')).buyers, ['beta']);
    rejects('alpha');
    assert.deepEqual((await sell('agreed', { zip: '94105', state: 'CA' })).buyers, ['beta']);
  });

  it('take turns on all nodes together, and keep the number that was drawn', async () => {
    bid({ alpha: 3, beta: 20, gamma: 10 });
    const sold = await Promise.all(Array.from({ length: 6 }, (_, n) => sell('turns', {}, n % 2)));
    assert.deepEqual(sold.flatMap(({ buyers }) => buyers).sort(), [...BUYERS, ...BUYERS].sort());
    assert.deepEqual(sold.map(({ auction }) => auction.turns?.['']).sort(), [0, 1, 2, 3, 4, 5]);
    assert.equal((await sell('turns', {}, 0, deployment.keys.test)).auction.turns, undefined);
    assert.equal((await deployment.models.turns.findById('cmp_turns').lean())?.n, 6);
  });

  it('sell at fixed prices without asking anybody', async () => {
    says('beta');
    const { id, buyers, body } = await sell('fixed');
    assert.deepEqual([buyers, body['price']], [['beta'], 9]);
    assert.deepEqual(deployment.buyers.log({ op: 'ping', ref: id }), []);
  });

  it('hold the bid against the floors, and rank and pay by what margins and modifiers make of it', async () => {
    bid({ alpha: 10, beta: 29, gamma: 4 });
    const { id, auction, buyers, body } = await sell('floors');
    assert.deepEqual([buyers, body['price']], [['alpha'], 5], 'the seller is paid from what is left');
    assert.deepEqual(auction.dropped, [
      { integration: 'int_beta_floors', price: 29_000_000, reason: 'below_integration_floor' },
    ]);
    const [first] = auction.ranked;
    assert.deepEqual([first?.price, first?.ranking?.ranksAs], [10_000_000, 2_500_000]);
    const row = await deployment.models.ledger.findOne({ lead: id }).lean();
    assert.deepEqual([row?.amount, row?.payout], [10_000_000, 5_000_000]);
    const dear = (await deployment.keys.api.create({ ...deployment.keys.order, source: 'src_dear' })).key;
    const held = await sell('floors', {}, 0, dear);
    assert.deepEqual(held.auction.dropped.map(({ reason }) => reason).sort(), [
      'below_integration_floor',
      'below_source_floor',
    ]);

    const shown = (await commandLine(deployment.variables)(`lead ${id}`)).out.join('\n');
    assert.match(
      shown,
      /bid 10\.00, rank 1: ranks as 2\.50 \(modifiers\[1\] less 50 % = 5\.00, modifiers\[0\] x0\.5 = 2\.50\), ahead by price/,
    );
    assert.match(shown, /dropped: below_integration_floor/);
  });

  it('let rules see when a buyer pays', async () => {
    bid({ alpha: 50, beta: 9, gamma: 8 });
    const { auction, buyers } = await sell('paid');
    assert.deepEqual(buyers, ['beta']);
    assert.deepEqual(auction.participants.find(({ integration }) => integration === 'int_alpha_paid')?.result, 'rule');
  });
});
