import assert from 'node:assert/strict';
import ssh2 from 'ssh2';
import { checkConfiguration } from '../../config/check.ts';
import { createOutbound } from '../../http/outbound.ts';
import type { OutboundRequest, OutboundResult } from '../../http/contract.ts';
import { storeFile, type SftpSession } from '../../http/sftp-file.ts';
import { withSftp } from '../../http/sftp.ts';
import { basic } from '../../rules/connector/authentication.ts';
import type { Integration } from '../../schema/integration.ts';
import { campaignFile } from '../leads/campaign-file.ts';
import { aLead, createDeployment, type Deployment } from '../leads/deployment.ts';
import { startSftpServer, STATUS, type SftpServer, type Trouble } from './sftp-server.ts';

const LONG_MS = 30_000;

describe('files over SFTP', function () {
  this.timeout(120_000);
  let server: SftpServer;
  before(async () => (server = await startSftpServer()));
  beforeEach(() => server.empty());
  after(() => server.stop());

  const sender = (options: Partial<Parameters<typeof withSftp>[1]> = {}) =>
    withSftp(createOutbound({ allowNetworks: [] }), { allowNetworks: ['127.0.0.0/8'], ...options });
  const aRequest = (changes: Partial<OutboundRequest> = {}, headers: Record<string, string> = {}): OutboundRequest => ({
    method: 'POST',
    url: `${server.url}/lead-dlv_1.csv`,
    body: 'name\r\nAda\r\n',
    timeoutMs: LONG_MS,
    delivery: { id: 'dlv_1', repeated: false },
    secrets: [server.password],
    ...changes,
    headers: {
      authorization: basic(server.username, server.password),
      'sftp-fingerprint': server.fingerprint,
      ...headers,
    },
  });
  const whatOf = (result: OutboundResult) =>
    result.kind === 'response' ? `${result.status} ${result.body.toString()}` : `${result.kind} ${result.code}`;
  const send = async (...request: Parameters<typeof aRequest>) => whatOf(await sender().send(aRequest(...request)));

  it('are whole when they have their name, and replace one of the same name', async () => {
    assert.equal(await send(), '200 {"sftp":"stored"}');
    assert.deepEqual(server.files(), { 'lead-dlv_1.csv': 'name\r\nAda\r\n' });
    assert.equal(
      await send({ body: 'name\r\nGrace\r\n', delivery: { id: 'dlv_1', repeated: true } }),
      '200 {"sftp":"stored"}',
    );
    assert.deepEqual(server.files(), { 'lead-dlv_1.csv': 'name\r\nGrace\r\n' });
    assert.ok(server.seen.includes('open /in/lead-dlv_1.csv.part'));
  });

  it('are renamed as POSIX does it, where the server can', async () => {
    const client = new ssh2.Client();
    const session = await new Promise<SftpSession>((resolve, reject) => {
      client.on('error', reject);
      client.on('ready', () => client.sftp((error, sftp) => (error ? reject(error) : resolve(sftp))));
      client.connect({ host: '127.0.0.1', port: server.port, username: server.username, password: server.password });
    });
    // The server of the library does not announce what this one can.
    (session as unknown as { _extensions: object })._extensions = { 'posix-rename@openssh.com': '1' };
    for (const text of ['one', 'two']) await storeFile(session, '/in/a.csv', Buffer.from(text));
    client.end();
    assert.deepEqual(server.files(), { 'a.csv': 'two' });
    assert.ok(!server.seen.some((step) => step.startsWith('remove')), 'nothing had to be taken away first');
  });

  it('are written by a user with a key', async () => {
    const byKey = {
      authorization: basic(server.username, ''),
      'sftp-private-key': server.privateKey.replace(/\n/g, ''),
    };
    assert.equal(await send({}, byKey), '200 {"sftp":"stored"}');
    assert.ok(server.seen.includes('login publickey'));
    assert.equal(await send({}, { ...byKey, 'sftp-private-key': 'nonsense' }), 'not_sent login_refused');
  });

  it('go to no server that is not the right one, nor without saying which that is', async () => {
    const other = `SHA256:${'A'.repeat(43)}`;
    assert.equal(await send({}, { 'sftp-fingerprint': other }), 'not_sent host_key_mismatch');
    assert.equal(await send({}, { 'sftp-fingerprint': '' }), 'not_sent host_key_mismatch');
    assert.deepEqual(server.seen, [], 'it was told no credentials');
    assert.equal(await send({}, { 'sftp-fingerprint': `${other}, ${server.fingerprint}` }), '200 {"sftp":"stored"}');
  });

  it('are not sent with a wrong password, and nothing that operators read shows the right one', async () => {
    assert.equal(await send({}, { authorization: basic(server.username, 'guess') }), 'not_sent login_refused');
    assert.deepEqual(server.files(), {});
    const stored = await sender().send(aRequest({ body: `password,${server.password}` }));
    const shown = JSON.stringify(stored.exchange());
    assert.ok(!shown.includes(server.password) && !shown.includes(basic(server.username, server.password).slice(6)));
    const { method, status } = stored.exchange();
    assert.deepEqual([method, status], ['SFTP', 200]);
  });

  it('are not sent where there is no server, to private networks, or to what is no place for one lead', async () => {
    const closed = await startSftpServer();
    await closed.stop();
    assert.equal(await send({ url: `${closed.url}/dlv_1.csv` }), 'not_sent connect_failed');
    const strict = sender({ allowNetworks: [] });
    assert.equal(whatOf(await strict.send(aRequest())), 'not_sent address_refused');
    const named = aRequest({ url: `sftp://files.example:${server.port}/in/dlv_1.csv` });
    const lookup = async () => [{ address: '127.0.0.1', family: 4 }];
    assert.equal(whatOf(await sender({ allowNetworks: [], lookup }).send(named)), 'not_sent address_refused');
    assert.equal(whatOf(await sender({ lookup }).send(named)), '200 {"sftp":"stored"}');
    for (const url of [`${server.url}/today.csv`, `${server.url}/`, `sftp://u:p@127.0.0.1:${server.port}/dlv_1.csv`])
      assert.equal(await send({ url }), 'not_sent invalid_url', url);
    assert.equal(await send({ body: 'x'.repeat(1024 * 1024 + 1) }), 'not_sent invalid_url');
  });

  it('are not sent by who was held up, nor beyond the time there is', async () => {
    assert.equal(whatOf(await sender({ now: () => 2 }).send(aRequest({ sendBy: 1 }))), 'not_sent send_by_passed');
    assert.deepEqual(server.files(), {});
    server.trouble({ at: 'open', hangs: true });
    assert.equal(await send({ timeoutMs: 1500 }), 'ambiguous timeout');
  });

  it('keep what a lead brings into a name inside their folder', async () => {
    const url = `${server.url}/${encodeURIComponent('../../x/y')}-dlv_1%3A2.csv`;
    assert.equal(await send({ url, delivery: { id: 'dlv_1:2', repeated: false } }), '200 {"sftp":"stored"}');
    assert.deepEqual(Object.keys(server.files()), ['..-..-x-y-dlv_1-2.csv']);
  });

  const tried = async (trouble: Trouble, repeated = false) => {
    server.empty();
    server.trouble(trouble);
    return send({ delivery: { id: 'dlv_1', repeated } });
  };

  it('that the server refuses are not there, neither whole nor in part', async () => {
    assert.equal(await tried({ at: 'open', status: STATUS.PERMISSION_DENIED }), '422 {"sftp":"refused"}');
    for (const at of ['write', 'close', 'rename'] as const) {
      assert.equal(await tried({ at, status: STATUS.FAILURE }), '429 {"sftp":"not_now"}', at);
      assert.deepEqual(server.files(), {}, at);
    }
    server.empty();
    assert.equal(await send({ url: `${server.url}/nowhere/dlv_1.csv` }), '422 {"sftp":"refused"}');
  });

  it('say nothing about the first time when a repetition is refused', async () => {
    assert.equal(await tried({ at: 'open', status: STATUS.PERMISSION_DENIED }, true), '429 {"sftp":"not_now"}');
  });

  it('are in doubt once their connection broke, at whatever step', async () => {
    for (const at of ['open', 'write', 'close', 'rename'] as const)
      assert.equal(await tried({ at, breaks: true }), 'ambiguous reset', at);
    assert.equal(await tried({ at: 'rename', breaks: true, does: true }), 'ambiguous reset');
    assert.deepEqual(Object.keys(server.files()), ['lead-dlv_1.csv'], 'it may well be there');
  });
});

