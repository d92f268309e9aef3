import assert from 'node:assert/strict';
import type { KeyOrder } from '../../config/api-keys.ts';
import { checkKeyOrder } from '../../config/key-order.ts';
import { sampleFile } from './sample.ts';

describe('the order of a key', () => {
  const shared = { mode: 'live', by: 'ann' } as const;
  const north = { kind: 'seller', seller: 'sel_north', ...shared } as const;
  const page = { kind: 'browser', seller: 'sel_north', source: 'src_north', ...shared } as const;
  const check = (order: KeyOrder) => checkKeyOrder(order, sampleFile(), Date.parse('2026-11-21'));

  it('names what does not exist, and a source of another seller', () => {
    const file = {
      ...sampleFile(),
      sellers: [
        { id: 'sel_north', name: 'N' },
        { id: 'sel_south', name: 'S' },
      ],
    };
    const mistakes = (order: KeyOrder) => checkKeyOrder(order, file, 0).mistakes;
    assert.deepEqual(mistakes({ ...north, seller: 'sel_none' }), ['No seller has the id sel_none']);
    assert.deepEqual(mistakes({ ...north, source: 'src_none' }), ['No source has the id src_none']);
    assert.deepEqual(mistakes({ ...north, seller: 'sel_south', source: 'src_north' }), [
      'The source src_north does not belong to sel_south',
    ]);
    assert.deepEqual(mistakes({ kind: 'buyer', buyer: 'buy_none', ...shared }), ['No buyer has the id buy_none']);
    assert.deepEqual(mistakes({ kind: 'buyer', buyer: 'buy_acme', ...shared }), []);
    assert.deepEqual(checkKeyOrder(north, undefined, 0).mistakes, ['No seller has the id sel_north']);
  });

  it('brings networks and origins into one spelling', () => {
    const order = { ...page, networks: ['203.0.113.7', '::ffff:203.0.113.0/120', '2001:DB8::/32'] };
    const found = check({ ...order, origins: ['https://Forms.Example/', 'http://localhost:8080'] });
    assert.deepEqual(found.mistakes, []);
    assert.deepEqual(found.order.networks, ['203.0.113.7', '203.0.113.0/24', '2001:db8::/32']);
    assert.deepEqual((found.order as typeof order & { origins: string[] }).origins, [
      'https://forms.example',
      'http://localhost:8080',
    ]);
  });

  it('refuses what is no network or origin, and a date that has passed', () => {
    for (const network of ['10.0.0.0/33', '10.0.0', 'example.com', '::1/129', '10.0.0.0/8/8', '::ffff:10.0.0.0/90']) {
      assert.equal(check({ ...north, networks: [network] }).mistakes.length, 1, network);
    }
    for (const origin of ['forms.example', 'https://forms.example/path', '*', 'ftp://forms.example', 'null']) {
      assert.equal(check({ ...page, origins: [origin] }).mistakes.length, 1, origin);
    }
    assert.equal(check({ ...page, origins: [] }).mistakes.length, 1);
    assert.equal(check({ ...page, origins: ['https://a.example'], signed: true }).mistakes.length, 1);
    assert.equal(check({ ...north, expiresAt: new Date('2026-11-20') }).mistakes.length, 1);
  });
});
