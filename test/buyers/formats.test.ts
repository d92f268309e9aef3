import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Behaviours } from '../../dev/buyers/server.ts';
import { buyersForSuite, get, postForm, postJson, ref } from './client.ts';

const price12: Behaviours = { ping: { price: 12.5 } };

describe('simulated buyers: wire formats', () => {
  const buyers = buyersForSuite();
  const at = (path: string): string => buyers.current.url + path;
  const json = async (path: string, body: object): Promise<Record<string, unknown>> =>
    JSON.parse((await postJson(at(path), { ref, ...body })).text) as Record<string, unknown>;

  it('acme: promise in the ping, sale at the bid in the post', async () => {
    buyers.current.setBehaviour('one', price12);
    const ping = await json('/acme/one/ping', { zip: '94105' });
    assert.deepEqual(ping, { status: 'continue', price: 12.5, promise: `W_one_${ref}` });
    const post = await json('/acme/one/post', { promise: ping.promise });
    assert.deepEqual([post.status_text, post.price], ['sold', 12.5]);
    assert.equal(post.redirect_url, `https://buyer.example/welcome/${String(post.lead_id)}`);
  });

  it('acme: rejects, duplicates and pending leads', async () => {
    buyers.current.setBehaviour('one', { ping: { mode: 'reject', reason: 'Over cap' }, post: { mode: 'reject' } });
    assert.deepEqual(await json('/acme/one/ping', {}), { status: 'reject', reason: 'Over cap' });
    const rejected = await json('/acme/one/post', {});
    assert.deepEqual([rejected.status_text, rejected.reason], ['reject', 'No buyer found.']);
    buyers.current.setBehaviour('one', { ping: { mode: 'pending' }, post: { mode: 'duplicate' } });
    assert.equal((await json('/acme/one/ping', {})).status, 'reject');
    assert.equal((await json('/acme/one/post', {})).status_text, 'duplicate');
    buyers.current.setBehaviour('one', { post: { mode: 'pending' } });
    assert.equal((await json('/acme/one/post', {})).status_text, 'pending');
  });

  it('phonexa: numbers in the ping, text and a status number in the post', async () => {
    buyers.current.setBehaviour('one', price12);
    const ping = await json('/phonexa/one/ping/', {});
    assert.deepEqual(ping, { status: 'continue', price: 12.5, promise: `W_one_${ref}` });
    const sold = await json('/phonexa/one/post', { promise: ping.promise });
    assert.deepEqual([sold.status, sold.status_text, sold.price], [1, 'sold', '12.5000']);
    buyers.current.setBehaviour('one', { ping: { mode: 'reject' }, post: { mode: 'reject' } });
    assert.deepEqual(await json('/phonexa/one/ping', {}), { status: 'reject', reason: 'No buyer found.' });
    const rejected = await json('/phonexa/one/fullpost', {});
    assert.deepEqual([rejected.status, rejected.status_text, rejected.price_reject], [2, 'reject', 3.5]);
  });

  it('leadprosper: one bid or several, and the chosen one sets the price', async () => {
    buyers.current.setBehaviour('one', price12);
    const ping = await json('/leadprosper/one/ping', {});
    assert.deepEqual(ping, { status: 'ACCEPTED', ping_id: `W_one_${ref}`, payout: 12.5 });
    buyers.current.setBehaviour('one', { ping: { bids: [3, 7.25] } });
    const several = await json('/leadprosper/one/ping', {});
    const bids = several.bids as { bid_id: string; payout: number }[];
    assert.deepEqual([several.payout, bids.map(({ payout }) => payout)], [7.25, [3, 7.25]]);
    const post = await json('/leadprosper/one/post', { lp_ping_id: several.ping_id, bid_id: bids[0]?.bid_id });
    assert.deepEqual([post.status, post.payout], ['ACCEPTED', 3]);
    assert.deepEqual(
      buyers.current.log().map(({ price }) => price),
      [12.5, 7.25, 3],
    );
  });

  it('leadprosper: rejects and duplicates carry a lead id all the same', async () => {
    buyers.current.setBehaviour('one', { ping: { mode: 'reject' }, post: { mode: 'duplicate' } });
    const ping = await json('/leadprosper/one/ping', {});
    assert.deepEqual([ping.status, ping.payout], ['REJECTED', 0]);
    const post = await json('/leadprosper/one/direct_post', {});
    assert.deepEqual([post.status, typeof post.lead_id], ['DUPLICATED', 'string']);
  });

  it('boberdoo: GET or form, Mode tells ping from post, XML labelled text/html', async () => {
    buyers.current.setBehaviour('one', price12);
    const path = at('/boberdoo/one/new_api/api.php');
    const ping = await get(`${path}?Mode=ping&TYPE=19&ref=${ref}`);
    assert.match(ping.type ?? '', /^text\/html/);
    const matched = `<response><status>Matched</status><lead_id>W_one_${ref}</lead_id><price>12.50</price></response>`;
    assert.equal(ping.text, matched);
    const post = await postForm(path, { Mode: 'post', Lead_ID: `W_one_${ref}`, First_Name: 'Ann' });
    assert.match(post.text, /^<response><status>Matched<\/status><lead_id>\d+<\/lead_id><price>12.50<\/price>/);
    buyers.current.setBehaviour('one', { ping: { mode: 'reject' }, post: { mode: 'duplicate', reason: 'A & <B>' } });
    assert.match((await get(`${path}?Mode=ping`)).text, /<status>Unmatched<\/status>/);
    assert.match((await postForm(path, { Mode: 'full' })).text, /<error>Duplicate Lead: A &amp; &lt;B&gt;<\/error>/);
  });

  it('cake: one endpoint, XML', async () => {
    buyers.current.setBehaviour('one', price12);
    const path = at('/cake/one/d.ashx');
    const ping = await get(`${path}?mode=ping&ckm_campaign_id=5&ckm_key=k&ref=${ref}`);
    const success = `<result><code>0</code><msg>success</msg><leadid>W_one_${ref}</leadid><price>12.50</price></result>`;
    assert.deepEqual([ping.type, ping.text], ['text/xml; charset=utf-8', success]);
    assert.match((await postForm(path, { ref })).text, /<code>0<\/code>.*<leadid>\d+<\/leadid><price>12.50</);
    buyers.current.setBehaviour('one', {
      ping: { mode: 'reject', reason: 'Invalid Post Key' },
      post: { mode: 'duplicate' },
    });
    assert.match((await get(`${path}?mode=ping`)).text, /<code>1<\/code><msg>Invalid Post Key<\/msg>/);
    assert.match((await postForm(path, { ref })).text, /<code>1<\/code><msg>Duplicate Lead<\/msg>/);
  });

  it('px, leadspedia, leadconduit: an id or none in the ping, the price as each writes it', async () => {
    buyers.current.setBehaviour('one', price12);
    const px = await json('/px/one/ping', {});
    assert.deepEqual([px.Success, px.Payout, px.TransactionId], [true, 12.5, `W_one_${ref}`]);
    assert.equal((await json('/px/one/post', { TransactionId: px.TransactionId })).Payout, 12.5);
    const ping = await postForm(at('/leadspedia/one/ping.do'), { ref });
    const accepted = { result: 'success', msg: 'Accepted', ping_id: `W_one_${ref}`, price: '12.50' };
    assert.deepEqual(JSON.parse(ping.text), accepted);
    const lead = await postForm(at('/leadspedia/one/post.do'), { ref, lp_ping_id: `W_one_${ref}` });
    assert.equal((JSON.parse(lead.text) as Record<string, unknown>).price, '12.50');
    assert.deepEqual(await json('/leadconduit/one/ping', {}), { outcome: 'success', price: 12.5 });
    const submitted = await postJson(at('/leadconduit/one/submit'), { ref });
    assert.deepEqual([submitted.status, /"lead":\{"id":"\d+"\}/.test(submitted.text)], [201, true]);
    buyers.current.setBehaviour('one', { ping: { mode: 'reject' }, post: { mode: 'duplicate' } });
    assert.deepEqual(await json('/leadconduit/one/ping', {}), { outcome: 'failure', reason: 'no bid', price: 0 });
    assert.equal((await json('/px/one/post', {})).Message, 'Duplicate lead');
  });

  it('ringba, leadbyte, leadexec: whoever calls is a post, codes, types of answers', async () => {
    buyers.current.setBehaviour('one', price12);
    const bid = await json('/ringba/one/rtb.json', {});
    assert.deepEqual([bid.bidAmount, bid.expireInSeconds], [12.5, 39]);
    assert.equal((await json('/ringba/one/rtb.json', { CID: '12125550198' })).bidAmount, 12.5);
    buyers.current.setBehaviour('one', { ping: { mode: 'reject' }, post: { mode: 'duplicate' } });
    assert.equal((await json('/ringba/one/rtb.json', {})).bidAmount, 0);
    assert.equal((await json('/leadbyte/one/api/submit.php', {})).code, -2);
    const path = at('/leadexec/one/processor/insert/general');
    assert.match((await postForm(path, { ref })).text, /<isValidPost>false<.*<ResponseType>Duplicate_Lead</);
    buyers.current.setBehaviour('one', { post: { mode: 'pending' } });
    assert.match((await postForm(path, { ref })).text, /<isValidPost>true<.*<PendingQCReview>true</);
  });

  it('phonexa: says what became of a lead when asked by its own id', async () => {
    const status = async (key: unknown): Promise<unknown> =>
      (await json(`/phonexa/one/lead/check-lead-status?checkKey=${String(key)}`, { ref: 'none' })).status;
    buyers.current.setBehaviour('one', { post: { mode: 'pending' } });
    const { lead_id: key } = await json('/phonexa/one/post', {});
    assert.equal(await status(key), 3);
    buyers.current.resetBehaviour('one');
    await json('/phonexa/one/post', {});
    assert.equal(await status(key), 1);
    assert.equal(await status('elsewhere'), 5);
  });

  it('plain: one line of text', async () => {
    buyers.current.setBehaviour('one', price12);
    assert.equal((await postForm(at('/plain/one/ping'), { ref })).text, `BID 12.50 REF W_one_${ref}`);
    assert.match((await postForm(at('/plain/one/post'), { ref })).text, /^OK \d+$/);
    buyers.current.setBehaviour('one', { ping: { mode: 'reject', reason: 'not today' }, post: { mode: 'reject' } });
    assert.equal((await postForm(at('/plain/one/ping'), { ref })).text, 'NO not today');
    assert.equal((await postForm(at('/plain/one/post'), { ref })).text, 'NO No buyer found.');
  });

  it('a bid of another buyer, or of another lead, buys nothing', async () => {
    const foreign = await json('/acme/one/post', { promise: `W_two_${ref}` });
    assert.deepEqual([foreign.status_text, foreign.reason], ['reject', 'Unknown bid']);
    const stale = await json('/acme/one/post', { promise: 'W_one_txn_other' });
    assert.equal(stale.status_text, 'reject');
    assert.deepEqual(buyers.current.accepted(), {});
  });

  it('sends hopeless prices as told, and none at all for null', async () => {
    const bid = async (price: number | string | null): Promise<string> => {
      buyers.current.setBehaviour('one', { ping: { price } });
      return /"continue",(.*)"promise"/.exec((await postJson(at('/acme/one/ping'), { ref })).text)?.[1] ?? '';
    };
    assert.equal(await bid('NaN'), '"price":"NaN",');
    assert.equal(await bid('$12.50'), '"price":"$12.50",');
    assert.equal(await bid('1e309'), '"price":1e309,');
    assert.equal(await bid(-5), '"price":-5,');
    assert.equal(await bid(null), '');
  });

  it('draws a price from buyer and lead where none is told', async () => {
    const bids = new Set<unknown>();
    for (const buyer of ['one', 'two', 'three', 'one']) bids.add((await json(`/acme/${buyer}/ping`, {})).price);
    bids.add((await json('/acme/one/ping', { ref: 'txn_other' })).price);
    assert.equal(bids.size, 4);
    for (const bid of bids) assert.ok(Number(bid) >= 1 && Number(bid) < 51);
  });

  it('answers 404 to who lives elsewhere', async () => {
    for (const path of ['/nothing/one/ping', '/acme/one/elsewhere', '/acme', '/'])
      assert.equal((await get(at(path))).status, 404, path);
    assert.deepEqual(buyers.current.log(), []);
  });
});
