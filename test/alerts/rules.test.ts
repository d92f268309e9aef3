import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describeTurn, fires, percentile, type ResolvedAlert } from '../../rules/alerts.ts';

const alert = (changes: Partial<ResolvedAlert>): ResolvedAlert => ({
  id: 'watch',
  when: 'no_sale_rate',
  above: 0.5,
  overMinutes: 30,
  least: 20,
  to: [],
  ...changes,
});

describe('the rules of alerts', () => {
  it('fire at the limit and above it, once there is enough to tell', () => {
    const rate = alert({});
    assert.equal(fires(rate, { value: 0.5, of: 20 }), true);
    assert.equal(fires(rate, { value: 0.49, of: 20 }), false);
    assert.equal(fires(rate, { value: 1, of: 19 }), undefined);
    assert.equal(fires(alert({ when: 'unknown_posts', above: 1 }), { value: 1 }), true);
    assert.equal(fires(alert({ when: 'cap_reached', above: 0.8 }), { value: 0.8, of: 10 }), true);
  });

  it('take the percentile by rank', () => {
    const values = fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(values, (seen) => {
        const histogram = new Map<number, number>();
        for (const value of seen) histogram.set(value, (histogram.get(value) ?? 0) + 1);
        const sorted = [...seen].sort((one, other) => one - other);
        const rank = Math.ceil(seen.length * 0.95);
        assert.equal(percentile(histogram, 0.95), sorted[rank - 1]);
      }),
    );
    assert.equal(percentile(new Map(), 0.95), undefined);
  });

  it('say what turned over in one line', () => {
    const turn = { campaign: 'cmp_auto', state: 'firing', value: 0.625, of: 40 } as const;
    assert.equal(
      describeTurn({ ...turn, alert: alert({}) }),
      '[FIRING] cmp_auto watch: 62.5% of 40 leads in 30 min were not sold (limit 50%)',
    );
    const latency = alert({ when: 'latency', above: 3000 });
    assert.equal(
      describeTurn({ ...turn, alert: latency, state: 'ok', value: 900, firedForMs: 300_000 }),
      '[RECOVERED] cmp_auto watch: p95 of 40 answers in 30 min is 900 ms (limit 3000 ms), after 5 min',
    );
    const cap = alert({ when: 'cap_reached', above: 1 });
    assert.equal(
      describeTurn({ ...turn, alert: cap, subject: 'int_acme:accepted:day', value: 1, of: 50 }),
      '[FIRING] cmp_auto watch int_acme:accepted:day: 100% of 50 are taken (limit 100%)',
    );
    const queue = { ...turn, alert: alert({ when: 'queue_waiting', above: 15 }), subject: 'lead' };
    assert.equal(
      describeTurn({ ...queue, value: 17, of: 3 }),
      '[FIRING] cmp_auto watch lead: 3 wait to be started, the oldest for 17 min (limit 15 min)',
    );
    assert.equal(
      describeTurn({ ...queue, state: 'ok', value: 0, of: 3, firedForMs: 300_000 }),
      '[RECOVERED] cmp_auto watch lead: nothing waits that long any more, after 5 min',
    );
    assert.equal(
      describeTurn({ ...turn, alert: alert({ when: 'ledger_check', above: 1 }), value: 2, of: 900 }),
      '[FIRING] cmp_auto watch: 2 things in the ledger do not add up, over 900 sales (limit 1)',
    );
  });
});
