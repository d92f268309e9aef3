import assert from 'node:assert/strict';
import { settleLate } from '../../activities/delivery/settle.ts';
import { createDeployment, eventually, type Deployment } from '../leads/deployment.ts';
import {
  bidOf,
  createCaller,
  createFreezableCaller,
  storeDelivery,
  storeLead,
  type Caller,
  type FreezableCaller,
} from './caller.ts';

describe('a round', () => {
  let deployment: Deployment;
  let frozen: FreezableCaller;
  let other: Caller;
  before(async () => {
    deployment = await createDeployment({
      buyers: ['alpha', 'beta', 'again', 'capped'],
      integrations: {
        again: { idempotent: true },
        capped: { caps: [{ count: 'accepted', max: 100, per: 'total' }] },
      },
    });
    frozen = await createFreezableCaller(deployment);
    other = await createCaller(deployment);
  });
  after(async () => {
    await frozen.stop();
    await other.stop();
    await deployment.stop();
  });
  beforeEach(async () => {
    deployment.buyers.resetBehaviour();
    deployment.buyers.clear();
    for (const name of ['alpha', 'beta', 'capped']) deployment.buyers.setBehaviour(name, { post: { price: 9 } });
    await other.models.caps.deleteMany({});
  });

  const posts = (): string[] => deployment.buyers.log({ op: 'post' }).map(({ buyer }) => buyer);
  const stored = async (id: string) => (await other.models.deliveries.findById(id).lean())!;
  const places = async () => (await other.models.caps.find().lean()).map(({ n, open }) => [n, open.length]);
  /** The owner's time is over, as far as the others can see. */
  const letTimeRunOut = (id: string) => other.models.deliveries.updateOne({ _id: id }, { deadline: new Date(0) });
  const ledger = async (lead: string) => (await other.models.ledger.find({ lead }).lean()).map(({ amount }) => amount);

  it('that two callers play is one post; the second follows the record, not its own bid (I2)', async () => {
    for (const name of ['alpha', 'beta']) deployment.buyers.setBehaviour(name, { post: { price: 9, delayMs: 700 } });
    const lead = await storeLead(other);
    const [mine, theirs] = await Promise.all([
      frozen.play(lead, 1, bidOf('alpha')),
      other.play(lead, 1, bidOf('beta')),
    ]);
    assert.equal(posts().length, 1);
    assert.deepEqual([mine.integration, mine.token], [theirs.integration, theirs.token]);
    // The one who follows waits for the owner: it declares nothing lost before the deadline.
    assert.deepEqual([mine.state, theirs.state], ['accepted', 'accepted']);
    assert.deepEqual(await ledger(lead._id), [9_000_000]);
  });

  it('whose sender was away past sendBy posts nothing', async () => {
    const lead = await storeLead(other);
    const hold = frozen.proxy.holdAnswerTo('insert', 'deliveries');
    const playing = frozen.play(lead, 1, bidOf('alpha'));
    await hold.reached;
    const { sendBy } = await eventually(() =>
      other.models.deliveries
        .findById(`${lead._id}:1`)
        .lean()
        .then((found) => found ?? false),
    );
    await eventually(async () => Date.now() > sendBy.getTime() + 5);
    hold.release();
    const played = await playing;
    assert.deepEqual([played.state, played.reason, posts()], ['not_sent', 'send_by_passed', []]);
  });

  it('that nobody got past reserving is given up, and what its owner reserves after that is given back (I5)', async () => {
    const lead = await storeLead(other);
    const hold = frozen.proxy.hold('update', 'caps', '$push');
    const playing = frozen.play(lead, 1, bidOf('capped'));
    await hold.reached;
    await letTimeRunOut(`${lead._id}:1`);
    const followed = await other.play(lead, 1, bidOf('capped'));
    assert.deepEqual([followed.state, followed.reason], ['not_sent', 'abandoned']);
    hold.release();
    assert.equal((await playing).state, 'not_sent');
    assert.deepEqual([posts(), await places()], [[], [[0, 0]]]);
  });

  it('whose sender is lost is unknown; the answer that it comes back with still counts', async () => {
    const lead = await storeLead(other);
    const hold = frozen.proxy.hold('findAndModify', 'deliveries', 'accepted');
    const playing = frozen.play(lead, 1, bidOf('capped'));
    await hold.reached;
    await letTimeRunOut(`${lead._id}:1`);
    const followed = await other.play(lead, 1, bidOf('capped'));
    assert.deepEqual([followed.state, followed.reason], ['unknown', 'sender_lost']);
    assert.deepEqual(await places(), [[1, 1]]);
    hold.release();
    assert.equal((await playing).state, 'accepted');
    assert.deepEqual([await ledger(lead._id), await places()], [[9_000_000], [[1, 0]]]);
    assert.equal((await stored(`${lead._id}:1`)).exchanges.length, 1, 'what the buyer said is in the request log');
    assert.ok(await other.models.outbox.findById(`resume:${lead._id}`).lean(), 'the lead has to be looked at again');
    assert.equal((await other.models.leads.findById(lead._id).lean())?.turn, 1);
  });

  /** A sender that raised its fence and does not know it yet; it is too late to send, and another declared it lost. */
  async function awayPastSendBy(lead: Awaited<ReturnType<typeof storeLead>>, name: 'alpha' | 'again') {
    const id = `${lead._id}:1`;
    const hold = frozen.proxy.holdAnswerTo('insert', 'deliveries');
    const playing = frozen.play(lead, 1, bidOf(name));
    await hold.reached;
    const { sendBy } = await eventually(async () => (await other.models.deliveries.findById(id).lean()) ?? false);
    await letTimeRunOut(id);
    assert.equal((await other.play(lead, 1, bidOf(name))).state, 'unknown');
    await eventually(async () => Date.now() > sendBy.getTime() + 5);
    return { id, hold, playing };
  }

  it('that a lost sender knows it never sent is a no, unless somebody posted meanwhile (I3)', async () => {
    for (const [name, state] of [
      ['alpha', 'rejected'],
      ['again', 'unknown'],
    ] as const) {
      deployment.buyers.clear();
      deployment.buyers.setBehaviour(name, { post: { mode: 'error' } });
      const lead = await storeLead(other);
      const { id, hold, playing } = await awayPastSendBy(lead, name);
      hold.release();
      await playing;
      assert.equal((await stored(id)).state, state, name);
      // An idempotent buyer was posted to again by the one who follows: that buyer may have the lead.
      assert.equal(posts().length > 0, name === 'again');
    }
  });

  it('that a lost sender never sent is left to an attempt that is begun while it says so (I2)', async () => {
    const lead = await storeLead(other);
    const { id, hold, playing } = await awayPastSendBy(lead, 'alpha');
    // The last thing before its write about the delivery: what continues the lead is in the outbox.
    const row = frozen.proxy.holdAnswerTo('update', 'outbox');
    hold.release();
    await row.reached;
    await other.models.deliveries.updateOne({ _id: id }, { owner: 'another', attempt: 2 });
    row.release();
    await playing;
    const { state, attempt, conflicts } = await stored(id);
    assert.deepEqual([state, attempt, conflicts], ['unknown', 2, []]);
  });

  it('that is found accepted is settled, also when whoever accepted it did not get to that (I6)', async () => {
    const lead = await storeLead(other);
    const window = `w:${lead._id}`;
    const place = { window, kind: 'accepted' as const, max: 5, amount: 1 };
    await other.models.caps.collection.insertOne({ _id: window as never, n: 1, open: [`${lead._id}:1`] });
    await storeDelivery(other, lead, 'alpha', { state: 'accepted', price: 8_000_000, places: [place] });
    for (const _ of [1, 2]) await other.play(lead, 1, bidOf('beta'));
    assert.deepEqual([await ledger(lead._id), await places(), posts()], [[8_000_000], [[1, 0]], []]);
  });

  it('that is settled from outside is so at once, though the network lost the answer to it (I6)', async () => {
    const lead = await storeLead(other);
    const { _id } = await storeDelivery(other, lead, 'alpha', { state: 'unknown' });
    frozen.proxy.loseAnswerTo('findAndModify', 'deliveries', 'accepted');
    const settled = await settleLate(frozen.deps, _id, { state: 'accepted', price: 7_000_000 }, 'buyer');
    assert.equal(settled, 'settled');
    assert.deepEqual(await ledger(lead._id), [7_000_000]);
    assert.equal((await other.models.leads.findById(lead._id).lean())?.turn, 1);
  });

  it('of a sandbox lead takes no place and enters no ledger (I9)', async () => {
    const lead = await storeLead(other, { mode: 'test' });
    const played = await other.play(lead, 1, bidOf('capped'));
    assert.equal(played.state, 'accepted');
    assert.deepEqual([await places(), await ledger(lead._id)], [[], []]);
    assert.ok(deployment.buyers.log().every(({ sandbox }) => sandbox));
  });
});
