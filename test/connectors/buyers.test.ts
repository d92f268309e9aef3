import assert from 'node:assert/strict';
import { askOnce } from '../../activities/delivery/resolve.ts';
import type { Integration } from '../../schema/integration.ts';
import { createCaller } from '../delivery/caller.ts';
import { aLead, createDeployment, eventually, send, type Deployment } from '../leads/deployment.ts';

type Part = 'ping' | 'post';
interface Sold {
  connector: string;
  /** The simulated buyer's format. */
  format: string;
  config?: Record<string, string | number>;
  secret?: string;
  /** Its requests' bodies. */
  body: 'form' | 'json';
  /** Where it stands in for a service with an address of its own: the path of each request. */
  paths?: Partial<Record<Part, string>>;
  /** Sells at that price, without a ping. */
  price?: number;
  /** Post fields that a sale has to have. */
  fields: string[];
}

const connectors: Sold[] = [
  ...[
    { connector: 'boberdoo', fields: ['Lead_ID', 'Primary_Phone'] },
    { connector: 'boberdoo-full', price: 5, fields: ['Mode', 'Primary_Phone'] },
  ].map((each) => ({
    ...each,
    ...{ format: 'boberdoo', config: { type: '19', src: 'LW' }, secret: 'key', body: 'form' as const },
  })),
  ...[
    { connector: 'phonexa', fields: ['promise', 'cellPhone'] },
    { connector: 'phonexa-direct', price: 5, fields: ['productId', 'cellPhone'] },
  ].map((each) => ({
    ...each,
    ...{ format: 'phonexa', config: { api_id: 'A1', product_id: 7 }, secret: 'api_password', body: 'json' as const },
  })),
  ...[
    { connector: 'leadspedia', fields: ['lp_ping_id', 'phone_home'] },
    { connector: 'leadspedia-direct', price: 5, fields: ['lp_campaign_key', 'phone_home'] },
  ].map((each) => ({
    ...each,
    ...{ format: 'leadspedia', config: { campaign_id: '6398' }, secret: 'campaign_key', body: 'form' as const },
  })),
  ...[
    { connector: 'leadprosper', paths: { ping: 'ping', post: 'post' }, fields: ['lp_ping_id', 'phone'] },
    { connector: 'leadprosper-direct', paths: { post: 'direct_post' }, price: 5, fields: ['lp_key', 'phone'] },
  ].map((each) => ({
    ...each,
    ...{ format: 'leadprosper', config: { campaign_id: '1', supplier_id: '2' }, secret: 'key', body: 'json' as const },
  })),
  ...[
    { connector: 'leadconduit', paths: { ping: 'ping', post: 'submit' }, fields: ['phone_1', 'postal_code'] },
    { connector: 'leadconduit-direct', paths: { post: 'submit' }, price: 5, fields: ['phone_1', 'postal_code'] },
  ].map((each) => ({
    ...each,
    format: 'leadconduit',
    config: { flow_id: '541c67415fc1e8567ac27304', source_id: '5329b168df597ffadc000003' },
    body: 'form' as const,
  })),
  {
    connector: 'px',
    format: 'px',
    config: { vertical: 'auto' },
    secret: 'api_token',
    body: 'json',
    paths: { ping: 'ping', post: 'post' },
    fields: ['TransactionId', 'ContactData.PhoneNumber'],
  },
  {
    connector: 'ringba-rtb',
    format: 'ringba',
    config: { rtb_id: '1c22a98c' },
    body: 'json',
    paths: { ping: '{{config.rtb_id}}.json', post: '{{config.rtb_id}}.json' },
    fields: ['CID', 'zipcode'],
  },
  {
    connector: 'leadbyte',
    format: 'leadbyte',
    config: { campaign: 'AUTO', supplier: '1' },
    body: 'form',
    price: 5,
    fields: ['campid', 'phone1'],
  },
  {
    connector: 'leadexec',
    format: 'leadexec',
    config: { vendor_id: 1, lead_type: 2, campaign_id: 3 },
    body: 'form',
    paths: { post: 'general' },
    price: 5,
    fields: ['VID', 'Phone'],
  },
  {
    connector: 'cake',
    format: 'cake',
    config: { campaign_id: 3870 },
    secret: 'key',
    body: 'form',
    price: 5,
    fields: ['ckm_key', 'phone'],
  },
];

const idOf = (connector: string) => `int_${connector.replaceAll('-', '_')}`;

