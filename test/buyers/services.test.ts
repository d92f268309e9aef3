import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { buyersForSuite, get, postJson, ref } from './client.ts';

describe('simulated services', () => {
  const buyers = buyersForSuite();
  const parsed = async (path: string): Promise<Record<string, unknown>> =>
    JSON.parse((await get(buyers.current.url + path)).text) as Record<string, unknown>;

  it('enrichment tells the line type by the last digit', async () => {
    assert.equal((await parsed('/enrich?phone=4155550132')).line_type, 'mobile');
    assert.equal((await parsed('/enrich?phone=%2B14155550137')).line_type, 'landline');
    assert.equal((await parsed('/sandbox/enrich?phone=415-555-0139')).line_type, 'voip');
    assert.equal((await parsed('/enrich?zip=94105')).valid, false);
  });

  it('compliance lists phones that end in 0000', async () => {
    const good = { status: 'success', message: 'Good', code: 'none', results: 0, scrubs: true };
    assert.deepEqual(await parsed('/compliance/lookup?ver=v3&resp=json&phone=4155550132'), good);
    assert.equal((await parsed('/compliance/lookup?phone=415-555-0000')).results, 1);
    buyers.current.setBehaviour('compliance', { call: { mode: 'reject', times: 1 } });
    assert.equal((await parsed('/compliance?phone=4155550132')).results, 1);
    assert.equal((await parsed('/compliance?phone=4155550132')).results, 0);
  });

  it('the CRM creates a contact once: 201, then 409', async () => {
    const path = `${buyers.current.url}/crm/v3/objects/contacts`;
    const contact = { properties: { email: 'ann@example.com', leadwire_id: ref } };
    assert.equal((await postJson(path, contact)).status, 201);
    assert.equal((await postJson(path, contact)).status, 409);
    assert.equal((await postJson(path.replace('/crm', '/sandbox/crm'), contact)).status, 201);
    buyers.current.clear();
    assert.equal((await postJson(path, contact)).status, 201);
  });

  it('a failing service is logged as a call, never as a sale', async () => {
    buyers.current.setBehaviour('crm', { call: { mode: 'error', status: 503 } });
    assert.equal((await postJson(`${buyers.current.url}/crm`, { email: 'a@b.example', ref })).status, 503);
    buyers.current.resetBehaviour('crm');
    assert.equal((await postJson(`${buyers.current.url}/crm`, { email: 'a@b.example', ref })).status, 201);
    const decisions = buyers.current.log({ buyer: 'crm', op: 'call', ref }).map(({ decision }) => decision);
    assert.deepEqual(decisions, ['none', 'accepted']);
    assert.deepEqual(buyers.current.accepted(), {});
  });
});
