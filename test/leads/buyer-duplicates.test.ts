import assert from 'node:assert/strict';
import { campaignFile, type CampaignOptions } from './campaign-file.ts';
import { aLead, createDeployment, send, type Answer, type Deployment } from './deployment.ts';

describe('duplicates of sold leads, at a ping and at a buyer', () => {
  const options: CampaignOptions = {
    buyers: ['alpha', 'beta'],
    auction: { deadlineMs: 60_000 },
    dedupe: { fields: ['email'], withinDays: 30, against: 'sold', pings: 'check' },
    // Buyers that are not pinged bid their price, however busy the machine is.
    integrations: {
      alpha: { ping: undefined, price: 9, health: false },
      beta: { ping: undefined, price: 5, health: false },
    },
    buyerSettings: { alpha: { dedupe: { fields: ['phone'], withinDays: 30 } } },
  };
  let deployment: Deployment;
  let url: string;
  before(async () => {
    deployment = await createDeployment(options);
    const file = campaignFile(deployment.buyers.url, options);
    for (const { post } of file.integrations ?? []) if (post) post.request.timeoutMs = 20_000;
    await deployment.apply(file);
    url = (await deployment.start()).url;
  });
  after(() => deployment.stop());
  beforeEach(() => {
    deployment.buyers.resetBehaviour();
    deployment.buyers.setBehaviour('alpha', { post: { price: 9 } });
    deployment.buyers.setBehaviour('beta', { post: { price: 5 } });
  });

  const idOf = ({ body }: Answer) => String(body['transaction_id']);
  const buyersOf = async (answer: Answer) =>
    (await deployment.models.leads.findById(idOf(answer)).lean())?.sales.map(({ buyer }) => buyer);
  const resultAt = async (answer: Answer, integration: string) =>
    (await deployment.models.auctions.findById(`${idOf(answer)}:1`).lean())?.participants.find(
      (one) => one.integration === integration,
    )?.result;
  const nobodyBuys = () => {
    for (const name of ['alpha', 'beta']) deployment.buyers.setBehaviour(name, { post: { mode: 'reject' } });
  };
  /** Another lead of the same consumer, by the phone number. */
  const samePhone = ({ phone }: Record<string, unknown>) => aLead({ phone });

  it('go to another buyer, and the buyer is not even asked', async () => {
    const lead = aLead();
    const [first, second] = [await deployment.post(lead), await deployment.post(samePhone(lead))];
    assert.deepEqual([await buyersOf(first), await buyersOf(second)], [['buy_alpha'], ['buy_beta']]);
    assert.deepEqual(
      [await resultAt(first, 'int_alpha'), await resultAt(second, 'int_alpha')],
      ['bid', 'duplicate_at_buyer'],
    );
  });

  it('that race are posted to the buyer once', async () => {
    const lead = aLead();
    const answers = await Promise.all(Array.from({ length: 8 }, () => deployment.post(samePhone(lead))));
    const buyers = (await Promise.all(answers.map(buyersOf))).flat().sort();
    assert.deepEqual(buyers, ['buy_alpha', ...Array.from({ length: 7 }, () => 'buy_beta')]);
  });

  it('are none after a reject: the buyer may be asked again', async () => {
    const lead = aLead();
    deployment.buyers.setBehaviour('alpha', { post: { mode: 'reject' } });
    const first = await deployment.post(lead);
    deployment.buyers.setBehaviour('alpha', { post: { price: 9 } });
    const second = await deployment.post(samePhone(lead));
    assert.deepEqual([await buyersOf(first), await buyersOf(second)], [['buy_beta'], ['buy_alpha']]);
  });

  it('are kept under a keyed hash, until their time is over', async () => {
    const lead = aLead();
    const first = await deployment.post(lead);
    const claims = await deployment.models.buyerClaims.find().lean();
    const stored = await deployment.models.deliveries.find({ lead: idOf(first) }, { claim: 1 }).lean();
    assert.ok(claims.length > 0 && stored[0]?.claim);
    assert.ok(!JSON.stringify([claims, stored]).includes(String(lead['phone']).replaceAll('-', '')));
    await deployment.models.buyerClaims.updateMany({}, { $set: { until: new Date(Date.now() - 5000) } });
    assert.deepEqual(await buyersOf(await deployment.post(samePhone(lead))), ['buy_alpha']);
  });

  it('are none in the sandbox', async () => {
    const lead = aLead();
    const claimed = await deployment.models.buyerClaims.countDocuments();
    for (const _ of [1, 2]) {
      const answer = await deployment.post(samePhone(lead), { 'x-api-key': deployment.keys.test });
      assert.deepEqual(await buyersOf(answer), ['buy_alpha']);
    }
    assert.equal(await deployment.models.buyerClaims.countDocuments(), claimed);
  });

  it('of a lead that nobody bought are none, of one that was sold they are', async () => {
    const lead = aLead();
    const again = () => deployment.post({ ...aLead(), email: lead['email'] });
    nobodyBuys();
    const unsold = [await deployment.post(lead), await again()];
    for (const [name, price] of Object.entries({ alpha: 9, beta: 5 })) {
      deployment.buyers.setBehaviour(name, { post: { price } });
    }
    const [sold, duplicate] = [await again(), await again()];
    assert.deepEqual(
      [...unsold, sold, duplicate].map(({ body }) => body['outcome']),
      ['rejected', 'rejected', 'sold', 'duplicate'],
    );
  });

  it('are told at the ping where it says enough, and the ping is answered so again', async () => {
    const lead = aLead();
    const headers = { 'x-api-key': deployment.keys.live };
    const ping = (fields: Record<string, unknown>) =>
      send(`${url}/api/ping/cmp_test`, { zip: '10001', ...fields }, headers);
    nobodyBuys();
    await deployment.post(lead);
    const unsold = await ping({ email: lead['email'] });
    deployment.buyers.setBehaviour('alpha', { post: { price: 9 } });
    await deployment.post({ ...aLead(), email: lead['email'] });
    deployment.buyers.clear();
    const [refused, silent, other] = [
      await ping({ email: lead['email'] }),
      await ping({}),
      await ping({ email: aLead()['email'] }),
    ];
    const said = [unsold, refused, silent, other].map(({ body }) => [body['outcome'], body['reason']]);
    assert.deepEqual(said, [
      ['bid', undefined],
      ['no_bid', 'duplicate'],
      ['bid', undefined],
      ['bid', undefined],
    ]);
    const { body } = await deployment.get(`/api/ping/${String(refused.body['ping_id'])}`);
    assert.deepEqual([body['outcome'], body['reason']], ['no_bid', 'duplicate']);
    const posted = await send(`${url}/api/post/cmp_test`, { ...lead, ping_id: refused.body['ping_id'] }, headers);
    assert.equal(posted.body['code'], 'ping_without_bid');
  });
}).timeout(120_000);
