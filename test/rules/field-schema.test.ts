import assert from 'node:assert/strict';
import fc from 'fast-check';
import { z } from 'zod';
import { compileFields, fieldJsonSchema, leadJsonSchema, sampleOf, trackingJsonSchema } from '../../rules/fields.ts';
import { patternSample } from '../../rules/fields/pattern-sample.ts';
import { TRACKING_FIELDS } from '../../rules/tracking.ts';
import { FIELD_TYPES, NORMALISERS, type Field } from '../../schema/field.ts';
import { scenarios } from './scenarios.ts';

interface Scenario {
  field: Field;
  good: [raw: unknown, value: unknown][];
}

const accepts = (schema: Record<string, unknown>, value: unknown) =>
  z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(value).success;
const reads = (field: Field, raw: unknown) =>
  Object.hasOwn(compileFields([field]).normalise({ [field.name]: raw }, 'post').values, field.name);

describe('fields: JSON Schema', () => {
  for (const { rule, scenario } of scenarios<Scenario>('fields')) {
    it(`allows what the reader takes: ${rule}`, () => {
      const schema = fieldJsonSchema(scenario.field, true);
      for (const [raw] of scenario.good) {
        // The length is that of the text as it is kept.
        if (typeof raw === 'string' && raw.length > (scenario.field.maxLength ?? Infinity)) continue;
        assert.ok(accepts(schema, raw), `${JSON.stringify(raw)} by ${JSON.stringify(schema)}`);
      }
    });
  }

  it('allows whatever a reader takes, and refuses lists and objects as it does', () => {
    const raws = fc.oneof(
      fc.stringMatching(/^[0-9$,.+\- ]{1,8}$/),
      fc.stringMatching(/^(true|FALSE|Yes|n|on|OFF|Own|rent) ?$/),
      fc.stringMatching(/^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}$/),
      fc.string(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer(),
      fc.boolean(),
      fc.array(fc.string()),
    );
    fc.assert(
      fc.property(fc.constantFrom(...FIELD_TYPES), raws, (type, raw) => {
        const field: Field = { name: 'value', type, ...(type === 'enum' ? { values: ['Own', 'Rent (a)', '7'] } : {}) };
        const allowed = accepts(fieldJsonSchema(field, true), raw);
        if (Array.isArray(raw)) assert.ok(!allowed);
        else if (reads(field, raw)) assert.ok(allowed, `${type} ${JSON.stringify(raw)}`);
      }),
      { numRuns: 3000 },
    );
  });

  it('refuses what is plainly no value of the type', () => {
    const nonsense: [Field, unknown][] = [
      [{ name: 'a', type: 'number', min: 0, max: 9 }, 10],
      [{ name: 'a', type: 'number' }, 'many'],
      [{ name: 'a', type: 'boolean' }, 2],
      [{ name: 'a', type: 'boolean' }, 'perhaps'],
      [{ name: 'a', type: 'zip' }, '1234'],
      [{ name: 'a', type: 'date' }, 'tomorrow'],
      [{ name: 'a', type: 'enum', values: ['Own'] }, 'Rent'],
      [{ name: 'a', type: 'url' }, 'ftp://example.com'],
      [{ name: 'a', type: 'email' }, 'ada'],
      [{ name: 'a', type: 'ip' }, 'localhost'],
      [{ name: 'a', type: 'text', maxLength: 3 }, 'four'],
    ];
    for (const [field, raw] of nonsense) {
      assert.ok(!accepts(fieldJsonSchema(field), raw), `${field.type} ${JSON.stringify(raw)}`);
    }
  });

  it('of a lead: what is required by stage, what may be left empty, and nothing hidden', () => {
    const fields: Field[] = [
      { name: 'zip', type: 'zip', required: 'ping' },
      { name: 'phone', type: 'phone', required: 'post' },
      { name: 'age', type: 'number' },
      { name: 'desk', type: 'text', hidden: true },
    ];
    const ping = leadJsonSchema(fields, 'ping');
    const post = leadJsonSchema(fields, 'post');
    assert.deepEqual([ping['required'], post['required']], [['zip'], ['zip', 'phone']]);
    assert.ok(!Object.hasOwn(post['properties'] as object, 'desk'));
    const whole = { zip: '10001', phone: '212-555-0198', age: null, sub1: '', unknown: [1] };
    assert.ok(accepts(post, whole));
    assert.ok(!accepts(post, { ...whole, phone: null }));
    assert.ok(!accepts(post, { zip: '10001' }));
    assert.ok(accepts(ping, { zip: '10001' }));
  });

  it('of the tracking fields: each of them, typed', () => {
    const schema = trackingJsonSchema();
    const names = TRACKING_FIELDS.fields.map(({ name }) => name);
    assert.deepEqual(Object.keys(schema['properties'] as object), names);
    assert.ok(accepts(schema, { sub1: 'a', cost: '$1.50', cost_operation: 'Substract', tcpa_consent: 1 }));
    for (const wrong of [{ adSpend: -1 }, { cost_operation: 'divide' }, { tcpa_consent: 2 }, { sub1: ['a'] }]) {
      assert.ok(!accepts(schema, wrong), JSON.stringify(wrong));
    }
  });
});

