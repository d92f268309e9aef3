import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import type { PostbackRecord } from '../../models/postback.ts';
import type { EventSettings } from '../../schema/event.ts';
import { eventsFile, storeVisits } from '../events/campaign.ts';
import { createDeployment, eventually, send, type Answer, type Deployment } from '../leads/deployment.ts';
import { startReceiver, type Received } from '../postbacks/receiver.ts';
import { startNodeProcess, type NodeProcess } from './node-process.ts';

const SIGNING = `whsec_${randomBytes(24).toString('base64')}`;
const CLIENTS = 8;
const NODES = 2;

export interface KilledOptions {
  events: number;
  kills: number;
  /** What is drawn: when a node is killed, which one, and whom events go to. */
  seed: number;
  /** Every so many events, the endpoint answers the first attempt with 503. */
  refusesEvery?: number;
  patienceMs: number;
}

/**
 * Fires events, each with one postback to an endpoint that it is signed for, while nodes are killed at random and others
 * are started in their place. Then every event that was fired is stored and has arrived, each under one id, with one body
 * and a signature that holds, however often.
 */
export async function killWhileFiring({ events, kills, seed, refusesEvery = 0, patienceMs }: KilledOptions) {
  const draw = createDraw(seed);
  const receiver = await startReceiver();
  const deployment = await createDeployment({ settings: { LEADWIRE_ADDRESS_RATE_PER_MINUTE: '1000000' } });
  const crowd = createCrowd(deployment, draw);
  try {
    const postbacks = [{ id: 'crm', sign: ['signing'], request: { url: receiver.url } }];
    const told: EventSettings[] = [{ id: 'quote_viewed' }, { id: 'elsewhere' }, { id: 'told', postbacks }];
    await deployment.apply(eventsFile(deployment.buyers.url, { events: told, campaign: { events: ['told'] } }));
    await deployment.secrets.set('event/told', 'signing', SIGNING, 'test');
    const refused = new Set<string>();
    const ids = await storeVisits(deployment, events);
    const refusing = new Set(refusesEvery > 0 ? ids.filter((_, index) => index % refusesEvery === 0) : []);
    const forged: string[] = [];
    receiver.answer((request) => {
      const id = transactionOf(request);
      // At once, since a signature is good for five minutes.
      if (!isSigned(request)) forged.push(id);
      if (!refusing.has(id) || refused.has(id)) return { status: 200 };
      refused.add(id);
      return { status: 503 };
    });
    for (let n = 0; n < NODES; n++) await crowd.add();

    const killAt = moments(draw, kills, events);
    let fired = 0;
    const waiting = [...ids];
    const client = async () => {
      for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
        const firing = fire(crowd, id);
        // While this one and those of the other clients are on their way.
        if (killAt.has(++fired)) await crowd.killOne();
        await firing;
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    assert.equal(crowd.killed(), kills);
    await judge(deployment, receiver.received, ids, patienceMs);
    assert.deepEqual(forged, [], 'a signature does not hold');
  } finally {
    await crowd.end();
    await deployment.stop();
    await receiver.stop();
  }
}

async function judge(deployment: Deployment, received: Received[], ids: string[], patienceMs: number): Promise<void> {
  const { models } = deployment;
  assert.equal(await models.events.countDocuments(), ids.length, 'an event that was fired is not stored');
  let open: string[] = [];
  const told = async () => {
    const delivered = await models.postbacks.find({ state: 'delivered' }).lean<PostbackRecord[]>();
    const done = new Set(delivered.map(({ lead }) => lead));
    open = ids.filter((id) => !done.has(id));
    return open.length === 0;
  };
  await eventually(told, patienceMs).catch((error: Error) => {
    throw new Error(`${error.message}: ${open.length} postbacks are not delivered, ${open.slice(0, 5).join()}`);
  });
  const seen = new Map<string, Received[]>();
  for (const request of received) {
    const id = transactionOf(request);
    seen.set(id, [...(seen.get(id) ?? []), request]);
  }
  assert.deepEqual([...seen.keys()].sort(), [...ids].sort());
  for (const [id, requests] of seen) {
    assert.deepEqual([...new Set(requests.map(({ headers }) => headers['webhook-id']))], [`${id}:told`]);
    assert.equal(new Set(requests.map(({ body }) => body)).size, 1, `${id} was told in different words`);
  }
  // Nothing is left to be begun, either.
  await eventually(async () => (await models.outbox.countDocuments()) === 0, patienceMs);
}

/** Fires one event until it is known to be stored, at whichever node lives. */
async function fire(crowd: Crowd, id: string): Promise<void> {
  for (;;) {
    const answer = await ask(await crowd.any(), id);
    if (answer?.status === 200 || answer?.body['code'] === 'event_duplicate') return;
    // Its node died over it, or its lock is still there.
    const goesOn = answer === undefined || answer.status >= 500 || answer.body['code'] === 'event_in_progress';
    assert.ok(goesOn, JSON.stringify(answer?.body));
    await delay(100);
  }
}

async function ask({ url }: NodeProcess, transaction: string): Promise<Answer | undefined> {
  const body = { cid: 'cmp_test', event_id: 'told', transaction_id: transaction };
  return send(`${url}/api/event/trigger`, body, {}).catch(() => undefined);
}

function isSigned({ body, headers }: Received): boolean {
  try {
    new Webhook(SIGNING).verify(body, headers);
    return true;
  } catch {
    return false;
  }
}

type Crowd = ReturnType<typeof createCrowd>;

/** Nodes of which one after the other is killed and another started. */
function createCrowd(deployment: Deployment, draw: (below: number) => number) {
  const alive: NodeProcess[] = [];
  const starting: Promise<void>[] = [];
  let killed = 0;
  async function add(): Promise<void> {
    alive.push(await startNodeProcess(deployment, `node-${randomUUID()}`));
  }
  const any = () => eventually(async () => alive[draw(alive.length)], 60_000);
  return {
    add,
    any,
    killed: () => killed,
    async killOne(): Promise<void> {
      const victim = await any();
      alive.splice(alive.indexOf(victim), 1);
      victim.kill();
      killed++;
      starting.push(add());
      await victim.ended;
    },
    async end(): Promise<void> {
      await Promise.allSettled(starting);
      for (const node of alive) node.kill();
      await Promise.all(alive.map(({ ended }) => ended));
    },
  };
}

/** So many different numbers of events at which a node is killed, not among the first or last few. */
function moments(draw: (below: number) => number, kills: number, events: number): Set<number> {
  const found = new Set<number>();
  while (found.size < kills) found.add(CLIENTS + draw(events - 2 * CLIENTS));
  return found;
}

function transactionOf({ body }: Received): string {
  return (JSON.parse(body) as { data: { transaction_id: string } }).data.transaction_id;
}

/** Whole numbers below a bound, the same ones for the same seed (mulberry32). */
export function createDraw(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Of the environment, to play a run again; otherwise another one every time. */
export function seedOf(): number {
  return Number(process.env['LEADWIRE_TEST_SEED'] ?? randomBytes(4).readUInt32LE());
}
