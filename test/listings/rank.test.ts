import assert from 'node:assert/strict';
import fc from 'fast-check';
import { checkConfiguration } from '../../config/check.ts';
import { compileHosts } from '../../rules/connector/hosts.ts';
import {
  clickIdOf,
  isOfferId,
  newOfferId,
  offerIdsFrom,
  offerOf,
  rankOffers,
  type ListingOffer,
} from '../../rules/listing.ts';
import type { Integration } from '../../schema/integration.ts';
import { campaignFile } from '../leads/campaign-file.ts';
import { listing } from './campaign.ts';

describe('the rank of offers', () => {
  const offer = fc.record({
    position: fc.integer({ min: 1, max: 3 }),
    prices: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 5 }),
  });

  it('goes by position, price and their own order, whoever is asked first', () => {
    fc.assert(
      fc.property(fc.array(offer, { maxLength: 5 }), fc.integer({ min: 1, max: 20 }), (given, most) => {
        const networks = given.map(({ position, prices }, network) =>
          prices.map((price, own) => ({
            ...{ listing: `int_${network}`, position, price, own },
            ...{ url: `https://offers.example/${own}`, standsMs: 1 },
          })),
        );
        const all = networks.flat();
        const ranked = rankOffers(networks, most) as (typeof all)[number][];
        assert.equal(ranked.length, Math.min(most, all.length));
        assert.deepEqual(rankOffers([...networks].reverse(), most), ranked);
        const worth = (one: (typeof all)[number]) => [one.position, -one.price, one.own];
        ranked.slice(1).forEach((one, at) => {
          const [before, after] = [worth(ranked[at]!), worth(one)];
          const differs = before.findIndex((value, place) => value !== after[place]);
          assert.ok(differs < 0 || before[differs]! < after[differs]!);
        });
        // Whatever is left out comes after all that is shown.
        const last = ranked.at(-1);
        const left = all.filter((one) => !ranked.includes(one));
        assert.ok(left.every((one) => one.position >= (last?.position ?? 0)));
      }),
    );
  });
});

describe('an offer', () => {
  const leadsTo = compileHosts(['offers.example', '*.redirect.example', '127.0.0.1:8080'], {});
  const read = (kept: Record<string, unknown>) =>
    offerOf({ price: 1, private: kept }, { listing: 'int_one', position: 1, leadsTo, title: 'Network one' });

  it('leads to a host that its listing names, by https, and nowhere else', () => {
    for (const url of ['https://offers.example/a', 'https://zi1.redirect.example/x', 'http://127.0.0.1:8080/y']) {
      assert.equal((read({ url }) as ListingOffer).url, url);
    }
    for (const url of [
      ...['https://evil.example/', 'http://offers.example/', 'https://offers.example.evil.example/'],
      ...['https://offers.example@evil.example/', 'https://redirect.example/', 'https://offers.example:8443/'],
    ]) {
      assert.match(String(read({ url })), /^address_/, url);
    }
    for (const url of [
      'javascript:alert(1)',
      'data:text/html,x',
      '//offers.example/',
      '',
      7,
      undefined,
      `https://offers.example/${'x'.repeat(2000)}`,
    ]) {
      assert.equal(read({ url }), 'address_missing');
    }
    assert.equal(read({ url: 'https://ada:secret@offers.example/' }), 'address_missing');
  });

  it('has short texts, the name of its listing where it has no title, and a picture only by https', () => {
    const url = 'https://offers.example/a';
    const { title, description, image } = read({
      url,
      description: ` ${'d'.repeat(5000)}`,
      image: 'http://a.example/p',
    }) as ListingOffer;
    assert.deepEqual([title, description?.length, image], ['Network one', 2000, undefined]);
    const other = read({ url, title: ' Nurse ', image: 'https://a.example/p.png', company: 'Clinic' }) as ListingOffer;
    assert.deepEqual([other.title, other.image, other.company], ['Nurse', 'https://a.example/p.png', 'Clinic']);
  });

  it('makes one click to one lead, and one each time to somebody unknown', () => {
    const one = read({ url: 'https://offers.example/a' }) as ListingOffer;
    const lead = 'txn_0199f3a2-5c1e-7d20-9a41-3f6f0c1d2e4b';
    assert.equal(clickIdOf(one, lead, 'off_1'), clickIdOf(one, lead, 'off_2'));
    assert.notEqual(clickIdOf(one, lead, 'off_1'), clickIdOf({ ...one, id: '7' }, lead, 'off_1'));
    assert.notEqual(clickIdOf(one, lead, 'off_1'), clickIdOf({ ...one, listing: 'int_two' }, lead, 'off_1'));
    assert.equal(clickIdOf(one, undefined, 'off_1'), 'off_1');
    const id = newOfferId(1_700_000_000_000);
    assert.ok(isOfferId(id) && id > offerIdsFrom(1_700_000_000_000) && id < offerIdsFrom(1_700_000_000_001));
    assert.ok(!isOfferId(lead) && !isOfferId('off_') && !isOfferId(`${id}x`));
  });
});

describe('the check of click listings', () => {
  const issuesOf = (changes: Partial<Integration>, without: (keyof Integration)[] = []) => {
    const own = { ...listing('https://network.example', 'one'), ...changes };
    for (const name of without) delete own[name];
    const file = campaignFile('https://buyers.example', { more: () => [own] });
    const at = `integrations[${(file.integrations?.length ?? 0) - 1}].`;
    const { issues } = checkConfiguration(file);
    return issues.filter(({ path }) => path.startsWith(at)).map(({ path, code }) => [path.slice(at.length), code]);
  };
  const { click } = listing('https://network.example', 'one');

  it('takes one that is whole, on a connector too', () => {
    assert.deepEqual(issuesOf({}), []);
    assert.deepEqual(issuesOf({ payout: { share: 0.5 }, caps: [{ revenue: 50, per: 'day' }] }), []);
    const config = { publisher_id: '4711', keywords: 'nurse' };
    assert.deepEqual(issuesOf({ connector: 'talroo', config, secrets: ['pass'] }, ['hosts', 'click']), []);
  });

  it('finds what is missing of it', () => {
    assert.deepEqual(issuesOf({}, ['placement', 'hosts', 'click']), [
      ['click', 'missing'],
      ['hosts', 'missing'],
      ['placement', 'missing'],
    ]);
    const response = { ...click!.response, bid: { price: 'body.bid' } };
    assert.deepEqual(issuesOf({ click: { ...click!, response } }), [['click.response.bid.private.url', 'missing']]);
    const { bid: _bid, ...noBid } = click!.response;
    assert.deepEqual(issuesOf({ click: { ...click!, response: noBid } }), [['click.response.bid', 'missing']]);
    const slow = { ...click!, request: { ...click!.request, timeoutMs: 20_000 } };
    assert.deepEqual(issuesOf({ click: slow }), [['click.request.timeoutMs', 'wrong_value']]);
    assert.deepEqual(issuesOf({ placement: { page: 'Thank You', position: 0 } }), [
      ['placement.page', 'wrong_value'],
      ['placement.position', 'wrong_value'],
    ]);
  });

  it('says what has no effect elsewhere', () => {
    const deliver = { request: { url: 'https://crm.example' }, response: { accepted: 'status = 200' } };
    assert.deepEqual(issuesOf({ category: 'CRM', deliver, payout: { share: 1 } }), [
      ['click', 'unused'],
      ['click.request.query.ip', 'unknown_field'],
      ['click.request.query.ua', 'unknown_field'],
      ['payout', 'unused'],
      ['placement', 'unused'],
    ]);
  });
});