describe('fields: normalisers', () => {
  it('change nothing when they run again', () => {
    const chosen = fc.constantFrom(...NORMALISERS);
    const raws = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(chosen, raws, (normalise, raw) => {
        const set = compileFields([{ name: 'value', type: 'text', normalise: [normalise] }]);
        const { values } = set.normalise({ value: raw }, 'post');
        assert.deepEqual(set.normalise(values, 'post').values, values);
      }),
      { numRuns: 3000 },
    );
  });

  it('may leave nothing: then the field is missing', () => {
    const set = compileFields([{ name: 'first_name', type: 'text', required: 'post' }]);
    assert.deepEqual(set.normalise({ first_name: ' "-" ' }, 'post').missing, ['first_name']);
  });
});

describe('fields: samples', () => {
  const limited: Field[] = [
    { name: 'age', type: 'number', min: 18, max: 30 },
    { name: 'share', type: 'number', min: 0.2, max: 0.4 },
    { name: 'code', type: 'text', maxLength: 2 },
    { name: 'owner', type: 'enum', values: ['Own', 'Rent'] },
    { name: 'plan', type: 'text', pattern: '[A-Z]{3}-\\d{2,4}(x|y)?' },
    { name: 'yes', type: 'boolean', pattern: 'false' },
    { name: 'given', type: 'text', pattern: '\\p{Greek}+', example: 'αβγ' },
  ];
  for (const field of [
    ...FIELD_TYPES.filter((type) => type !== 'enum').map((type): Field => ({ name: 'value', type })),
    ...limited,
    ...TRACKING_FIELDS.fields,
  ]) {
    it(`of ${field.name} (${field.type}) are good values`, () => {
      const sample = sampleOf(field);
      assert.ok(sample !== undefined && reads(field, sample));
      assert.ok(accepts(fieldJsonSchema(field, true), sample));
    });
  }

  it('of usual patterns match them', () => {
    for (const pattern of [
      '^\\d{3}-\\d{2}-\\d{4}$',
      '[A-HJ-NPR-Z0-9]{17}',
      '(?i)(yes|no)',
      '(?:\\+1)?[2-9]\\d{9}',
      '[^a-z]+',
      'a*b?c+',
      '.{5,}',
      '[]x]y',
      '\\$\\d+\\.\\d\\d',
    ]) {
      const sample = patternSample(pattern);
      const field: Field = { name: 'value', type: 'text', pattern };
      assert.ok(sample !== undefined && reads(field, sample), `${pattern}: ${sample}`);
    }
  });

  it('are none when no value is known', () => {
    assert.equal(sampleOf({ name: 'value', type: 'text', pattern: '\\p{Greek}{3}' }), undefined);
  });
});