/** A buyer on the connector that wants only the leads of one age, so that each lead is for one of them. */
function buyerOn({ connector, format, config, body, paths, price }: Sold, age: number, base: string): Integration {
  const at = `${base}/${format}/${connector}`;
  const operation = (part: Part) => ({
    request: { [body]: { ref: 'lead.transaction_id' }, ...(paths && { url: `${at}/${paths[part] ?? ''}` }) },
  });
  return {
    id: idOf(connector),
    campaign: 'cmp_test',
    buyer: 'buy_alpha',
    category: 'Buyer',
    connector,
    config: { ...(paths ? {} : { url: at }), ...config },
    ...(paths && { hosts: [new URL(base).host] }),
    rule: { '==': [{ var: 'lead.age' }, age] },
    ...(price === undefined ? { ping: operation('ping') } : { price }),
    post: operation('post'),
  } as unknown as Integration;
}

describe('buyers on each connector', function () {
  this.timeout(60_000);
  let deployment: Deployment;
  const ageOf = (sold: Sold) => 20 + connectors.indexOf(sold);

  before(async () => {
    deployment = await createDeployment({
      buyers: ['alpha'],
      integrations: { alpha: { paused: true } },
      auction: { pingTimeoutMs: 8000, deadlineMs: 30_000 },
      more: (base) => connectors.map((sold) => buyerOn(sold, ageOf(sold), base)),
    });
    for (const { connector, secret } of connectors) {
      if (secret) await deployment.secrets.set(idOf(connector), secret, 'a-sample-credential', 'test');
    }
    await deployment.start();
  });
  after(() => deployment.stop());

  for (const sold of connectors) {
    it(`sell a lead: ${sold.connector}`, async () => {
      const answer = await deployment.post(aLead({ age: ageOf(sold) }));
      assert.equal(answer.body['outcome'], 'sold', JSON.stringify(answer.body));
      const ref = String(answer.body['transaction_id']);
      const entries = deployment.buyers.log({ buyer: sold.connector, ref });
      assert.deepEqual(
        entries.map(({ op, decision }) => `${op} ${decision}`),
        sold.price === undefined ? ['ping accepted', 'post accepted'] : ['post accepted'],
      );
      const post = entries.at(-1);
      for (const field of sold.fields) assert.ok(post?.fields.includes(field), `${field} is not in ${post?.fields}`);
      const ping = sold.price === undefined ? (entries[0]?.fields ?? []) : [];
      assert.deepEqual(
        ping.filter((name) => /phone|email|name|cid$/i.test(name)),
        [],
        'a ping says nothing of the person',
      );
      // LeadByte names no price, so that its configured one stands; all others say what they pay.
      const delivery = await deployment.models.deliveries.findOne({ _id: new RegExp(`^${ref}`) }).lean();
      const price = sold.connector === 'leadbyte' ? 5 : Number(post?.price);
      assert.equal(delivery?.price ?? delivery?.bid.price, Math.round(price * 1_000_000));
      assert.ok(delivery?.buyerLeadId, 'the buyer gave the lead an id');
    });
  }

  it('say what became of a lead that was in progress: phonexa', async () => {
    const sold = connectors.find(({ connector }) => connector === 'phonexa')!;
    deployment.buyers.setBehaviour('phonexa', { post: { mode: 'pending' } });
    const { body } = await deployment.post(aLead({ age: ageOf(sold) }));
    const ref = String(body['transaction_id']);
    const read = async () => deployment.models.deliveries.findOne({ _id: new RegExp(`^${ref}`) }).lean();
    const waiting = await read();
    assert.equal(waiting?.state, 'pending', JSON.stringify(body));
    assert.ok(waiting.buyerLeadId);

    const caller = await createCaller(deployment);
    try {
      const lead = await deployment.models.leads.findById(ref).lean();
      assert.ok(lead);
      const subject = await caller.subjectAt(lead, 'int_phonexa');
      assert.equal((await askOnce(caller.deps, subject, waiting)).state, 'pending');
      // Meanwhile the buyer sells it on.
      deployment.buyers.resetBehaviour('phonexa');
      await send(`${deployment.buyers.url}/phonexa/phonexa/post/`, { ref }, {});
      const settled = await eventually(async () => {
        const now = await read();
        return now && (await askOnce(caller.deps, subject, now)).state === 'accepted' && (await read());
      });
      assert.equal(settled?.state, 'accepted');
    } finally {
      await caller.stop();
    }
  });

  it('take a no for a no', async () => {
    for (const sold of connectors) {
      deployment.buyers.setBehaviour(sold.connector, { post: { mode: 'reject', reason: 'Not today' } });
    }
    const answers = await Promise.all(connectors.map((sold) => deployment.post(aLead({ age: ageOf(sold) }))));
    for (const [at, { connector }] of connectors.entries()) {
      const { body } = answers[at]!;
      const delivery = await deployment.models.deliveries
        .findOne({ _id: new RegExp(`^${String(body['transaction_id'])}`) })
        .lean();
      assert.deepEqual([delivery?.state, delivery?.reason], ['rejected', 'rejected'], connector);
    }
    deployment.buyers.resetBehaviour();
  });
});
