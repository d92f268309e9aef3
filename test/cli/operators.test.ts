import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { aLead, createDeployment, eventually, type Deployment } from '../leads/deployment.ts';
import { createConfigurationModels } from '../../config/models.ts';
import { connectMongo } from '../../models/connection.ts';
import { commandLine, type Ran } from './command-line.ts';

const BIN = fileURLToPath(new URL('../../cli/leadwire.js', import.meta.url));

describe('the command line of an operator', () => {
  let deployment: Deployment;
  let leadwire: (argv: string) => Promise<Ran>;

  before(async () => {
    const never = { '==': [{ var: 'lead.state' }, 'CA'] };
    deployment = await createDeployment({
      buyers: ['alpha', 'beta', 'gamma'],
      integrations: { gamma: { rule: never } },
      more: (base) => [
        {
          id: 'int_crm',
          campaign: 'cmp_test',
          category: 'CRM',
          deliver: {
            request: { url: `${base}/crm/leads`, json: { ref: 'lead.transaction_id', email: 'lead.email' } },
            response: { accepted: 'status < 300' },
          },
        },
      ],
    });
    await deployment.start();
    leadwire = commandLine(deployment.variables);
  });
  after(() => deployment.stop());
  beforeEach(() => {
    deployment.buyers.resetBehaviour();
    deployment.buyers.setBehaviour('beta', { ping: { price: 4 } });
  });

  /** Posts a lead whose best bidder, alpha, treats the post as told. */
  async function leadWith(
    post: Parameters<Deployment['buyers']['setBehaviour']>[1]['post'],
    changes: Record<string, unknown> = {},
  ): Promise<string> {
    deployment.buyers.setBehaviour('alpha', { ping: { price: 9 }, post });
    const { body } = await deployment.post(aLead(changes));
    return String(body['transaction_id']);
  }
  const ambiguous = () => leadWith({ mode: 'reset', acceptsAnyway: true });
  const outcome = (id: string, wanted: string) =>
    eventually(async () => {
      const lead = await deployment.models.leads.findById(id).lean();
      return lead?.outcome === wanted && lead;
    });

  /** The lead's continuation has looked at it and waits: it takes what the command leaves behind to wake it. */
  const continuationWaits = (id: string) =>
    eventually(async () => {
      const { events = [] } = await deployment.client.workflow
        .getHandle(`${id}/resume`)
        .fetchHistory()
        .catch(() => ({ events: [] }));
      return events?.some((event) => event.timerStartedEventAttributes);
    });

  it('lists the open deliveries by state', async () => {
    const unknown = await ambiguous();
    const pending = await leadWith({ mode: 'pending' });
    const both = await leadwire('deliveries');
    assert.equal(both.code, 0, both.err.join('\n'));
    const line = both.out.find((text) => text.startsWith(`${unknown}:1`)) ?? '';
    assert.match(line, /^\S+ {2}unknown {2}int_alpha {4}buy_alpha {2}9\.00 {3}\d{4}-\S+Z {2}\d{4}-\S+Z$/);
    assert.ok(both.out.some((text) => text.startsWith(`${pending}:1  pending`)));
    const { out } = await leadwire('deliveries --state pending');
    assert.ok(out.some((text) => text.startsWith(pending)));
    assert.ok(!out.some((text) => text.startsWith(unknown)));
    const one = await leadwire('deliveries --limit 1');
    assert.equal(one.out.length, 2);
    assert.match(one.err.join(), /more than 1/);
    assert.equal((await leadwire('deliveries --state sold')).code, 1);
    assert.equal((await leadwire('deliveries --limit x')).code, 1);
  });

  it('settles an unknown delivery as sold, at the price given; a running node concludes the lead', async () => {
    const id = await ambiguous();
    await continuationWaits(id);
    const { code, out, err } = await leadwire(`settle ${id}:1 accepted --price 12.50 --by Grace`);
    assert.equal(code, 0, err.join('\n'));
    assert.match(out.join('\n'), new RegExp(`^${id}:1 is accepted at 12\\.50`));
    const lead = await outcome(id, 'sold');
    assert.deepEqual(
      lead.sales.map(({ buyer, price }) => [buyer, price]),
      [['buy_alpha', 12_500_000]],
    );
    assert.equal((await deployment.models.ledger.findById(`${id}:1:sale`).lean())?.amount, 12_500_000);
  });

  it('settles a pending delivery as rejected; the lead goes on to the next bidder', async () => {
    const id = await leadWith({ mode: 'pending' });
    await continuationWaits(id);
    assert.equal((await leadwire(`settle ${id}:1 rejected --by Grace`)).code, 0);
    const lead = await outcome(id, 'sold');
    assert.deepEqual(
      lead.sales.map(({ buyer, price }) => [buyer, price]),
      [['buy_beta', 4_000_000]],
    );
  });

  it('says that a repetition changed nothing, and refuses a contradiction', async () => {
    const id = await ambiguous();
    await leadwire(`settle ${id}:1 accepted --by Grace`);
    const again = await leadwire(`settle ${id}:1 accepted --by Grace`);
    assert.deepEqual([again.code, again.out], [0, [`${id}:1 was accepted already; nothing changed`]]);
    const other = await leadwire(`settle ${id}:1 rejected --by Hopper`);
    assert.equal(other.code, 1);
    assert.deepEqual(other.err, [
      'The delivery has already settled otherwise; the conflict was recorded (delivery_conflict)',
    ]);
    const delivery = await deployment.models.deliveries.findById(`${id}:1`).lean();
    assert.deepEqual([delivery?.state, delivery?.conflicts.map(({ by }) => by)], ['accepted', ['Hopper']]);
    const { out } = await leadwire(`lead ${id}`);
    assert.match(out.join('\n'), /conflict: Hopper said rejected/);
  });

  it('refuses what is no delivery, still being sent, or no price, and leaves nothing behind', async () => {
    const id = await ambiguous();
    const rows = await deployment.models.outbox.countDocuments({ lead: 'txn_none' });
    const none = await leadwire('settle txn_none:1 accepted --by Grace');
    assert.deepEqual([none.code, none.err], [1, ['No delivery has this id (unknown_delivery)']]);
    assert.equal(await deployment.models.outbox.countDocuments({ lead: 'txn_none' }), rows);
    for (const [line, wanted] of [
      [`settle ${id}:1 accepted --price 12,50 --by Grace`, /--price 12,50 is no price/],
      [`settle ${id}:1 accepted --price -1 --by Grace`, /--price -1 is no price/],
      [`settle ${id}:1 rejected --price 3 --by Grace`, /leave --price out/],
      [`settle ${id}:1 sold --by Grace`, /Allowed choices are accepted, rejected/],
      [`settle ${id}:1 accepted`, /--by <name>/],
    ] as const) {
      const { code, err } = await leadwire(line);
      assert.equal(code, 1, line);
      assert.match(err.join('\n'), wanted);
    }
    await deployment.models.deliveries.updateOne({ _id: `${id}:1` }, { $set: { state: 'sending' } });
    const sending = await leadwire(`settle ${id}:1 accepted --by Grace`);
    assert.equal(sending.code, 1);
    assert.match(sending.err.join('\n'), /is sending: its buyer may still answer/);
  });

  it('puts who decided what about which delivery into the audit log', async () => {
    const id = await ambiguous();
    await leadwire(`settle ${id}:1 accepted --by Grace`);
    await leadwire(`settle ${id}:1 rejected --by Hopper`);
    const connection = await connectMongo({
      uri: deployment.variables.MONGODB_URI,
      database: deployment.variables.LEADWIRE_DATABASE,
    });
    try {
      const { audit } = createConfigurationModels(connection);
      const found = await audit.find({ what: 'delivery' }).lean();
      const entries = found
        .filter(({ changes }) => changes.some((change) => change.id === `${id}:1`))
        .sort((a, b) => a.at.getTime() - b.at.getTime());
      assert.deepEqual(
        entries.map(({ changes }) => changes),
        [
          [{ kind: 'accepted', collection: 'deliveries', id: `${id}:1` }],
          [{ kind: 'rejected (conflict)', collection: 'deliveries', id: `${id}:1` }],
        ],
      );
      assert.match(entries[0]?.who ?? '', /^Grace \(cli:\w+\)$/);
    } finally {
      await connection.close();
    }
  });

  it('tells what happened to a lead, and why', async () => {
    const id = await leadWith({ mode: 'reject' });
    await eventually(() => deployment.models.followUps.findOne({ lead: id, state: 'done' }).lean());
    const { code, out, err } = await leadwire(`lead ${id}`);
    assert.equal(code, 0, err.join('\n'));
    const text = out.join('\n');
    assert.match(text, new RegExp(`^${id} sold for 4\\.00\\n`));
    assert.match(text, /^ {2}campaign {3}cmp_test, configuration 1$/m);
    assert.match(text, /^ {2}sold to {4}buy_beta for 4\.00$/m);
    assert.match(text, /^ {2}int_alpha {2}buy_alpha {2}bid 9\.00, rank 1: ahead by price +\d+ ms$/m);
    assert.match(text, /^ {2}int_beta {3}buy_beta {3}bid 4\.00, rank 2: behind by price +\d+ ms$/m);
    assert.match(text, /^ {2}int_gamma {2}buy_gamma {2}not asked: rule .*operator ==/m);
    assert.match(text, /^ {2}1 {2}int_alpha {2}buy_alpha {2}rejected {2}9\.00 .*after \d+\.\d\d s$/m);
    assert.match(text, /^ {2}2 {2}int_beta {3}buy_beta {3}accepted {2}4\.00 .*after \d+\.\d\d s$/m);
    assert.match(text, /^After the outcome\n {2}int_crm {2}done {2}accepted {2}1 attempt {2}after/m);
  });

  it('names an open delivery and when it settles', async () => {
    const id = await ambiguous();
    const text = (await leadwire(`lead ${id}`)).out.join('\n');
    assert.match(text, new RegExp(`^${id} unknown \\(ambiguous_post\\)`));
    assert.match(text, new RegExp(`^ {2}id +${id}:1\\n {2}settles at +\\d{4}-`, 'm'));
  });

  it('shows personal values only when asked to, and the buyer token never', async () => {
    const email = `seen-${Date.now()}@example.com`;
    const id = await leadWith({ mode: 'reject', reason: `we know ${email}` }, { email, last_name: 'Byron' });
    const token = (await deployment.models.deliveries.findById(`${id}:1`).lean())?.token ?? '';
    assert.ok(token.length > 16);
    for (const line of [`lead ${id}`, `lead ${id} --json`]) {
      const hidden = (await leadwire(line)).out.join('\n');
      for (const value of [email, 'Byron', '10001', token]) assert.ok(!hidden.includes(value), `${line}: ${value}`);
      const shown = (await leadwire(`${line} --show-values`)).out.join('\n');
      for (const value of [email, 'Byron', '10001']) assert.ok(shown.includes(value), `${line}: ${value}`);
      assert.ok(!shown.includes(token));
    }
    const records = JSON.parse((await leadwire(`lead ${id} --json`)).out.join('\n')) as Record<string, unknown[]>;
    assert.deepEqual(Object.keys(records), ['lead', 'auctions', 'deliveries', 'followUps', 'postbacks', 'ledger']);
    assert.equal(records['deliveries']?.length, 2);
  });

  it('prints nothing that a terminal would take for a command', async () => {
    const id = await leadWith({ mode: 'reject', reason: 'no\u001b[2J\nthanks\u009b' });
    const { out } = await leadwire(`lead ${id} --show-values`);
    assert.ok(out.some((line) => line.includes('\\u001b[2J')));
    assert.ok(!/[^\P{Cc}]/u.test(out.join('')));
  });

  it('knows no other lead', async () => {
    const { code, err } = await leadwire('lead txn_none');
    assert.deepEqual([code, err], [1, ['No lead has this transaction id (unknown_lead)']]);
  });

  it('runs a node on the servers that are named, until it is told to stop', async () => {
    const env = { ...process.env, ...deployment.variables, LEADWIRE_LOG_LEVEL: 'info' };
    const node = spawn(process.execPath, [BIN, 'node'], { env });
    const ended = once(node, 'exit');
    let log = '';
    node.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
    try {
      const url = await eventually(() => Promise.resolve(/"url":"([^"]+)","msg":"ready"/.exec(log)?.[1]));
      assert.equal((await fetch(`${url}/readyz`)).status, 200);
      node.kill('SIGTERM');
      assert.deepEqual(await ended, [0, null]);
      assert.match(log, /"signal":"SIGTERM","msg":"stopping"/);
    } finally {
      node.kill('SIGKILL');
    }
  });

  it('runs no node without them', async () => {
    const env = { ...process.env, MONGODB_URI: '', TEMPORAL_ADDRESS: '127.0.0.1:1' };
    await assert.rejects(promisify(execFile)(process.execPath, [BIN, 'node'], { env }), {
      code: 1,
      stderr: 'Set MONGODB_URI and TEMPORAL_ADDRESS (invalid_configuration)\n',
    });
  });
});
