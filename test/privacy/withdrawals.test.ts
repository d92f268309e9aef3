import assert from 'node:assert/strict';
import mongoose from 'mongoose';
import type { FollowUpRecord } from '../../models/follow-up.ts';
import type { LeadRecord } from '../../models/lead.ts';
import type { WithdrawalRecord } from '../../models/withdrawal.ts';
import type { Integration } from '../../schema/integration.ts';
import type { Operation } from '../../schema/mapping.ts';
import { commandLine } from '../cli/command-line.ts';

import { plainHistory, readable } from '../histories/recorded.ts';
import { aLead, createDeployment, eventually, send, type Deployment } from '../leads/deployment.ts';
import { startReceiver, type Received, type Receiver, type Reply } from '../postbacks/receiver.ts';

type Body = Record<string, unknown>;

const PATIENCE_MS = 60_000;

describe('a lead that is withdrawn', function () {
  this.timeout(180_000);
  let deployment: Deployment;
  let receiver: Receiver;
  let url: string;
  let operator: string;
  let reply: (request: Received) => Reply;
  before(async () => {
    receiver = await startReceiver();
    const notice = (who: string, what: string): Operation => ({
      request: {
        url: `${receiver.url}/${who}/${what}`,
        json: { email: 'lead.email', id: 'delivery.lead_id', contact: 'lead.contact', why: 'event.reason' },
      },
      response: { accepted: 'status = 200', rejected: 'status = 400' },
    });
    const told = (who: string) => ({ revoke: notice(who, 'revoke'), erase: notice(who, 'erase') });
    const crm: Integration = {
      ...{ id: 'int_crm', campaign: 'cmp_test', category: 'CRM' },
      deliver: {
        request: { url: `${receiver.url}/crm/deliver`, json: { email: 'lead.email', phone: 'lead.phone' } },
        response: { accepted: 'status = 200', rejected: 'status = 400', capture: { contact: 'body.contact' } },
      },
      ...told('crm'),
    };
    deployment = await createDeployment({
      buyers: ['alpha', 'beta'],
      auction: { noBuyer: 'hold' },
      integrations: { alpha: told('alpha'), beta: told('beta') },
      more: () => [crm],
    });
    const file = await deployment.store.export();
    file.events = [{ id: 'called' }];
    await deployment.apply(file);
    ({ url } = await deployment.start());
    operator = (await deployment.keys.api.create({ kind: 'operator', mode: 'live', by: 'test' })).key;
  });
  after(async () => {
    await deployment.stop();
    await receiver.stop();
  });
  beforeEach(() => {
    receiver.clear();
    reply = () => ({ status: 200, headers: { 'content-type': 'application/json' }, body: '{"contact":"c-77"}' });
    receiver.answer((request) => reply(request));
    deployment.buyers.resetBehaviour();
    deployment.buyers.setBehaviour('alpha', { ping: { price: 9 } });
    deployment.buyers.setBehaviour('beta', { ping: { price: 5 } });
  });

  const posted = async (outcome: string, lead = aLead()) => {
    const { body } = await deployment.post(lead);
    assert.equal(body['outcome'], outcome, JSON.stringify(body));
    return String(body['transaction_id']);
  };
  const delivered = (id: string, state = 'done') =>
    eventually(async () => {
      const found = await deployment.models.followUps.findById(`${id}:int_crm`).lean<FollowUpRecord>();
      return found?.state === state && found;
    }, PATIENCE_MS);
  const revoke = (id: string, body: Body = {}, key = deployment.keys.live) =>
    send(`${url}/api/lead/${id}/revoke`, body, { 'x-api-key': key });
  const erase = async (id: string, key = operator) => {
    const answer = await fetch(`${url}/api/lead/${id}`, { method: 'DELETE', headers: { 'x-api-key': key } });
    return { status: answer.status, body: (await answer.json()) as Body };
  };
  const proof = (id: string, state = 'done') =>
    eventually(async () => {
      const found = await deployment.models.withdrawals.findById(id).lean<WithdrawalRecord>();
      return found?.state === state && found;
    }, PATIENCE_MS);
  const leadOf = async (id: string) => (await deployment.models.leads.findById(id).lean<LeadRecord>())!;
  const heard = (path: string) => receiver.received.filter((request) => request.url === path);
  const said = (path: string) => heard(path).map(({ body }) => JSON.parse(body) as Body);

  it('stays sold when its consent is revoked, and whoever got it is told', async () => {
    const id = await posted('sold');
    await delivered(id);
    const { fields } = await leadOf(id);
    const answer = await revoke(id, { reason: 'opt_out' });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    const shown = answer.body['revocation'] as Body;
    assert.deepEqual([shown['transaction_id'], shown['reason'], shown['told']], [id, 'opt_out', undefined]);
    const { told } = await proof(`${id}:revoke`);
    assert.deepEqual(told, [`${id}:int_alpha:revoke`, `${id}:int_crm:revoke`]);
    const { buyerLeadId } = (await deployment.models.deliveries.findById(`${id}:1`).lean())!;
    assert.deepEqual(said('/alpha/revoke'), [{ email: fields['email'], id: buyerLeadId, why: 'opt_out' }]);
    assert.deepEqual(said('/crm/revoke'), [{ email: fields['email'], contact: 'c-77', why: 'opt_out' }]);
    // It saw the ping and nothing of whose lead it is.
    assert.deepEqual(heard('/beta/revoke'), []);
    assert.equal((await leadOf(id)).outcome, 'sold');
    assert.equal((await revoke(id)).status, 200);
    const asOperator = (await revoke(id, {}, operator)).body['revocation'] as Body;
    assert.deepEqual([asOperator['state'], (asOperator['told'] as Body[]).length], ['done', 2]);
    assert.equal(heard('/crm/revoke').length, 1, 'told once');
    const audit = await commandLine(deployment.variables)(`audit --what lead --id ${id}`);
    assert.match(audit.out.join('\n'), /key:.*revoke.*opt_out/);
  });

  it('is offered to nobody any more when it was held, and the campaign goes on', async () => {
    for (const name of ['alpha', 'beta']) deployment.buyers.setBehaviour(name, { post: { mode: 'reject' } });
    const id = await posted('held');
    await revoke(id);
    await proof(`${id}:revoke`);
    const { outcome, reason } = await leadOf(id);
    assert.deepEqual([outcome, reason], ['cancelled', 'consent_revoked']);
    const { body } = await deployment.get(`/api/lead/${id}`);
    assert.deepEqual([body['outcome'], body['reason'], body['final']], ['cancelled', 'consent_revoked', true]);
    // Both were sent it.
    assert.deepEqual([heard('/alpha/revoke').length, heard('/beta/revoke').length], [1, 1]);
    deployment.buyers.resetBehaviour();
    await posted('sold');
  });

  it('goes to no further buyer when it is revoked while one has it', async () => {
    deployment.buyers.setBehaviour('alpha', { post: { mode: 'reject', delayMs: 1500 } });
    const posting = deployment.post(aLead());
    const id = await eventually(async () => {
      const open = await deployment.models.deliveries.findOne({ state: 'sending' }, { lead: 1 }).lean();
      return open?.lead;
    }, PATIENCE_MS);
    assert.equal((await revoke(id)).status, 200);
    assert.equal((await posting).body['outcome'], 'cancelled');
    await proof(`${id}:revoke`);
    assert.equal(await deployment.models.deliveries.countDocuments({ lead: id }), 1);
    assert.deepEqual([heard('/alpha/revoke').length, heard('/beta/revoke').length], [1, 0]);
  });

  it('is not delivered to a CRM that could not take it yet', async () => {
    reply = ({ url: path }) => ({ status: path === '/crm/deliver' ? 503 : 200 });
    const id = await posted('sold');
    await eventually(async () => heard('/crm/deliver').length > 0, PATIENCE_MS);
    await revoke(id);
    const { reason } = await delivered(id, 'skipped');
    assert.equal(reason, 'consent_revoked');
    await proof(`${id}:revoke`);
    // It may have understood what it did not answer.
    assert.equal(heard('/crm/revoke').length, 1);
    assert.equal(heard('/crm/deliver').length, 1);
  });

  it('keeps nothing of its person when it is erased, and who got it is told whose data it is', async () => {
    const traces = ['Ernestine', 'Quackenbush', 'ernestine.q@example.com', '2125559377', '555-9377'];
    const [first_name, last_name, email] = traces;
    const key = { 'idempotency-key': 'order-1' };
    const lead = aLead({ first_name, last_name, email, phone: '212-555-9377', sub1: 'Quackenbush-77' });
    const { body } = await deployment.post(lead, key);
    const id = String(body['transaction_id']);
    await delivered(id);
    const event = { cid: 'cmp_test', event_id: 'called', transaction_id: id };
    const fired = await send(`${url}/api/event/trigger`, { ...event, last_name, note: email }, {});
    assert.equal(fired.status, 200, JSON.stringify(fired.body));
    let refusals = 1;
    reply = ({ url: path }) => ({ status: path === '/crm/erase' && refusals-- > 0 ? 503 : 200 });

    const { status, body: answered } = await erase(id);
    assert.equal(status, 200, JSON.stringify(answered));
    const { told, blanked = {}, blankedAt, sealed } = await proof(`${id}:erase`);
    assert.deepEqual(told, [`${id}:int_alpha:erase`, `${id}:int_crm:erase`]);
    assert.ok(blankedAt && sealed === undefined);
    for (const name of ['leads', 'auctions', 'deliveries', 'follow_ups', 'events', 'idempotency']) {
      assert.ok((blanked[name] ?? 0) > 0, `${name}: ${JSON.stringify(blanked)}`);
    }
    const { buyerLeadId, price } = (await deployment.models.deliveries.findById(`${id}:1`).lean())!;
    assert.deepEqual(said('/alpha/erase'), [{ email, id: buyerLeadId }]);
    assert.deepEqual(said('/crm/erase'), Array(2).fill({ email, contact: 'c-77' }));
    assert.ok((price ?? 0) > 0 && (await leadOf(id)).sales.length === 1, 'what was sold for how much stays');

    for (const [collection, text] of await everything(deployment)) {
      for (const trace of traces) assert.ok(!text.includes(trace.toLowerCase()), `${trace} is in ${collection}`);
    }
    for (const workflow of [id, `${id}/erase`, `${id}/int_crm/erase`, `${id}/int_crm`]) {
      const handle = deployment.client.workflow.getHandle(workflow);
      const text = readable(plainHistory(await handle.fetchHistory())).toLowerCase();
      for (const trace of traces) assert.ok(!text.includes(trace.toLowerCase()), `${trace} is in ${workflow}`);
    }

    // Nothing comes in again: no event, no second lead under its key, no delivery.
    assert.equal((await send(`${url}/api/event/trigger`, event, {})).body['code'], 'event_transaction_invalid');
    assert.equal((await deployment.post(lead, key)).body['code'], 'idempotency_key_reused');
    const run = commandLine(deployment.variables);
    const shown = await run(`erase ${id} --by maria`);
    assert.match(shown.out.join('\n'), /state +done/);
    assert.match((await run(`lead ${id} --show-values`)).out.join('\n'), /erased +20/);
  });

  it('can be a visit or a ping without a lead', async () => {
    const visit = new URLSearchParams({ pid: 'src_one', format: 'json', sub1: 'visitor-9' });
    const click = (await (await fetch(`${url}/click/cmp_test?${visit}`)).json()) as Body;
    const ping = await send(`${url}/api/ping/cmp_test`, aLead(), { 'x-api-key': deployment.keys.live });
    const pinged = `txn_${String(ping.body['ping_id']).slice('png_'.length)}`;
    const run = commandLine(deployment.variables);
    for (const id of [String(click['transaction_id']), pinged]) {
      assert.equal((await run(`erase ${id} --by maria --reason request`)).code, 0);
    }
    for (const id of [String(click['transaction_id']), pinged]) {
      assert.equal((await proof(`${id}:erase`)).why, 'request');
    }
    assert.deepEqual((await deployment.models.clicks.findById(click['transaction_id']).lean())?.tracking, {});
    assert.deepEqual((await deployment.models.pings.findById(ping.body['ping_id']).lean())?.fields, {});
    const late = { ...aLead(), ping_id: ping.body['ping_id'] };
    const refused = await send(`${url}/api/post/cmp_test`, late, { 'x-api-key': deployment.keys.live });
    assert.ok(refused.status >= 400, JSON.stringify(refused.body));
  });

  it('has to be there, and one’s own', async () => {
    const { order, api } = deployment.keys;
    const stranger = (await api.create({ ...order, source: 'src_elsewhere' })).key;
    const sandbox = (await api.create({ kind: 'operator', mode: 'test', by: 'test' })).key;
    const id = await posted('sold');
    const code = ({ status, body }: { status: number; body: Body }) => [status, body['code']];
    assert.deepEqual(code(await revoke(id, {}, stranger)), [404, 'unknown_lead']);
    assert.deepEqual(code(await revoke(id, { reason: 'No Code' })), [400, 'invalid_body']);
    assert.deepEqual(code(await erase(id, sandbox)), [404, 'unknown_lead']);
    assert.deepEqual(code(await erase(id, deployment.keys.live)), [403, 'key_not_allowed']);
    assert.equal((await leadOf(id)).revokedAt, undefined);
    const run = commandLine(deployment.variables);
    assert.match((await run('revoke txn_none --by maria')).err.join(), /unknown_lead/);
  });
});

/** Every document of the deployment as lower case text, by its collection. Sealed values are not text. */
async function everything({ name, variables }: Deployment): Promise<[string, string][]> {
  const connection = await mongoose.createConnection(variables.MONGODB_URI, { dbName: name }).asPromise();
  try {
    const collections = await connection.db!.listCollections({}, { nameOnly: true }).toArray();
    return await Promise.all(
      collections.map(async ({ name: collection }): Promise<[string, string]> => {
        const documents = await connection.db!.collection(collection).find().toArray();
        return [collection, JSON.stringify(documents).toLowerCase()];
      }),
    );
  } finally {
    await connection.close();
  }
}
