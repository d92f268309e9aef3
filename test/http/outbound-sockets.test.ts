import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { createOutbound, type Outbound, type OutboundRequest, type OutboundResult } from '../../http/outbound.ts';
import { startRawServer, until, type RawServer } from './raw-server.ts';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

describe('outbound sockets', function () {
  this.timeout(10_000);
  let server: RawServer;
  let outbound: Outbound;
  let clock: () => number;
  let answer: (socket: Socket) => void;

  beforeEach(async () => {
    clock = Date.now;
    answer = (socket) => socket.write(OK);
    server = await startRawServer((socket) => answer(socket));
    outbound = createOutbound({ allowNetworks: ['127.0.0.0/8'], now: () => clock() });
  });
  afterEach(async () => {
    await outbound.close();
    await server.close();
  });

  const post = (change: Partial<OutboundRequest> = {}): Promise<OutboundResult> =>
    outbound.send({ method: 'POST', url: server.url, headers: {}, timeoutMs: 2_000, freshSocket: true, ...change });
  const codeOf = (result: OutboundResult): string => ('code' in result ? result.code : 'response');
  /** A socket is free for the next request one turn of the event loop after its answer. */
  const socketsFree = async (): Promise<void> => {
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  /** Long enough for a byte that was sent to arrive: an answered request on another connection. */
  const roundTrip = async (): Promise<void> => {
    assert.equal(codeOf(await post({ freshSocket: false })), 'response');
  };

  it('sends nothing when sendBy passes between the call and the socket', async () => {
    const start = Date.now();
    let asked = 0;
    // The sender freezes while it connects: the clock jumps once the request is under way.
    clock = () => (server.connections.length > 0 || (asked += 1) > 3 ? start + 60_000 : start);
    const result = await post({ sendBy: start + 5_000, body: 'lead' });
    assert.deepEqual([result.kind, codeOf(result)], ['not_sent', 'send_by_passed']);
    clock = Date.now;
    await roundTrip();
    const bytes = server.connections.map((connection) => connection.received).filter((text) => text.includes('lead'));
    assert.deepEqual(bytes, []);
  });

  it('sends nothing on a kept socket either, and leaves that socket to others', async () => {
    const start = Date.now();
    assert.equal(codeOf(await post({ body: 'first' })), 'response');
    await socketsFree();
    const before = server.connections[0]?.received ?? '';
    clock = () => start + 500;
    const late = await post({ sendBy: start + 400, body: 'late' });
    assert.deepEqual([late.kind, codeOf(late)], ['not_sent', 'send_by_passed']);
    assert.equal(server.connections[0]?.received, before);
    await socketsFree();
    assert.equal(codeOf(await post()), 'response');
    assert.equal(server.connections.length, 1);
    assert.ok(!server.connections[0]?.received.includes('late'));
  });

  it('sends until sendBy, the millisecond included', async () => {
    const start = Date.now();
    clock = () => start;
    assert.equal(codeOf(await post({ sendBy: start })), 'response');
  });

  it('stops waiting for a socket when sendBy passes, before the deadline', async () => {
    const silent = await startRawServer(() => undefined);
    const url = `https://127.0.0.1:${silent.port}/`;
    const result = await post({ url, timeoutMs: 5_000, sendBy: Date.now() + 50 });
    assert.deepEqual([result.kind, codeOf(result)], ['not_sent', 'send_by_passed']);
    assert.ok(result.durationMs < 2_000);
    await silent.close();
  });

  it('reuses a socket that was just used', async () => {
    for (let n = 0; n < 10; n += 1) {
      assert.equal(codeOf(await post()), 'response');
      await socketsFree();
    }
    assert.equal(server.connections.length, 1);
  });

  it('closes a post socket that is idle for a second, whatever the server promises, and keeps one for pings', async () => {
    answer = (socket) => socket.write('HTTP/1.1 200 OK\r\nkeep-alive: timeout=60\r\ncontent-length: 2\r\n\r\nok');
    await post();
    await post({ freshSocket: false });
    await until(() => server.connections[0]?.closed === true);
    assert.equal(server.connections[1]?.closed, false);
    assert.equal(codeOf(await post()), 'response');
    assert.equal(server.connections.length, 3);
  });

  it('posts on a new socket after a freeze, before the timer that closes idle ones has run', async () => {
    const start = Date.now();
    clock = () => start;
    await post();
    await socketsFree();
    const first = server.connections[0]?.received;
    clock = () => start + 1_001;
    assert.equal(codeOf(await post({ body: 'lead' })), 'response');
    assert.equal(server.connections.length, 2);
    assert.equal(server.connections[0]?.received, first);
    // A ping may use the older socket.
    await post({ freshSocket: false });
    await socketsFree();
    clock = () => start + 3_000;
    await post({ freshSocket: false });
    assert.equal(server.connections.length, 3);
  });

  it('sends a post once, however its connection ends', async () => {
    answer = (socket) => socket.resetAndDestroy();
    for (let n = 0; n < 5; n += 1) assert.equal(codeOf(await post({ method: 'GET' })), 'reset');
    answer = (socket) => socket.write(OK);
    await roundTrip();
    assert.equal(server.connections.length, 6);
  });

  it('pool_busy: a buyer that hangs uses up its own sockets only, and frees them', async () => {
    const other = await startRawServer((socket) => socket.write(OK));
    answer = () => undefined;
    const hung = Array.from({ length: 256 }, () => post({ timeoutMs: 8_000 }));
    await until(() => server.connections.length === 256);
    const queued = await post({ timeoutMs: 50, body: 'queued' });
    assert.deepEqual([queued.kind, codeOf(queued)], ['not_sent', 'pool_busy']);
    assert.equal(codeOf(await post({ url: other.url })), 'response');
    answer = (socket) => socket.write(OK);
    for (const { socket } of server.connections) answer(socket);
    for (const result of await Promise.all(hung)) assert.equal(codeOf(result), 'response');
    const results = await Promise.all(Array.from({ length: 300 }, () => post()));
    for (const result of results) assert.equal(codeOf(result), 'response');
    assert.ok(server.connections.every((connection) => !connection.received.includes('queued')));
    await other.close();
  });
});
