import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Connection } from 'mongoose';
import { createOAuthTokens, type OAuthTokens } from '../../activities/oauth-tokens.ts';
import { createOutbound, type Outbound } from '../../http/outbound.ts';
import { connectMongo } from '../../models/connection.ts';
import { createOAuthTokenModel, type OAuthTokenModel } from '../../models/oauth-token.ts';
import type { OAuthGrant } from '../../rules/oauth.ts';
import { startReceiver, type Receiver } from './receiver.ts';

describe('access tokens of services', () => {
  let mongo: Connection;
  let tokens: OAuthTokenModel;
  let outbound: Outbound;
  let service: Receiver;
  /** How many tokens the service gave out, and which refresh token it takes next. */
  let given = 0;
  let takes = 'r0';
  const key = randomBytes(32);
  before(async () => {
    mongo = await connectMongo({
      uri: process.env['MONGODB_URI'] ?? '',
      database: `test_${randomBytes(6).toString('hex')}`,
    });
    tokens = createOAuthTokenModel(mongo);
    await tokens.init();
    outbound = createOutbound({ allowNetworks: ['127.0.0.0/8'] });
    service = await startReceiver();
  });
  after(async () => {
    await outbound.close();
    await service.stop();
    await mongo.dropDatabase();
    await mongo.close();
  });
  beforeEach(async () => {
    await tokens.deleteMany({});
    service.clear();
    given = 0;
    takes = 'r0';
    service.answer(rotating);
  });

  /** Gives each access token with another refresh token, and takes the one before back. */
  const rotating: Parameters<Receiver['answer']>[0] = ({ body }) => {
    if (new URLSearchParams(body).get('refresh_token') !== takes) {
      return { status: 400, body: '{"error":"invalid_grant","error_description":"of ada@example.com"}' };
    }
    given++;
    takes = `r${given}`;
    return {
      status: 200,
      body: JSON.stringify({ access_token: `a${given}`, refresh_token: takes, expires_in: 3600, token_type: 'Bearer' }),
    };
  };
  const aNode = (now: () => number = Date.now): OAuthTokens =>
    createOAuthTokens({ tokens, outbound, key, clockSkewMs: 0, now });
  const grant = (changes: Partial<OAuthGrant> = {}): OAuthGrant => ({
    owner: 'event/sale',
    tokenUrl: `${service.url}/token`,
    clientId: 'client',
    clientSecret: 's&cret',
    refreshToken: 'r0',
    ...changes,
  });
  const inAnHour = () => Date.now() + 3_600_000;
  const code = (expected: string) => (error: { code?: string; message: string }) => {
    assert.equal(error.code, expected);
    assert.doesNotMatch(error.message, /ada@example|s&cret|r\d/);
    return true;
  };

  it('are got once, whoever asks on however many nodes, and kept encrypted', async () => {
    const nodes = [aNode(), aNode(), aNode()];
    const got = await Promise.all(Array.from({ length: 30 }, (_, n) => nodes[n % 3]!.tokenFor(grant())));
    assert.deepEqual([...new Set(got)], ['a1']);
    assert.equal(service.received.length, 1);
    const { headers, body } = service.received[0]!;
    assert.equal(headers['content-type'], 'application/x-www-form-urlencoded');
    assert.deepEqual(Object.fromEntries(new URLSearchParams(body)), {
      ...{ grant_type: 'refresh_token', refresh_token: 'r0', client_id: 'client', client_secret: 's&cret' },
    });
    const stored = JSON.stringify(await tokens.find().lean());
    assert.match(stored, /"ciphertext"/);
    assert.doesNotMatch(stored, /a1"|r1"|s&cret/);
  });

  it('are renewed before they end, with the refresh token that came last', async () => {
    assert.equal(await aNode().tokenFor(grant()), 'a1');
    assert.equal(await aNode(() => inAnHour() - 120_000).tokenFor(grant()), 'a1');
    const later = [aNode(inAnHour), aNode(inAnHour)];
    const got = await Promise.all(later.map((node) => node.tokenFor(grant())));
    assert.deepEqual(got, ['a2', 'a2']);
    assert.equal(service.received.length, 2);
  });

  it('are not asked for while another node asks, and are when its lease is over', async () => {
    const node = aNode();
    await node.tokenFor(grant());
    const _id = (await tokens.findOne().lean())?._id;
    const leaseUntil = new Date(Date.now() + 1_500);
    await tokens.updateOne({ _id }, { $set: { holder: 'dead', leaseUntil }, $unset: { access: '', expiresAt: '' } });
    assert.equal(await aNode().tokenFor(grant()), 'a2');
    assert.ok(Date.now() >= leaseUntil.getTime());
  });

  it('have to be authorised again when the node died that had the new refresh token', async () => {
    await aNode().tokenFor(grant());
    // The service gave r2, and nobody wrote it down.
    takes = 'r2';
    await assert.rejects(aNode(inAnHour).tokenFor(grant()), code('oauth_authorise_again'));
    const asked = service.received.length;
    await assert.rejects(aNode(inAnHour).tokenFor(grant()), code('oauth_authorise_again'));
    assert.equal(service.received.length, asked);
    // Somebody did: another refresh token is another authorisation.
    assert.equal(await aNode(inAnHour).tokenFor(grant({ refreshToken: 'r2' })), 'a2');
  });

  it('that the service no longer takes are forgotten, and no later one', async () => {
    const [one, two] = [aNode(), aNode()];
    await one.tokenFor(grant());
    await two.tokenFor(grant());
    await one.reject(grant(), 'a1');
    assert.equal(await one.tokenFor(grant()), 'a2');
    await two.reject(grant(), 'a1');
    assert.equal(await two.tokenFor(grant()), 'a2');
    assert.equal(service.received.length, 2);
  });

  it('of a client by itself, named by Basic authentication', async () => {
    service.answer(() => ({ status: 200, body: '{"access_token":"c1"}' }));
    const { refreshToken: _none, ...client } = grant({ scope: 'a b', clientIn: 'header' });
    assert.equal(await aNode().tokenFor(client), 'c1');
    const { headers, body } = service.received[0]!;
    assert.equal(headers['authorization'], `Basic ${Buffer.from('client:s%26cret').toString('base64')}`);
    assert.equal(body, 'grant_type=client_credentials&scope=a+b');
  });

  it('of a service that does not answer are asked for again next time', async () => {
    for (const answer of [
      { status: 503 },
      { status: 200, body: '<html>' },
      { status: 400, body: '{"error":"slow_down"}' },
    ]) {
      service.answer(() => answer);
      await assert.rejects(aNode().tokenFor(grant()), code('oauth_unavailable'));
    }
    service.answer(rotating);
    assert.equal(await aNode().tokenFor(grant()), 'a1');
  });
});
