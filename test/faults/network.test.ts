import assert from 'node:assert/strict';
import { aLead, createDeployment, eventually, type Deployment } from '../leads/deployment.ts';
import { startLossyProxy, type LossyProxy } from './lossy-proxy.ts';

describe('a network that loses the answer to a write', () => {
  let deployment: Deployment;
  let proxy: LossyProxy;
  before(async () => {
    const real = new URL(process.env['MONGODB_URI'] ?? '');
    proxy = await startLossyProxy({ host: real.hostname, port: Number(real.port) });
    const through = new URL(real);
    through.port = String(proxy.port);
    deployment = await createDeployment({
      buyers: ['alpha', 'beta'],
      integrations: { alpha: { caps: [{ count: 'accepted', max: 100, per: 'day' }] } },
      dedupe: { fields: ['phone'], withinDays: 1 },
    });
    deployment.buyers.setBehaviour('alpha', { ping: { price: 9 } });
    deployment.buyers.setBehaviour('beta', { ping: { price: 5 } });
    await deployment.start({ mongodbUri: through.href });
  });
  after(async () => {
    await deployment.stop();
    await proxy.stop();
  });

  const writes: [string, string[]][] = [
    ['the claim', ['insert', 'claims']],
    ['the outbox row', ['insert', 'outbox']],
    ['the lead', ['insert', 'leads']],
    ['the auction', ['insert', 'auctions']],
    ['the reserving delivery', ['insert', 'deliveries']],
    ['the cap place', ['update', 'caps', '$push']],
    ['the fence', ['findAndModify', 'deliveries', 'sending']],
    ['the accept', ['findAndModify', 'deliveries', 'accepted']],
    ['the settled place', ['update', 'caps', '$pull']],
    ['the ledger row', ['insert', 'ledger']],
    ['the conclusion', ['update', 'leads', 'concluded']],
  ];
  for (const [name, texts] of writes) {
    it(`makes one sale and one ledger row when it loses that of ${name}`, async () => {
      const lost = proxy.lost();
      proxy.loseAnswerTo(...texts);
      const { body } = await deployment.post(aLead());
      assert.equal(proxy.lost(), lost + 1, 'the write was not seen');
      const id = String(body['transaction_id']);
      await eventually(async () => (await deployment.models.leads.findById(id).lean())?.outcome === 'sold');
      assert.deepEqual(deployment.buyers.accepted()[id], ['alpha']);
      assert.equal(await deployment.models.ledger.countDocuments({ lead: id }), 1);
      // What the server did carry out is found: no further round is needed.
      assert.equal(await deployment.models.deliveries.countDocuments({ lead: id }), 1);
      const windows = await deployment.models.caps.find().lean();
      const sold = Object.keys(deployment.buyers.accepted()).length;
      assert.deepEqual(
        windows.map(({ n, open }) => [n, open]),
        [[sold, []]],
      );
    });
  }
});
