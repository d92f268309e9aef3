import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { createOutbound, type Outbound, type OutboundResult } from '../../http/outbound.ts';
import { startRawServer, until, type RawServer } from './raw-server.ts';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

describe('requests of one integration', function () {
  this.timeout(20_000);
  let server: RawServer;
  let outbound: Outbound;
  /** Requests that are not answered yet. */
  let open: Socket[];
  beforeEach(async () => {
    open = [];
    server = await startRawServer((socket) => open.push(socket));
    outbound = createOutbound({ allowNetworks: ['127.0.0.0/8'], lanePlaces: 2 });
  });
  afterEach(async () => {
    await server.close();
    await outbound.close();
  });

  const send = (lane: string, change: { timeoutMs?: number; freshSocket?: boolean } = {}): Promise<OutboundResult> =>
    outbound.send({ method: 'POST', url: server.url, headers: {}, timeoutMs: 15_000, lane, ...change });
  const answer = (socket: Socket | undefined) => socket?.write(OK);

  it('are so many at a time, and leave room for others on the same host and for posts', async () => {
    const [first, second] = [send('int_a'), send('int_a')];
    await until(() => open.length === 2);
    const third = await send('int_a', { timeoutMs: 50 });
    assert.deepEqual([third.kind, 'code' in third && third.code], ['not_sent', 'pool_busy']);
    assert.equal(open.length, 2);
    const others = [send('int_b'), send('int_a', { freshSocket: true })];
    await until(() => open.length === 4);
    open.forEach(answer);
    const results = await Promise.all([first, second, ...others]);
    assert.deepEqual(new Set(results.map(({ kind }) => kind)), new Set(['response']));
  });

  it('go on in their order when one is answered or given up, and who gave up waiting is passed over', async () => {
    const first = send('int_a');
    const given = send('int_a', { timeoutMs: 400 });
    await until(() => open.length === 2);
    const impatient = send('int_a', { timeoutMs: 20 });
    const patient = [send('int_a'), send('int_a')];
    assert.equal((await impatient).kind, 'not_sent');
    assert.equal((await given).kind, 'ambiguous');
    await until(() => open.length === 3);
    answer(open[0]);
    await until(() => open.length === 4);
    answer(open[2]);
    answer(open[3]);
    const results = await Promise.all([first, ...patient]);
    assert.deepEqual(new Set(results.map(({ kind }) => kind)), new Set(['response']));
    const again = send('int_a');
    await until(() => open.length === 5);
    answer(open[4]);
    assert.equal((await again).kind, 'response');
  });
});
