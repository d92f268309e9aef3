import assert from 'node:assert/strict';
import type { DeliveryRecord } from '../../models/delivery.ts';
import { campaignFile, type CampaignOptions } from '../leads/campaign-file.ts';
import { createDeployment, eventually, type Deployment } from '../leads/deployment.ts';
import { bidOf, createCaller, storeLead, type Caller } from './caller.ts';

/** Rounds that a busy machine lost before their buyer heard of them: they are played again, as a lead's run does. */
const LOST = new Set(['abandoned', 'send_by_passed', 'unhealthy']);

describe('caps of buyers and sources', () => {
  const caps: CampaignOptions = {
    buyers: ['alpha', 'beta', 'gamma'],
    integrations: { alpha: { health: false }, beta: { buyer: 'buy_alpha', health: false }, gamma: { health: false } },
    source: { caps: [{ count: 'accepted', max: 20, per: 'total' }] },
    buyerSettings: {
      alpha: {
        caps: [
          { count: 'accepted', max: 50, per: 'total' },
          { count: 'accepted', max: 30, per: 'total', source: 'each' },
        ],
      },
      gamma: { caps: [{ revenue: 25, per: 'month' }] },
    },
  };
  let deployment: Deployment;
  let callers: Caller[];
  before(async () => {
    deployment = await createDeployment(caps);
    await applied(caps);
    callers = await Promise.all([createCaller(deployment), createCaller(deployment)]);
  });
  after(async () => {
    await Promise.all(callers.map((caller) => caller.stop()));
    await deployment.stop();
  });
  beforeEach(() => {
    for (const name of ['alpha', 'beta']) deployment.buyers.setBehaviour(name, { post: { price: 9 } });
  });

  /** The simulated buyers may take their time on a busy machine. */
  async function applied(options: CampaignOptions): Promise<void> {
    const file = campaignFile(deployment.buyers.url, options);
    file.sources?.push({ id: 'src_two', seller: 'sel_one' });
    for (const { post } of file.integrations ?? []) if (post) post.request.timeoutMs = 20_000;
    await deployment.apply(file);
  }
  const windows = async () =>
    Object.fromEntries(
      (await callers[0]!.models.caps.find().lean()).map(({ _id, n, open }) => [_id, [n, open.length]]),
    );

  async function play(caller: Caller, name: string, source: string): Promise<DeliveryRecord> {
    const lead = await storeLead(caller, { source });
    const buyer = name === 'beta' ? 'buy_alpha' : `buy_${name}`;
    for (let round = 1; ; round++) {
      const played = await caller.play(lead, round, { ...bidOf(name), buyer });
      if (!LOST.has(played.reason ?? '')) return played;
    }
  }

  it('hold together: of 200 racing leads 20 of one source, 30 of the other, 50 at the buyer are sold (I5)', async () => {
    const plan = Array.from({ length: 200 }, (_, n) => ({
      caller: callers[n % 2]!,
      name: n % 4 < 2 ? 'alpha' : 'beta',
      source: n % 8 < 4 ? 'src_one' : 'src_two',
    }));
    const played: DeliveryRecord[] = [];
    const lane = async () => {
      for (let next = plan.pop(); next; next = plan.pop()) played.push(await play(next.caller, next.name, next.source));
    };
    await Promise.all(Array.from({ length: 24 }, lane));
    const sold = (source: string) =>
      played.filter(({ state, source: from }) => state === 'accepted' && from === source).length;
    assert.deepEqual([played.length, sold('src_one'), sold('src_two')], [200, 20, 30]);
    assert.ok(played.every(({ state, reason }) => state === 'accepted' || reason === 'cap_full'));
    assert.equal(Object.keys(deployment.buyers.accepted()).length, 50);
    assert.deepEqual(await windows(), {
      'buy_alpha:accepted:total': [50, 0],
      'buy_alpha@src_one:accepted:total': [20, 0],
      'buy_alpha@src_two:accepted:total': [30, 0],
      'src_one:accepted:total': [20, 0],
    });
  }).timeout(180_000);

  it('go on counting when the rules around them change, with the new maximum', async () => {
    const [caller] = callers as [Caller];
    const { _id } = (await caller.models.caps.findById('buy_alpha:accepted:total').lean())!;
    const alpha = { caps: [{ count: 'sent', max: 500, per: 'hour' } as const, { ...cap, max: 51 }] };
    await applied({ ...caps, source: {}, buyerSettings: { ...caps.buyerSettings, alpha } });
    const revision = await deployment.store.currentRevision();
    await eventually(async () => Promise.resolve(caller.deps.config.current().revision === revision), 60_000);
    const [last, none] = [await play(caller, 'alpha', 'src_one'), await play(caller, 'beta', 'src_two')];
    assert.deepEqual([last.state, none.reason], ['accepted', 'cap_full']);
    assert.equal((await caller.models.caps.findById(_id).lean())?.n, 51);
  }).timeout(120_000);
  const cap = { count: 'accepted', per: 'total' } as const;

  it('count what was paid: an accept above its bid takes what it costs, and no lead fits any more', async () => {
    const [caller] = callers as [Caller];
    deployment.buyers.setBehaviour('gamma', { post: { price: '14.00' } });
    // Bids of 9 each, and 25 to spend. 14 are spent after the first: the second fits at its bid, the third does not.
    const played = [];
    for (const _ of [1, 2, 3]) played.push(await play(caller, 'gamma', 'src_two'));
    assert.deepEqual(
      played.map(({ state, price, reason }) => [state, price ?? reason]),
      [
        ['accepted', 14_000_000],
        ['accepted', 14_000_000],
        ['not_sent', 'cap_full'],
      ],
    );
    const [[spent] = []] = Object.entries(await windows()).flatMap(([id, counts]) =>
      /gamma/.test(id) ? [counts] : [],
    );
    assert.equal(spent, 28_000_000);
  }).timeout(120_000);
});
