import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { EndpointRecord, PostbackRecord } from '../../models/postback.ts';
import { OFF_AFTER_MS } from '../../rules/postback/failing.ts';
import { PAUSES_MS } from '../../rules/postback/retry.ts';
import type { PostbackTime } from '../../rules/postback/time.ts';
import type { LeadwireNode } from '../../server/node.ts';
import { commandLine } from '../cli/command-line.ts';
import { createDeployment, eventually, send, type Deployment } from '../leads/deployment.ts';
import { startReceiver, type Receiver, type Reply } from '../postbacks/receiver.ts';
import { eventsFile, visited } from './campaign.ts';

const SIGNING = `whsec_${randomBytes(24).toString('base64')}`;
const ENDPOINT = 'event/told/crm';
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const PATIENCE_MS = 120_000;
/** An attempt that comes this much before its time is on time. */
const EARLY_MS = 2_000;

/** A clock that stands ahead by every pause that was to be waited: the server's timers run for an instant instead. */
function createMovedTime() {
  let moved = 0;
  const time: PostbackTime = {
    now: () => Date.now() + moved,
    timer(pauseMs) {
      moved += pauseMs;
      return 1;
    },
  };
  return { ...time, moved: () => moved, pass: (ms: number) => void (moved += ms) };
}

describe('a postback whose endpoint is dead for months, on a clock that is moved over them', function () {
  this.timeout(240_000);
  const time = createMovedTime();
  let deployment: Deployment;
  let node: LeadwireNode;
  let receiver: Receiver;
  /** When each request came: by the clock, and how far that had been moved. */
  let arrivals: { now: number; moved: number }[] = [];
  const postbacks: string[] = [];
  before(async () => {
    receiver = await startReceiver();
    deployment = await createDeployment({ time });
    const told = {
      id: 'told',
      postbacks: [{ id: 'crm', sign: ['signing'], request: { url: receiver.url } }],
    };
    const events = [{ id: 'quote_viewed' }, { id: 'elsewhere' }, told];
    await deployment.apply(eventsFile(deployment.buyers.url, { events, campaign: { events: ['told'] } }));
    await deployment.secrets.set('event/told', 'signing', SIGNING, 'test');
    node = await deployment.start();
  });
  after(async () => {
    await deployment.stop();
    await receiver.stop();
  });

  const answer = (reply: (attempt: number) => Reply) => {
    receiver.clear();
    arrivals = [];
    receiver.answer(() => {
      arrivals.push({ now: time.now(), moved: time.moved() });
      return reply(arrivals.length);
    });
  };
  /** Fires an event; what became of its postback. */
  const told = async (state: PostbackRecord['state']): Promise<PostbackRecord> => {
    const transaction = await visited(node.url);
    const body = { cid: 'cmp_test', event_id: 'told', transaction_id: transaction };
    assert.equal((await send(`${node.url}/api/event/trigger`, body, {})).status, 200);
    const id = `${transaction}:told:${ENDPOINT}`;
    postbacks.push(id);
    return ended(id, state);
  };
  const ended = (id: string, state: PostbackRecord['state']) =>
    eventually(async () => {
      const record = await deployment.models.postbacks.findById(id).lean<PostbackRecord>();
      return record?.state === state && record;
    }, PATIENCE_MS);
  const endpoint = () => deployment.models.endpoints.findById(ENDPOINT).lean<EndpointRecord>();

  it('is tried ten times by the schedule, Retry-After lengthening a pause to a day at most, under one id', async () => {
    const asked = new Map([
      [2, '3600'],
      [3, '864000'],
    ]);
    answer((attempt) => ({ status: 503, headers: { 'retry-after': asked.get(attempt) ?? '1' } }));
    const record = await told('failed');
    assert.deepEqual([record.attempts, record.reason, arrivals.length], [10, 'http_503', 10]);
    const pauses = [...PAUSES_MS];
    pauses.splice(1, 2, HOUR, DAY);
    for (const [index, pause] of pauses.entries()) {
      const [before, after] = [arrivals[index]!, arrivals[index + 1]!];
      const [waited, moved] = [after.now - before.now, after.moved - before.moved];
      assert.ok(waited >= pause - EARLY_MS, `pause ${index + 1} was ${waited} ms, of ${pause}`);
      assert.ok(moved <= pause * 1.2 + 1, `pause ${index + 1} was ${moved} ms, of ${pause}`);
    }
    for (const { body, headers } of receiver.received) new Webhook(SIGNING).verify(body, headers);
    assert.deepEqual([...new Set(receiver.received.map(({ headers }) => headers['webhook-id']))], [record.event]);
    // Attempts leave nothing behind, so that no workflow of a postback grows, however long it goes on.
    const { historyLength } = await deployment.client.workflow.getHandle(`postback/${record._id}`).describe();
    assert.ok(historyLength < 20, `${historyLength} events`);
  });

  it('switches its endpoint off after five days in which it took nothing, and says so', async () => {
    assert.equal((await endpoint())?.disabledAt, undefined);
    answer(() => ({ status: 503 }));
    const record = await told('failed');
    assert.equal(record.reason, 'endpoint_disabled');
    const { failingSince, disabledAt, reason } = (await endpoint())!;
    assert.ok(disabledAt && failingSince && disabledAt.getTime() - failingSince.getTime() >= OFF_AFTER_MS);
    assert.equal(reason, 'failing');
    const metrics = await (await fetch(`${node.url}/metrics`)).text();
    const told503 = `leadwire_postback_endpoints_disabled_total{endpoint="${ENDPOINT}",reason="failing"} 1`;
    assert.ok(metrics.includes(told503));
  });

  it('is not tried months later, until it is replayed: then all arrive under the ids they had', async () => {
    time.pass(90 * DAY);
    answer(() => ({ status: 200 }));
    const record = await told('failed');
    assert.deepEqual([record.reason, record.attempts, arrivals.length], ['endpoint_disabled', 0, 0]);
    const { code, err } = await commandLine(deployment.variables)('postbacks replay --all-failed');
    assert.equal(code, 0, err.join());
    const delivered = await Promise.all(postbacks.map((id) => ended(id, 'delivered')));
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    assert.deepEqual([...new Set(ids)].sort(), delivered.map(({ event }) => event).sort());
    assert.equal(await endpoint(), null);
  });
});
