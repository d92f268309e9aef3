import assert from 'node:assert/strict';
import { request, type IncomingMessage } from 'node:http';
import { describe, it } from 'mocha';
import type { Behaviour } from '../../dev/buyers/server.ts';
import { buyersForSuite, postJson, ref } from './client.ts';

describe('simulated buyers: behaviour', () => {
  const buyers = buyersForSuite();
  const url = (): string => `${buyers.current.url}/acme/one/post`;
  const told = (post: Behaviour): void => buyers.current.setBehaviour('one', { post });
  const decisions = (): string[] => buyers.current.log({ buyer: 'one' }).map(({ decision }) => decision);

  /** Posts over a bare socket: resolves with headers, and with what happened to the body. */
  function raw(): { head: Promise<IncomingMessage>; abort: () => void } {
    const call = request(url(), { method: 'POST', agent: false });
    const head = new Promise<IncomingMessage>((resolve, reject) => call.on('response', resolve).on('error', reject));
    call.end(JSON.stringify({ ref }));
    return { head, abort: () => call.destroy() };
  }

  async function logged(count: number): Promise<void> {
    while (buyers.current.log().length < count) await new Promise((resolve) => setImmediate(resolve));
  }

  it('error: 500 or the status told, and no decision', async () => {
    told({ mode: 'error', times: 1 });
    assert.equal((await postJson(url(), { ref })).status, 500);
    told({ mode: 'error', status: 429, reason: 'slow down' });
    const answer = await postJson(url(), { ref });
    assert.deepEqual(
      [answer.status, JSON.parse(answer.text)],
      [429, { status: 'error', status_text: 'error', reason: 'slow down' }],
    );
    assert.deepEqual(decisions(), ['none', 'none']);
  });

  it('hang: takes the bytes, logs the lead, never answers', async () => {
    told({ mode: 'hang', acceptsAnyway: true });
    const { head, abort } = raw();
    let answered = false;
    const ended = head.then(
      () => (answered = true),
      () => undefined,
    );
    await logged(1);
    const other = await postJson(`${buyers.current.url}/acme/two/post`, { ref: 'txn_later' });
    assert.equal(other.status, 200);
    abort();
    await ended;
    assert.equal(answered, false);
    assert.deepEqual(decisions(), ['accepted']);
  });

  it('reset: no answer, and no decision unless it accepts anyway', async () => {
    told({ mode: 'reset' });
    await assert.rejects(raw().head, { code: 'ECONNRESET' });
    told({ mode: 'reset', acceptsAnyway: true });
    await assert.rejects(raw().head, { code: 'ECONNRESET' });
    assert.deepEqual(decisions(), ['none', 'accepted']);
  });

  it('reset_after_headers: the status arrives, the body does not', async () => {
    told({ mode: 'reset_after_headers' });
    const answer = await raw().head;
    assert.equal(answer.statusCode, 200);
    await assert.rejects(answer.toArray(), { code: 'ECONNRESET' });
  });

  it('html: a page with 200', async () => {
    told({ mode: 'html', acceptsAnyway: true });
    const answer = await postJson(url(), { ref });
    assert.deepEqual([answer.status, answer.type], [200, 'text/html; charset=utf-8']);
    assert.match(answer.text, /^<!DOCTYPE html>/);
    assert.deepEqual(decisions(), ['accepted']);
  });

  it('empty: 200 and nothing', async () => {
    told({ mode: 'empty' });
    const answer = await postJson(url(), { ref });
    assert.deepEqual([answer.status, answer.text], [200, '']);
    assert.deepEqual(decisions(), ['none']);
  });

  it('truncated: half of an accept', async () => {
    told({ mode: 'truncated' });
    const answer = await raw().head;
    const received: Buffer[] = [];
    answer.on('data', (chunk: Buffer) => received.push(chunk));
    await assert.rejects(new Promise((resolve, reject) => answer.on('end', resolve).on('error', reject)));
    const text = Buffer.concat(received).toString();
    assert.match(text, /^\{"status_text":"sold"/);
    assert.ok(text.length < Number(answer.headers['content-length']));
    assert.deepEqual(decisions(), ['accepted']);
  });

  it('huge: megabytes, until the client has enough', async () => {
    told({ mode: 'huge', acceptsAnyway: false });
    const answer = await raw().head;
    let size = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > 4 * 1024 * 1024) break;
    }
    assert.ok(size > 4 * 1024 * 1024);
    assert.deepEqual(decisions(), ['rejected']);
  });

  it('slow_drip: a byte at a time', async () => {
    told({ mode: 'slow_drip' });
    const { head, abort } = raw();
    const chunks: string[] = [];
    for await (const chunk of (await head) as AsyncIterable<Buffer>) {
      chunks.push(chunk.toString());
      if (chunks.length === 3) break;
    }
    abort();
    assert.deepEqual(chunks, ['{', '"', 's']);
  });

  it('delayMs holds the answer back; the decision is logged before', async () => {
    told({ delayMs: 120 });
    const started = performance.now();
    const answer = postJson(url(), { ref });
    await logged(1);
    assert.ok(performance.now() - started < 110);
    assert.equal((await answer).status, 200);
    assert.ok(performance.now() - started >= 115);
  });

  it('times: after so many requests it accepts again, at the same price and at once', async () => {
    told({ mode: 'reject', price: 9, times: 2, delayMs: 1 });
    for (let post = 0; post < 3; post += 1) await postJson(url(), { ref });
    assert.deepEqual(decisions(), ['rejected', 'rejected', 'accepted']);
    assert.deepEqual(
      buyers.current.log().map(({ price }) => price),
      [null, null, 9],
    );
  });

  it('recordThen false: the buyer loses the request', async () => {
    told({ mode: 'reset', recordThen: false });
    await assert.rejects(raw().head, { code: 'ECONNRESET' });
    assert.deepEqual(decisions(), []);
    assert.throws(() => told({ mode: 'hang', acceptsAnyway: true, recordThen: false }), /always logged/);
  });

  it('a body that breaks its format is an error with 400', async () => {
    assert.equal((await postJson(url(), '{"ref":')).status, 400);
    assert.equal((await postJson(url(), '<lead><ref>')).status, 400);
    assert.deepEqual(decisions(), ['none', 'none']);
  });
});
