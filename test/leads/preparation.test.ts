import assert from 'node:assert/strict';
import type { Integration } from '../../schema/integration.ts';
import { aLead, createDeployment, eventually, type Deployment } from './deployment.ts';

const services = (base: string): Integration[] => [
  {
    id: 'int_line_type',
    campaign: 'cmp_test',
    category: 'Enrichment',
    enrich: {
      request: {
        url: `${base}/enrich`,
        testUrl: `${base}/sandbox/enrich`,
        json: { phone: 'lead.phone', ref: 'lead.transaction_id' },
        timeoutMs: 500,
      },
      response: { accepted: '$exists(body.line_type)', capture: { line_type: 'body.line_type' } },
    },
  },
  {
    id: 'int_suppression',
    campaign: 'cmp_test',
    category: 'Compliance',
    after: ['int_line_type'],
    check: {
      request: {
        method: 'GET',
        url: `${base}/compliance/lookup`,
        testUrl: `${base}/sandbox/compliance/lookup`,
        query: {
          phone: { field: 'lead.phone', format: 'national' },
          line: 'lead.line_type',
          ref: 'lead.transaction_id',
        },
        timeoutMs: 500,
      },
      response: { error: 'status >= 400', rejected: 'body.results > 0', accepted: { 'body.status': 'success' } },
    },
  },
];

describe('preparation', () => {
  let deployment: Deployment;
  before(async () => {
    deployment = await createDeployment({ buyers: ['alpha'], more: services });
    const file = await deployment.store.export();
    const alpha = file.integrations?.find(({ id }) => id === 'int_alpha');
    assert.ok(alpha?.ping);
    alpha.ping.request.json = { ...alpha.ping.request.json, line_type: 'lead.line_type' };
    await deployment.apply(file);
    await deployment.start();
  });
  after(() => deployment.stop());
  beforeEach(() => {
    deployment.buyers.resetBehaviour();
    deployment.buyers.clear();
  });

  it('joins what an enrichment captured to the lead, for later checks and the ping', async () => {
    const { body } = await deployment.post(aLead());
    assert.equal(body['outcome'], 'sold');
    const [ping] = deployment.buyers.log({ op: 'ping' });
    assert.ok(ping?.fields.includes('line_type'));
    const auction = await deployment.models.auctions.findById(`${String(body['transaction_id'])}:1`).lean();
    assert.equal(typeof auction?.captured['line_type'], 'string');
    assert.deepEqual(
      auction?.prepared.map(({ integration, result }) => [integration, result]),
      [
        ['int_line_type', 'passed'],
        ['int_suppression', 'passed'],
      ],
    );
  });

  it('ends a lead that compliance refuses, before any buyer hears of it', async () => {
    const { status, body } = await deployment.post(aLead({ phone: '212-555-0000' }));
    assert.deepEqual([status, body['outcome'], body['reason']], [200, 'rejected', 'compliance']);
    assert.deepEqual(deployment.buyers.log({ op: 'ping' }), []);
  });

  it('ends a lead whose compliance check gave no answer', async () => {
    deployment.buyers.setBehaviour('compliance', { call: { mode: 'hang' } });
    const { body } = await deployment.post(aLead());
    assert.deepEqual([body['outcome'], body['reason']], ['rejected', 'compliance']);
  });

  it('ends a lead whose compliance check was skipped', async () => {
    const file = await deployment.store.export();
    const paused = structuredClone(file);
    paused.integrations = paused.integrations?.map((own) =>
      own.id === 'int_suppression' ? { ...own, paused: true } : own,
    );
    await deployment.apply(paused);
    await eventually(async () => (await deployment.post(aLead())).body['reason'] === 'compliance');
    await deployment.apply(file);
    await eventually(async () => (await deployment.post(aLead())).body['outcome'] === 'sold');
  });

  it('goes on without an optional check that gives no answer, never past its "no"', async () => {
    const file = await deployment.store.export();
    const optional = structuredClone(file);
    optional.integrations = optional.integrations?.map((own) =>
      own.id === 'int_suppression' ? { ...own, optional: true } : own,
    );
    await deployment.apply(optional);
    deployment.buyers.setBehaviour('compliance', { call: { mode: 'hang' } });
    await eventually(async () => (await deployment.post(aLead())).body['outcome'] === 'sold');
    deployment.buyers.resetBehaviour();
    const { body } = await deployment.post(aLead({ phone: '212-556-0000' }));
    assert.deepEqual([body['outcome'], body['reason']], ['rejected', 'compliance']);
    await deployment.apply(file);
  });

  it('goes on without an enrichment that fails', async () => {
    deployment.buyers.setBehaviour('enrich', { call: { mode: 'error' } });
    assert.equal((await deployment.post(aLead())).body['outcome'], 'sold');
  });
});
