import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { startNodeProcess, type NodeProcess } from '../faults/node-process.ts';
import { createDeployment, eventually, type Deployment } from '../leads/deployment.ts';
import { eventsFile, storeVisits } from './campaign.ts';

const ROWS = Number(process.env['LEADWIRE_TEST_BULK_ROWS'] ?? 100_000);
const WRONG_EVERY = 1_000;
/** Of each row: 100,000 of them are 60 MB, and more as objects. */
const NOTE = 'n'.repeat(500);
/** Megabytes that the node's heap may have: past them the process ends. */
const HEAP = 160;

type Body = Record<string, unknown>;

describe(`an upload of ${ROWS} events`, function () {
  this.timeout(3_600_000);
  let deployment: Deployment;
  let node: NodeProcess;
  let headers: Record<string, string>;
  before(async () => {
    deployment = await createDeployment({ settings: { NODE_OPTIONS: `--max-old-space-size=${HEAP}` } });
    await deployment.apply(eventsFile(deployment.buyers.url));
    node = await startNodeProcess(deployment, 'bulk');
    headers = { 'x-api-key': deployment.keys.live };
  });
  after(async () => {
    node.kill();
    await deployment.stop();
  });

  it('is taken in by a node of little memory, which says how far it is and what came of each row', async () => {
    const ids = await storeVisits(deployment, ROWS);
    const body = Readable.toWeb(Readable.from(csv(ids))) as ReadableStream;
    const sent = { ...headers, 'content-type': 'text/csv' };
    const init = { method: 'POST', headers: sent, body, duplex: 'half' } as RequestInit;
    const answer = await fetch(`${node.url}/api/events/bulk`, init);
    const { id, rows } = (await answer.json()) as Body;
    assert.deepEqual([answer.status, rows], [202, ROWS]);

    const begun = Date.now();
    let [processed, heard] = [0, 0];
    const done = await eventually(async () => {
      const seen = (await (await fetch(`${node.url}/api/events/bulk/${id}`, { headers })).json()) as Body;
      assert.ok(Number(seen['processed']) >= processed);
      if (Number(seen['processed']) > processed) heard++;
      processed = Number(seen['processed']);
      return seen['state'] === 'done' && seen;
    }, 3_000_000);
    const seconds = (Date.now() - begun) / 1000;
    const refused = Math.floor(ROWS / WRONG_EVERY);
    assert.deepEqual([done['processed'], done['accepted'], done['refused']], [ROWS, ROWS - refused, refused]);
    assert.ok(heard > 2, 'no progress was seen');

    const file = await fetch(`${node.url}/api/events/bulk/${id}/results?format=csv`, { headers });
    let line = 0;
    for await (const text of createInterface({ input: Readable.fromWeb(file.body as ReadableStream) })) {
      const [row, result, , transaction] = text.split(',');
      if (line > 0) {
        const isWrong = line % WRONG_EVERY === 0;
        const expected = [String(line), isWrong ? 'refused' : 'accepted', isWrong ? '' : ids[line - 1]];
        assert.deepEqual([row, result, transaction], expected);
      }
      line++;
    }
    assert.equal(line, ROWS + 1);
    const { events, ledger } = deployment.models;
    assert.equal(await events.countDocuments(), ROWS - refused);
    assert.equal(await ledger.countDocuments({ kind: 'event' }), ROWS - refused);
    const memory = /VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${node.pid}/status`, 'utf8'));
    console.log(
      `      ${(ROWS / seconds).toFixed(0)} rows/s; the process had ${(Number(memory?.[1]) / 1024).toFixed(0)} MB at most`,
    );
  });
});

function* csv(ids: readonly string[]): Generator<string> {
  yield 'cid,event_id,transaction_id,revenue,note\n';
  for (const [index, id] of ids.entries()) {
    const revenue = (index + 1) % WRONG_EVERY === 0 ? 'a lot' : '45.50';
    yield `cmp_test,sale_completed,${id},${revenue},${NOTE}\n`;
  }
}
