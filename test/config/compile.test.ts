import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compileConfiguration } from '../../config/compile.ts';
import { prepareWavesOf } from '../../config/prepare-waves.ts';
import type { Integration } from '../../schema/integration.ts';
import { sampleFile } from './sample.ts';

describe('compiling a configuration', () => {
  const compiled = () => compileConfiguration(sampleFile(), 7);

  it('fills in every default of the auction, amounts as micros', () => {
    assert.equal(compiled().revision, 7);
    assert.deepEqual(compiled().campaigns.get('cmp_auto')?.settings, {
      strategy: 'highest_bid',
      minPrice: 4_500_000,
      pingTimeoutMs: 1500,
      deadlineMs: 8000,
      sellWithinMs: 300_000,
      bidStandsMs: 60_000,
      maxPosts: 10,
      maxBuyers: 1,
      noBuyer: 'hold',
      defaultBuyer: undefined,
      holdMinutes: 1440,
      holdRetryMinutes: 60,
      maxAuctions: 3,
      pingAnswer: 'best',
      afterReject: 'continue',
    });
  });

  it('fills in every default of an integration', () => {
    const integration = compiled().integrations.get('int_acme');
    assert.ok(integration);
    assert.equal(integration.when, 'buyer');
    assert.equal(integration.buyer, 'buy_acme');
    assert.equal(integration.idempotent, false);
    assert.equal(integration.priority, 100);
    assert.equal(integration.price, undefined);
    assert.equal(integration.hasTestEndpoint, false);
    assert.deepEqual(integration.deadlines, {
      unknown: { afterMinutes: 4320, as: 'rejected' },
      pending: { afterMinutes: 4320, as: 'rejected' },
    });
    assert.deepEqual(Object.keys(integration.operations), ['ping', 'post']);
  });

  it('keeps what is set', () => {
    const file = sampleFile();
    const [integration] = file.integrations ?? [];
    assert.ok(integration?.ping && integration.post);
    integration.price = 12.345678;
    integration.priority = 5;
    integration.deadlines = { pending: { afterMinutes: 60, as: 'accepted' } };
    for (const operation of [integration.ping, integration.post])
      operation.request.testUrl = 'https://test.acme.example/';
    const found = compileConfiguration(file, 1).integrations.get('int_acme');
    assert.equal(found?.price, 12_345_678);
    assert.equal(found?.priority, 5);
    assert.equal(found?.hasTestEndpoint, true);
    assert.deepEqual(found?.deadlines.pending, { afterMinutes: 60, as: 'accepted' });
  });

  it('resolves a shared rule', () => {
    const { body } = compiled().integrations.get('int_acme')?.filters.rule ?? {};
    assert.deepEqual(body, { '>=': [{ var: 'lead.age' }, 25] });
  });

  it('groups integrations by their moment, and by default by their category', () => {
    const file = sampleFile();
    const extra = (id: string, category: Integration['category'], rest: Partial<Integration> = {}): Integration => ({
      id,
      campaign: 'cmp_auto',
      category,
      ...rest,
    });
    file.integrations?.push(
      extra('int_scrub', 'Compliance'),
      extra('int_append', 'Enrichment', { after: ['int_scrub'] }),
      extra('int_early', 'Custom', { when: 'before_ping', optional: false }),
      extra('int_crm', 'CRM'),
      extra('int_event', 'Dialer', { when: 'on_event' }),
    );
    const campaign = compileConfiguration(file, 1).campaigns.get('cmp_auto');
    const ids = (list: readonly { id: string }[] | undefined) => list?.map(({ id }) => id);
    assert.deepEqual(campaign?.prepareWaves.map(ids), [['int_scrub', 'int_early'], ['int_append']]);
    assert.deepEqual(ids(campaign?.buyers), ['int_acme']);
    assert.deepEqual(ids(campaign?.followUps), ['int_crm']);
    assert.deepEqual(ids(campaign?.onEvent), ['int_event']);
    assert.equal(campaign?.integrations.size, 6);
    assert.deepEqual(
      campaign?.prepareWaves.flat().map(({ optional }) => optional),
      [false, false, true],
    );
  });

  it('renders a compiled operation', async () => {
    const { render } = compiled().integrations.get('int_acme')?.operations.ping ?? assert.fail();
    const request = await render({
      lead: { zip: '94105' },
      config: {},
      secrets: { token: 'abc' },
      campaign: { id: 'cmp_auto', name: 'Auto' },
      source: { id: 'src_north' },
      sandbox: false,
      now: '2026-01-31T00:00:00Z',
    });
    assert.deepEqual(JSON.parse(String(request.body)), { contact: { zip: '94105' } });
  });

  it('puts every integration into a wave after all it waits for', () => {
    const graph = fc
      .integer({ min: 0, max: 12 })
      .chain((size) =>
        fc.tuple(
          ...Array.from({ length: size }, (_, n) => fc.subarray(Array.from({ length: n }, (__, m) => `int_${m}`))),
        ),
      );
    fc.assert(
      fc.property(graph, (afters) => {
        const preparing = afters.map((after, n) => ({ id: `int_${n}`, integration: { after } })).reverse();
        const waves = prepareWavesOf(preparing);
        const waveOf = new Map(waves.flatMap((wave, n) => wave.map(({ id }) => [id, n] as const)));
        assert.equal(waveOf.size, preparing.length);
        for (const { id, integration } of preparing) {
          const earliest = Math.max(-1, ...integration.after.map((earlier) => waveOf.get(earlier) ?? Infinity)) + 1;
          assert.equal(waveOf.get(id), earliest);
        }
      }),
    );
  });
});
