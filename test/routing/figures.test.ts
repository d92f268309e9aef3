import assert from 'node:assert/strict';
import { createFigures } from '../../activities/figures.ts';
import { aLead, createDeployment, eventually, type Deployment } from '../leads/deployment.ts';

describe('recent figures of integrations', () => {
  let deployment: Deployment;
  before(async () => {
    deployment = await createDeployment({
      buyers: ['steady', 'picky'],
      integrations: {
        picky: {
          rule: {
            or: [
              { '==': [{ var: 'integration.acceptance' }, null] },
              { '>=': [{ var: 'integration.acceptance' }, 0.5] },
            ],
          },
        },
      },
    });
    await deployment.start();
  });
  after(() => deployment.stop());

  it('are counted by every node, and rules go by them', async () => {
    deployment.buyers.setBehaviour('picky', { ping: { price: 9 }, post: { mode: 'reject' } });
    deployment.buyers.setBehaviour('steady', { ping: { price: 5 }, post: { price: 5 } });
    const resultOfPicky = async (headers = {}) => {
      const { body } = await deployment.post(aLead(), headers);
      const auction = await deployment.models.auctions.findById(`${String(body['transaction_id'])}:1`).lean();
      return auction?.participants.find(({ integration }) => integration === 'int_picky');
    };
    for (let n = 0; n < 5; n++) assert.equal((await resultOfPicky())?.result, 'bid');
    const refused = await eventually(async () => {
      const found = await resultOfPicky();
      return found?.result === 'rule' && found;
    });
    assert.deepEqual((refused.detail as { values: unknown }).values, { 'integration.acceptance': 0 });

    const reader = createFigures({ figures: deployment.models.figures });
    const posts = async () => {
      const records = await deployment.models.figures.find().lean();
      return records.reduce((sum, record) => sum + record.posts, 0);
    };
    // Nodes write what they counted a second later.
    await eventually(async () => (await posts()) === deployment.buyers.log({ op: 'post' }).length);
    await eventually(async () => {
      await reader.exchange();
      const { acceptance, average_bid } = reader.of('int_steady');
      return acceptance === 1 && average_bid === 5;
    });
    assert.equal(reader.of('int_picky').average_bid, 9);
    assert.ok((reader.of('int_picky').response_ms ?? -1) >= 0);
    const before = await posts();
    await deployment.post(aLead(), { 'x-api-key': deployment.keys.test });
    await reader.exchange();
    assert.equal(await posts(), before, 'sandbox leads count for nothing');
  });

  it('are those of 24 hours, and null until there are five', async () => {
    const { figures: model } = deployment.models;
    await model.deleteMany({});
    const now = new Date('2026-11-18T17:05:00Z');
    const counts = { answers: 4, answerMs: 400, bids: 5, bidMicros: 12_500_000, posts: 8, accepts: 6 };
    await model.create([
      { _id: '2026-11-18T17:int_a', ...counts, postbacks: 6, postbackMs: 6 * 5_400_000 },
      { _id: '2026-11-17T18:int_a', ...counts, answers: 2, answerMs: 20, posts: 2, accepts: 1 },
      { _id: '2026-11-17T17:int_a', ...counts, posts: 1000, accepts: 0 },
      { _id: '2026-11-18T17:int_b', ...counts },
      { _id: '2026-11-16T16:int_b', ...counts },
    ]);
    const figures = createFigures({ figures: model });
    await figures.exchange(now);
    assert.deepEqual(figures.of('int_a'), { acceptance: 0.7, average_bid: 2.5, response_ms: 70, postback_hours: 1.5 });
    const unknown = { response_ms: null, postback_hours: null };
    assert.deepEqual(figures.of('int_b'), { acceptance: 0.75, average_bid: 2.5, ...unknown });
    assert.deepEqual(figures.of('int_c'), { acceptance: null, average_bid: null, ...unknown });
    assert.equal(await model.countDocuments({ _id: '2026-11-16T16:int_b' }), 0, 'older ones are swept away');
  });
});
