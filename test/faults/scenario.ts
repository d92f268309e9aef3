import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { aLead, createDeployment, eventually, send, type Deployment } from '../leads/deployment.ts';
import { startNodeProcess } from './node-process.ts';
import type { FaultPoint } from './points.ts';

const LEADS = 4;
const STOPPED_MS = 30_000;
const CAP = 3;

/**
 * Two nodes; the first one is killed, or stopped for 30 s and continued, when it reaches the point. Then every lead
 * that is stored reaches an outcome, none is sold twice, and money and caps agree with the buyers' own log. `post`: the
 * leads were pinged before.
 */
export async function playScenario(
  point: FaultPoint,
  signal: 'SIGKILL' | 'SIGSTOP',
  through: 'lead' | 'post' = 'lead',
): Promise<void> {
  const caps = [{ count: 'accepted' as const, max: CAP, per: 'total' as const }];
  const deployment = await createDeployment({
    buyers: ['alpha', 'beta'],
    // However slow the machine is, both bid: a lead without a bid would rightly be rejected.
    auction: { pingTimeoutMs: 10_000, deadlineMs: 30_000 },
    // The favourite is capped, so that reservations are part of it; both are asked again with the same key.
    integrations: { alpha: { caps, idempotent: true }, beta: { caps: [{ ...caps[0]!, max: 100 }], idempotent: true } },
    dedupe: { fields: ['phone'], withinDays: 1 },
  });
  const faulty = await startNodeProcess(deployment, 'faulty', { point, signal });
  try {
    deployment.buyers.setBehaviour('alpha', { ping: { price: 9 } });
    deployment.buyers.setBehaviour('beta', { ping: { price: 5 } });
    const { url } = await deployment.start();
    const headers = { 'x-api-key': deployment.keys.live };
    const leads = Array.from({ length: LEADS }, () => aLead());
    // Pings are answered by the node that stays; their posts go to the one that does not.
    const pinged = through === 'post' ? leads : [];
    const pings = await Promise.all(pinged.map((lead) => send(`${url}/api/ping/cmp_test`, lead, headers)));
    const answers = leads.map((lead, index) =>
      send(`${faulty.url}/api/${through}/cmp_test`, { ...lead, ping_id: pings[index]?.body['ping_id'] }, headers).catch(
        () => undefined,
      ),
    );
    await (signal === 'SIGKILL' ? faulty.ended : stoppedState(faulty.pid));
    if (signal === 'SIGSTOP') {
      // Not a guess: the fault under test is a node that is away for this long.
      await new Promise((resolve) => setTimeout(resolve, STOPPED_MS));
      process.kill(faulty.pid, 'SIGCONT');
    }
    const answered = (await Promise.all(answers)).filter((answer) => answer && answer.status < 300);
    await judge(
      deployment,
      answered.map((answer) => String(answer?.body['transaction_id'])),
    );
  } finally {
    faulty.kill();
    await deployment.stop();
  }
}

async function judge(deployment: Deployment, answered: string[]): Promise<void> {
  const { models, buyers } = deployment;
  // What is still open, by name, so that a failure says where a lead got stuck.
  let open: string[] = [];
  const settled = async () => {
    const found = await models.leads.find().lean();
    const final = (outcome?: string) => outcome === 'sold' || outcome === 'duplicate';
    const deliveries = await models.deliveries.find({ state: { $in: ['reserving', 'sending', 'unknown'] } }).lean();
    const windows = await models.caps.find({ 'open.0': { $exists: true } }).lean();
    const rows = await models.outbox.find({ kind: 'lead', lead: { $in: found.map(({ _id }) => _id) } }).lean();
    open = [
      ...found
        .filter(({ outcome }) => !final(outcome))
        .map(({ _id, state, outcome }) => `lead ${_id} ${state} ${outcome}`),
      ...deliveries.map(({ _id, state }) => `delivery ${_id} ${state}`),
      ...windows.map(({ _id, open: holders }) => `cap ${_id} held by ${holders.join()}`),
      ...rows.map(({ _id }) => `outbox ${_id}`),
    ];
    return open.length === 0 && found;
  };
  const leads = await eventually(settled, 90_000).catch((error: Error) => {
    throw new Error(`${error.message}: ${open.join('; ')}`);
  });
  for (const id of answered)
    assert.ok(
      leads.some(({ _id }) => _id === id),
      `${id} was answered and is lost`,
    );
  const accepted = buyers.accepted();
  for (const [lead, by] of Object.entries(accepted)) assert.equal(by.length, 1, `${lead} was sold twice: ${by.join()}`);
  const sold = leads.filter(({ outcome }) => outcome === 'sold');
  for (const { _id, sales } of sold) {
    assert.deepEqual(
      sales.map(({ buyer }) => buyer),
      accepted[_id]?.map((name) => `buy_${name}`),
    );
    const rows = await models.ledger.find({ lead: _id }).lean();
    assert.deepEqual(
      rows.map(({ amount }) => amount),
      sales.map(({ price }) => price),
    );
  }
  assert.deepEqual(Object.keys(accepted).sort(), sold.map(({ _id }) => _id).sort());
  const byAlpha = sold.filter(({ sales }) => sales[0]?.buyer === 'buy_alpha').length;
  assert.ok(byAlpha <= CAP, 'the cap was overshot');
  const windows = await models.caps.find().lean();
  assert.equal(windows.find(({ _id }) => _id.includes('int_alpha'))?.n ?? 0, byAlpha);
}

/** Resolves when the process is stopped (state T). */
async function stoppedState(pid: number): Promise<void> {
  await eventually(async () => /^State:\s+T/m.test(await readFile(`/proc/${pid}/status`, 'utf8')), 30_000);
}
