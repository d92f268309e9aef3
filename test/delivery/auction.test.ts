import assert from 'node:assert/strict';
import { auctionLead } from '../../activities/auction.ts';
import { createDeployment, type Deployment } from '../leads/deployment.ts';
import { createCaller, storeLead, type Caller } from './caller.ts';

describe('an auction that is run again', () => {
  let deployment: Deployment;
  let callers: Caller[];
  before(async () => {
    deployment = await createDeployment({ buyers: ['alpha', 'beta'] });
    callers = [await createCaller(deployment), await createCaller(deployment)];
  });
  after(async () => {
    await Promise.all(callers.map((caller) => caller.stop()));
    await deployment.stop();
  });

  it('goes by the first record, whatever the buyers say now', async () => {
    const [first, second] = callers as [Caller, Caller];
    const lead = await storeLead(first);
    const step = { transactionId: lead._id, auction: 1, rounds: [], turn: 0, next: 'auction' as const };
    const bid = (alpha: number, beta: number) => {
      deployment.buyers.setBehaviour('alpha', { ping: { price: alpha } });
      deployment.buyers.setBehaviour('beta', { ping: { price: beta } });
    };
    bid(9, 5);
    const { ranked } = await auctionLead(first.deps, step);
    bid(1, 20);
    assert.deepEqual((await auctionLead(second.deps, step)).ranked, ranked);
    const kept = await second.deps.records.auction(`${lead._id}:1`);
    assert.deepEqual(
      kept.ranked.map(({ integration, price }) => [integration, price]),
      [
        ['int_alpha', 9_000_000],
        ['int_beta', 5_000_000],
      ],
    );
  });
});
