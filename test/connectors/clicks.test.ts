import assert from 'node:assert/strict';
import { builtInConnectors } from '../../config/connectors/catalog.ts';
import { createOutbound, type Outbound } from '../../http/outbound.ts';
import { mergeOperation } from '../../rules/connector/merge.ts';
import { toDecimal } from '../../rules/money.ts';
import type { Connector } from '../../schema/connector.ts';
import { compileConnector } from '../../sdk/index.ts';
import { NETWORKS, startVendors, type Vendors } from './vendors.ts';

describe('click networks on built-in connectors', () => {
  let vendors: Vendors;
  let outbound: Outbound;

  before(async () => {
    vendors = await startVendors(NETWORKS);
    outbound = createOutbound({ allowNetworks: ['127.0.0.0/8'] });
  });
  after(async () => {
    await outbound.close();
    await vendors.stop();
  });

  /** Asks the simulated network of that name what it offers for a lead. */
  async function offers(
    name: string,
    values: { config: Record<string, unknown>; secrets: Record<string, string> },
    lead: Record<string, unknown>,
  ) {
    const connector = builtInConnectors().find(name);
    assert.ok(connector);
    const path = new URL(connector.operations.click?.request?.url ?? '').pathname;
    const click = mergeOperation(connector.operations.click as never, {
      request: { url: `${vendors.url}/${name}${path}` },
    });
    const here = { ...connector, hosts: [...connector.hosts, vendors.host], operations: { click } } as Connector;
    const run = compileConnector(here, values);
    const operation = run.operation('click');
    const context = run.context({ lead });
    assert.ok(operation);
    const { url, headers } = await operation.render(context);
    const answer = await outbound.send({ method: 'GET', url, headers, timeoutMs: 10_000 });
    assert.equal(answer.kind, 'response');
    const { outcome, bids } = await operation.interpret(answer as never, context);
    return {
      outcome,
      offers: bids.map(({ price, private: kept }) => [toDecimal(price), kept['url']]),
    };
  }

  const talroo = { config: { publisher_id: '4711', keywords: 'nurse' }, secrets: { pass: 'talroo-pass' } };
  const zeropark = { config: { domain: 'shop.example', brand: 'brand.example' }, secrets: { feed_id: 'a-feed' } };
  const visitor = { zip: '10001', ip_address: '203.0.113.9', user_agent: 'Mozilla/5.0' };

  it('gives the jobs of Talroo that pay, in dollars', async () => {
    assert.deepEqual(await offers('talroo', talroo, visitor), {
      outcome: 'accepted',
      offers: [
        [0.12, 'https://www.jobs2careers.com/click.php?id=1.4711'],
        [0.45, 'https://www.jobs2careers.com/click.php?id=2.4711'],
      ],
    });
    assert.deepEqual(await offers('talroo', talroo, { ...visitor, zip: '99999' }), { outcome: 'rejected', offers: [] });
    const wrong = { ...talroo, secrets: { pass: 'another' } };
    assert.deepEqual(await offers('talroo', wrong, visitor), { outcome: 'error', offers: [] });
  });

  it('gives the one offer of Zeropark, or none', async () => {
    assert.deepEqual(await offers('zeropark', zeropark, visitor), {
      outcome: 'accepted',
      offers: [[0.0815, 'https://zi1.zeroredirect1.com/zcvisitor/8a80']],
    });
    assert.deepEqual(await offers('zeropark', zeropark, { zip: '10001' }), { outcome: 'rejected', offers: [] });
  });
});
