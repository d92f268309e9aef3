import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compileConfiguration } from '../../config/compile.ts';
import { createValueMask, maskName, maskPath, maskUserAgent } from '../../server/request-log/mask.ts';
import { networkOf } from '../../server/request-log/entry.ts';
import { campaignFile } from '../leads/campaign-file.ts';

describe('what the request log shows', () => {
  const mask = createValueMask();
  const campaign = compileConfiguration(campaignFile('http://127.0.0.1:1'), 1).campaigns.get('cmp_test');
  assert.ok(campaign);

  it('values of fields that are no personal data, and of nothing else', () => {
    const body = {
      ...{ age: 36, sub1: 'fb', utm_campaign: 'spring', cost: '1.50', tcpa_consent: true, pid: 'src_one' },
      ...{ zip: '10001', state: 'NY', first_name: 'Ada', email: 'ada@example.com', phone: '212-555-0198' },
      ...{ fone: '212-555-0198', notes: 'call Ada', nested: { phone: '2125550198' }, list: ['Ada'] },
    };
    assert.deepEqual(mask.values(body, campaign), {
      ...{ age: 36, sub1: 'fb', utm_campaign: 'spring', cost: '1.50', tcpa_consent: true, pid: 'src_one' },
      ...{ zip: '***', state: '***', first_name: '***', email: '***', phone: '***' },
      ...{ fone: '***', notes: '***', nested: '***', list: '***' },
    });
  });

  it('no address and no long number, wherever a client puts it', () => {
    const strays = [
      'ada@example.com',
      'ada%40example.com',
      '212-555-0198',
      '+1 (212) 555 0198',
      '123-45-6789',
      2125550198,
    ];
    for (const sub2 of strays) assert.deepEqual(mask.values({ sub2 }, campaign), { sub2: '***' });
    fc.assert(
      fc.property(fc.stringMatching(/^[2-9]\d{2}[2-9]\d{6}$/), fc.string(), fc.string(), (phone, before, after) => {
        const shown = JSON.stringify(mask.values({ sub1: before + phone + after }, campaign));
        assert.ok(!shown.includes(phone));
      }),
    );
    assert.deepEqual(mask.values({ 'ada@example.com': 1, '2125550198': 1 }, campaign), { '***': '***' });
    assert.equal(maskName('phone'), 'phone');
  });

  it('no key and no secret, not even where an operation takes one', () => {
    const key = `lw_live_${'0123456789'.repeat(4)}`;
    const values = { key, sub1: key, client_secret: 'hush', cid: 'cmp_test', [key]: 'x' };
    const shown = { key: '***', sub1: '***', client_secret: '***', cid: 'cmp_test', '***': '***' };
    assert.deepEqual(mask.values(values, campaign, ['key', 'client_secret', key]), shown);
  });

  it('moments and ids of ours, and an own parameter of the operation', () => {
    const values = { transaction_id: 'txn_01a1fd21-0775-731a-ad67-60e5bd12523a', from: '2026-11-21T08:02:42.677Z' };
    assert.deepEqual(mask.values(values, undefined, ['from']), values);
    assert.deepEqual(mask.values({ from: '2026' }, undefined), { from: '***' });
  });

  it('at most 200 names of a body', () => {
    const many = Object.fromEntries(Array.from({ length: 250 }, (_, n) => [`field_${n}`, 'x']));
    const shown = mask.values(many, campaign);
    assert.deepEqual([Object.keys(shown).length, shown['…']], [201, '50 more']);
  });

  it('paths without tokens', () => {
    for (const [path, route, shown] of [
      ['/api/lead/cmp_auto', '/api/lead/{cid}', '/api/lead/cmp_auto'],
      ['/api/lead/ada@example.com', '/api/lead/{cid}', '/api/lead/***'],
      ['/api/postback/secret-word', '/api/postback/{token}', '/api/postback/***'],
      ['/api/leads/cmp_auto', undefined, '/api/leads/cmp_auto'],
      ['/api/postbacks/3fQ9xk20ab', undefined, '/api/postbacks/***'],
      ['/api/lead/Quackenbush', undefined, '/api/lead/***'],
      ['/api/lead/quackenbush', '/api/lead/{cid}', '/api/lead/***'],
    ] as const) {
      assert.equal(maskPath(path, route), shown);
    }
  });

  it('software and networks, not people', () => {
    const browser = 'Mozilla/5.0 (X11; Linux x86_64; rv:147.0) Gecko/20100101 Firefox/147.0';
    assert.equal(maskUserAgent(browser), browser);
    assert.equal(maskUserAgent('me (ada@example.com)'), '***');
    assert.equal(networkOf('203.0.113.77'), '203.0.113.0/24');
    assert.equal(networkOf('::ffff:203.0.113.77'), '203.0.113.0/24');
    assert.equal(networkOf('2001:db8:12:34::5'), '2001:db8:12::/48');
    assert.equal(networkOf('unknown'), undefined);
  });
});
