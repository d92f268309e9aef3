import assert from 'node:assert/strict';
import { askOnce } from '../../activities/delivery/resolve.ts';
import type { Behaviour } from '../../dev/buyers/behaviour.ts';
import { createDeployment, type Deployment } from '../leads/deployment.ts';
import { createCaller, storeDelivery, storeLead, type Caller } from './caller.ts';

describe('asking about an ambiguous post', () => {
  let deployment: Deployment;
  let first: Caller;
  let second: Caller;
  before(async () => {
    deployment = await createDeployment({
      buyers: ['again', 'asked'],
      integrations: {
        again: { idempotent: true },
        asked: {
          status: {
            // Nobody listens there.
            request: { url: 'http://127.0.0.1:1/status', json: { ref: 'lead.transaction_id' } },
            response: { rejected: { 'body.status': 'reject' }, accepted: { 'body.status': 'sold' } },
          },
        },
      },
    });
    [first, second] = [await createCaller(deployment), await createCaller(deployment)];
  });
  after(async () => {
    await first.stop();
    await second.stop();
    await deployment.stop();
  });
  beforeEach(() => {
    deployment.buyers.resetBehaviour();
    deployment.buyers.clear();
  });

  async function unknown(name: string, post: Behaviour = {}) {
    deployment.buyers.setBehaviour(name, { post });
    const lead = await storeLead(first);
    const delivery = await storeDelivery(first, lead, name, { state: 'unknown' });
    const ask = async (caller: Caller) => askOnce(caller.deps, await caller.subjectAt(lead, `int_${name}`), delivery);
    return { delivery, ask };
  }
  const posts = () => deployment.buyers.log({ op: 'post' });

  it('settles it on a recognised answer, under the key of the first post (I4)', async () => {
    for (const [mode, state] of [
      ['accept', 'accepted'],
      ['reject', 'rejected'],
      ['pending', 'pending'],
    ] as const) {
      deployment.buyers.clear();
      const { delivery, ask } = await unknown('again', { mode });
      assert.equal((await ask(first)).state, state);
      assert.deepEqual(
        posts().map(({ idempotencyKey }) => idempotencyKey),
        [delivery._id],
      );
    }
  });

  it('leaves it unknown when the buyer says "duplicate": it may mean the first post (I3)', async () => {
    const { delivery, ask } = await unknown('again', { mode: 'duplicate' });
    assert.deepEqual([(await ask(first)).state, posts().length], ['unknown', 1]);
    const kept = await first.models.deliveries.findById(delivery._id).lean();
    assert.deepEqual([kept?.state, kept?.attempt, kept?.exchanges.length], ['unknown', 2, 1]);
  });

  it('leaves it unknown when there is no clear answer again', async () => {
    for (const mode of ['error', 'html', 'reset'] as const) {
      const { ask } = await unknown('again', { mode });
      assert.equal((await ask(first)).state, 'unknown');
    }
  });

  it('leaves it unknown when the question could not be sent: that says nothing about the post (I3)', async () => {
    const { delivery, ask } = await unknown('asked');
    assert.equal((await ask(first)).state, 'unknown');
    const kept = await first.models.deliveries.findById(delivery._id).lean();
    assert.deepEqual([kept?.state, kept?.attempt, posts().length], ['unknown', 2, 0]);
  });

  it('is done by one of two callers only', async () => {
    const { ask } = await unknown('again', { delayMs: 200 });
    await Promise.all([ask(first), ask(second)]);
    assert.equal(posts().length, 1);
  });
});
