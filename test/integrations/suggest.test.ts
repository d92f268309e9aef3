import assert from 'node:assert/strict';
import fc from 'fast-check';
import { mergeOperation } from '../../rules/connector/merge.ts';
import { areSynonyms, sameName } from '../../rules/connector/field-synonyms.ts';
import { lookedAt, suggestFields } from '../../rules/connector/suggest.ts';
import { NO_TIMES, percentile, timeBin } from '../../rules/response-times.ts';
import type { Field } from '../../schema/field.ts';
import type { Operation, OperationPatch } from '../../schema/mapping.ts';

const FIELDS: Field[] = [
  { name: 'firstname', type: 'text' },
  { name: 'mobile', type: 'phone' },
  { name: 'zip_code', type: 'zip' },
  { name: 'contact', type: 'email' },
  { name: 'city', type: 'text' },
  { name: 'pets', type: 'number' },
];

const POST: Operation = {
  request: {
    url: 'https://buyer.example/{{lead.state}}',
    headers: { 'x-city': '{{lead.city}}' },
    query: { ip: 'lead.ip_address' },
    json: {
      'contact.first': 'lead.first_name',
      phone: { field: 'lead.phone', format: 'national' },
      postal: 'lead.zip',
      mail: 'lead.email',
      ref: 'lead.transaction_id',
      fixed: { value: 'x' },
      campaign: 'config.campaign',
    },
  },
  response: { accepted: 'true', rejected: 'false' },
};

describe('suggested fields', () => {
  const suggested = suggestFields({ operations: { post: POST }, fields: FIELDS, known: ['transaction_id'] });
  const filled = Object.fromEntries(suggested.wanted.map(({ wants, filledBy, field }) => [wants, [filledBy, field]]));

  it('say what fills each value that a request looks at', () => {
    assert.deepEqual(filled, {
      ip_address: ['nothing', undefined],
      first_name: ['synonym', 'firstname'],
      phone: ['synonym', 'mobile'],
      zip: ['synonym', 'zip_code'],
      email: ['type', 'contact'],
      transaction_id: ['known', undefined],
      state: ['nothing', undefined],
      city: ['field', 'city'],
    });
    assert.deepEqual(suggested.unused, ['pets']);
  });

  it('give what the integration would say, which keeps the rest of each row and leaves nothing suggested', () => {
    assert.deepEqual(suggested.override, {
      post: {
        request: {
          json: {
            'contact.first': 'lead.firstname',
            phone: { field: 'lead.mobile', format: 'national' },
            postal: 'lead.zip_code',
            mail: 'lead.contact',
          },
        },
      },
    });
    const merged = mergeOperation(POST, suggested.override['post'] as OperationPatch) as unknown as Operation;
    const again = suggestFields({ operations: { post: merged }, fields: FIELDS, known: ['transaction_id'] });
    assert.deepEqual(again.override, {});
  });

  it('see every kind of body', () => {
    const names = (request: Operation['request']) => lookedAt(request).map(({ part, wants }) => `${part} ${wants}`);
    const url = 'https://buyer.example';
    assert.deepEqual(names({ url, form: { a: 'lead.zip' } }), ['form zip']);
    assert.deepEqual(names({ url, form: 'zip={{lead.zip}}&again={{lead.zip}}' }), ['form zip']);
    assert.deepEqual(names({ url, xml: { root: 'lead', fields: { Zip: 'lead.zip' } } }), ['xml zip']);
    assert.deepEqual(names({ url, xml: '<Zip>{{lead.zip}}</Zip>' }), ['xml zip']);
    assert.deepEqual(names({ url, jsonata: '{"a": lead.zip & lead.state}' }), ['jsonata zip', 'jsonata state']);
    assert.deepEqual(names({ url, csv: { columns: { Zip: 'lead.zip' } } }), ['csv zip']);
    assert.deepEqual(names({ url, text: '{{lead.zip}}' }), ['text zip']);
  });

  it('take names for the same only when they are, or are known to be', () => {
    assert.ok(sameName('first_name', 'firstName') && areSynonyms('mobile', 'phone') && areSynonyms('Zip-Code', 'zip'));
    assert.ok(!areSynonyms('state', 'zip') && !areSynonyms('unheard_of', 'unheard_of_too'));
  });
});

describe('answer times', () => {
  it('have percentiles that are at most a step off', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 29_000 }), { minLength: 1, maxLength: 200 }),
        fc.constantFrom(0.5, 0.95),
        (times, share) => {
          const counts = { ...NO_TIMES };
          for (const ms of times) counts[timeBin(ms)]! += 1;
          const exact = times.sort((a, b) => a - b)[Math.ceil(share * times.length) - 1]!;
          const read = percentile(counts, share)!;
          // A bin begins at two thirds of its end, or at nothing.
          assert.ok(
            read <= Math.max(10, exact * 1.55) && read >= (exact <= 10 ? 0 : exact / 1.55),
            `${read} for ${exact}`,
          );
        },
      ),
    );
    assert.equal(percentile(NO_TIMES, 0.95), null);
    assert.equal(timeBin(1e9), 't_more');
    assert.equal(percentile({ ...NO_TIMES, t_more: 3 }, 0.95), 60_000);
  });
});
