import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { buyersForSuite, get, postJson, ref } from './client.ts';

describe('simulated buyers: repeated posts and status', () => {
  const buyers = buyersForSuite();
  const key = { 'idempotency-key': `${ref}:1` };
  const url = (path = '/acme/one/post'): string => buyers.current.url + path;
  const status = async (path = '/acme/one/status'): Promise<unknown> =>
    (JSON.parse((await get(`${url(path)}?ref=${ref}`)).text) as { status: string }).status;
  const replays = (): boolean[] => buyers.current.log({ op: 'post' }).map(({ replay }) => replay);

  it('the same key gets the same answer, whatever the buyer has been told since', async () => {
    const first = await postJson(url(), { ref }, key);
    buyers.current.setBehaviour('one', { post: { mode: 'reject' } });
    const second = await postJson(url(), { ref }, key);
    assert.deepEqual(second, first);
    assert.deepEqual(replays(), [false, true]);
    assert.deepEqual(buyers.current.accepted(), { [ref]: ['one'] });
  });

  it('the key counts in a field too, and for one buyer only', async () => {
    await postJson(url(), { ref, idempotency_key: 'k1' });
    await postJson(`${url()}?idempotency_key=k1`, { ref });
    await postJson(url('/acme/two/post'), { ref, idempotency_key: 'k1' });
    await postJson(url('/sandbox/acme/one/post'), { ref, idempotency_key: 'k1' });
    assert.deepEqual(replays(), [false, true, false, false]);
  });

  it('without a key the second sale shows', async () => {
    await postJson(url(), { ref });
    await postJson(url(), { ref });
    assert.deepEqual(buyers.current.accepted(), { [ref]: ['one', 'one'] });
  });

  for (const mode of ['reset', 'html', 'error', 'empty'] as const)
    it(`an accept hidden by ${mode} comes out on the repeated post`, async () => {
      buyers.current.setBehaviour('one', { post: { mode, acceptsAnyway: true, status: 503 } });
      await postJson(url(), { ref }, key).catch(() => undefined);
      const again = await postJson(url(), { ref }, key);
      assert.equal(again.status, 200);
      assert.match(again.text, /"status_text":"sold"/);
      assert.deepEqual(buyers.current.accepted(), { [ref]: ['one'] });
    });

  it('a post that was never decided on is decided anew', async () => {
    buyers.current.setBehaviour('one', { post: { mode: 'reset', times: 1 } });
    await assert.rejects(postJson(url(), { ref }, key));
    assert.match((await postJson(url(), { ref }, key)).text, /"status_text":"sold"/);
    assert.deepEqual(replays(), [false, false]);
  });

  it('status: what the log knows of the lead', async () => {
    assert.equal(await status(), 'not_found');
    buyers.current.setBehaviour('one', { post: { mode: 'reset', times: 1 } });
    await assert.rejects(postJson(url(), { ref }));
    assert.equal(await status(), 'not_found');
    buyers.current.setBehaviour('one', { post: { mode: 'duplicate' } });
    await postJson(url(), { ref });
    assert.equal(await status(), 'reject');
    buyers.current.setBehaviour('one', { post: { mode: 'pending' } });
    await postJson(url(), { ref });
    assert.equal(await status(), 'pending');
    buyers.current.setBehaviour('one', { post: { mode: 'html', acceptsAnyway: true } });
    await postJson(url(), { ref });
    assert.equal(await status(), 'sold');
    assert.equal(await status('/acme/two/status'), 'not_found');
    assert.equal(await status('/sandbox/acme/one/status'), 'not_found');
  });
});