describe('a buyer that gets files over SFTP', function () {
  this.timeout(120_000);
  let server: SftpServer;
  let deployment: Deployment;

  const onSftp = (changes: Partial<Integration> = {}): Integration => ({
    id: 'int_files',
    campaign: 'cmp_test',
    buyer: 'buy_alpha',
    category: 'Buyer',
    connector: 'sftp-csv',
    price: 4,
    config: { url: server.url, username: server.username, fingerprint: server.fingerprint },
    secrets: ['password'],
    ...changes,
  });

  before(async () => {
    server = await startSftpServer();
    deployment = await createDeployment({
      buyers: ['alpha'],
      integrations: { alpha: { paused: true } },
      auction: { deadlineMs: 60_000 },
      more: () => [onSftp()],
    });
    await deployment.secrets.set('int_files', 'password', server.password, 'test');
    await deployment.start();
  });
  beforeEach(() => server.empty());
  after(async () => {
    await deployment.stop();
    await server.stop();
  });

  const deliveryOf = async (transaction: unknown) =>
    deployment.models.deliveries.findOne({ _id: new RegExp(`^${String(transaction)}`) }).lean();

  it('has bought a lead, at its configured price, once its file is there', async () => {
    const { body } = await deployment.post(aLead({ last_name: 'O"Hara, Jr' }));
    assert.equal(body['outcome'], 'sold', JSON.stringify(body));
    const delivery = await deliveryOf(body['transaction_id']);
    assert.equal(delivery?.bid.price, 4_000_000);
    const [[name = '', text = ''] = []] = Object.entries(server.files());
    const stamp = delivery.createdAt
      .toISOString()
      .replace(/\D/g, '')
      .replace(/^(\d{8})(\d{6}).*/, '$1-$2');
    assert.equal(name, `leads-${stamp}-${delivery._id.replace(':', '-')}.csv`);
    const [header, row] = text.split('\r\n');
    assert.equal(header, 'transaction_id,first_name,last_name,email,phone,address,city,state,zip');
    assert.match(String(row), new RegExp(`^${delivery.lead},Ada,"O""Hara, Jr",ada[^,]+,212\\d{7},,,NY,10001$`));
    assert.ok(!JSON.stringify(delivery.exchanges).includes(server.password));
  });

  it('has one file of a lead whose connection broke after it was there', async () => {
    server.trouble({ at: 'rename', breaks: true, does: true, once: true });
    const { body } = await deployment.post(aLead());
    assert.equal(body['outcome'], 'sold', JSON.stringify(body));
    const delivery = await deliveryOf(body['transaction_id']);
    assert.deepEqual([delivery?.state, delivery?.attempt], ['accepted', 2]);
    assert.equal(Object.keys(server.files()).length, 1);
    assert.equal(server.seen.filter((step) => step.startsWith('open')).length, 2);
  });

  it('has not bought what its server refuses', async () => {
    server.trouble({ at: 'open', status: STATUS.PERMISSION_DENIED });
    const refused = await deliveryOf((await deployment.post(aLead())).body['transaction_id']);
    assert.deepEqual([refused?.state, refused?.reason], ['rejected', 'rejected']);
    server.trouble({ at: 'write', status: STATUS.FAILURE });
    const full = await deliveryOf((await deployment.post(aLead())).body['transaction_id']);
    assert.deepEqual([full?.state, full?.reason], ['rejected', 'buyer_error']);
    assert.deepEqual(server.files(), {});
  });

  it('says which server is meant, in the form that is asked for', () => {
    const issues = (integration: Integration) => {
      const file = campaignFile('https://buyer.example', { buyers: ['alpha'], more: () => [integration] });
      const { issues: found } = checkConfiguration(file, { allowNetworks: ['127.0.0.0/8'] });
      return found.filter(({ severity }) => severity !== 'warning').map(({ path, code }) => `${path} ${code}`);
    };
    const { url, username } = onSftp().config as Record<string, string>;
    const at = 'integrations[1].config';
    assert.deepEqual(issues(onSftp()), []);
    assert.deepEqual(issues(onSftp({ config: { url, username } as never })), [`${at}.fingerprint missing`]);
    const wrong = { url: 'https://files.example/in', username, fingerprint: 'MD5:00' } as never;
    assert.deepEqual(issues(onSftp({ config: wrong })), [`${at}.fingerprint wrong_value`, `${at}.url wrong_value`]);
    const elsewhere = { request: { url: 'sftp://else.example/{{delivery.id}}' } } as unknown as Integration['post'];
    assert.deepEqual(issues(onSftp({ post: elsewhere })), ['integrations[1].post.request.url host_not_allowed']);
    const own = {
      request: {
        url: '{{config.url}}/{{lead.state}}_{{delivery.id}}.csv',
        csv: { columns: { city: null }, formulas: 'kept' },
      },
    };
    assert.deepEqual(issues(onSftp({ post: own as unknown as Integration['post'] })), []);
  });
});
