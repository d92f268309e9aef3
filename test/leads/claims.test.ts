import assert from 'node:assert/strict';
import { claimHolds, claimLead } from '../../server/ingress/claims.ts';
import { newTransactionId } from '../../rules/transaction-id.ts';
import {
  createCaller,
  createFreezableCaller,
  storeLead,
  type Caller,
  type FreezableCaller,
} from '../delivery/caller.ts';
import { createDeployment, type Deployment } from './deployment.ts';

describe('the claim on a place among duplicates', () => {
  let deployment: Deployment;
  let rival: FreezableCaller;
  let holder: Caller;
  before(async () => {
    deployment = await createDeployment();
    rival = await createFreezableCaller(deployment);
    holder = await createCaller(deployment);
  });
  after(async () => {
    await rival.stop();
    await holder.stop();
    await deployment.stop();
  });

  let claims = 0;
  const claim = () => `cmp_test:${++claims}`;
  const take = (caller: Caller, id: string, lead: string) => claimLead(caller.models, id, lead, 30, 0);
  /** The holder has been away for longer than its lease. */
  const letLeaseRunOut = (id: string) => holder.models.claims.updateOne({ _id: id }, { leaseUntil: new Date(0) });
  const holderOf = async (id: string) => (await holder.models.claims.findById(id).lean())?.lead;
  const outcomeOf = async (lead: string) => (await holder.models.leads.findById(lead).lean())?.outcome;
  const longAgo = 0;

  it('goes to one of two; the other waits for its lead and is a duplicate', async () => {
    const id = claim();
    const [mine, theirs] = [newTransactionId(), newTransactionId()];
    assert.equal((await take(holder, id, mine)).ok, true);
    const waiting = take(rival, id, theirs);
    await storeLead(holder, { _id: mine });
    assert.deepEqual(await waiting, { ok: false, duplicateOf: mine });
    assert.equal(await holderOf(id), mine);
  });

  it('is not taken over while its lease lasts', async () => {
    const id = claim();
    const [mine, theirs] = [newTransactionId(), newTransactionId()];
    await take(holder, id, mine);
    let decided = false;
    const waiting = take(rival, id, theirs).then(() => (decided = true));
    // Several looks of the rival's, which come every 100 ms.
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.deepEqual([decided, await holderOf(id)], [false, mine]);
    await storeLead(holder, { _id: mine });
    await waiting;
  });

  it('that was taken over is lost for its first holder: its lead is the duplicate', async () => {
    const id = claim();
    const [mine, theirs] = [newTransactionId(), newTransactionId()];
    await take(holder, id, mine);
    await letLeaseRunOut(id);
    assert.equal((await take(rival, id, theirs)).ok, true);
    await storeLead(rival, { _id: theirs });
    await storeLead(holder, { _id: mine });
    assert.equal(await claimHolds(holder.models, id, mine, longAgo), false);
    assert.deepEqual([await outcomeOf(mine), await outcomeOf(theirs)], ['duplicate', undefined]);
    assert.equal(await claimHolds(rival.models, id, theirs, longAgo), true);
  });

  /** A rival that froze over taking a claim whose lease has run out, while its holder's lead came in after all. */
  async function frozenTakeover() {
    const id = claim();
    const [mine, theirs] = [newTransactionId(), newTransactionId()];
    await take(holder, id, mine);
    await letLeaseRunOut(id);
    const hold = rival.proxy.hold('update', 'claims');
    const taking = take(rival, id, theirs);
    await hold.reached;
    await storeLead(holder, { _id: mine });
    return { id, mine, theirs, hold, taking };
  }

  it('is given back by a rival that froze over taking it when its holder has gone on meanwhile', async () => {
    const { id, mine, hold, taking } = await frozenTakeover();
    assert.equal(await claimHolds(holder.models, id, mine, longAgo), true);
    hold.release();
    assert.deepEqual(await taking, { ok: false, duplicateOf: mine });
    assert.deepEqual([await holderOf(id), await outcomeOf(mine)], [mine, undefined]);
  });

  it('is kept by a rival that froze over taking it when its holder has not: then that one is the duplicate', async () => {
    const { id, mine, theirs, hold, taking } = await frozenTakeover();
    hold.release();
    assert.equal((await taking).ok, true);
    assert.equal(await claimHolds(holder.models, id, mine, longAgo), false);
    assert.deepEqual([await holderOf(id), await outcomeOf(mine)], [theirs, 'duplicate']);
  });
});
