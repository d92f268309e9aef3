import assert from 'node:assert/strict';
import fc from 'fast-check';
import { checkFields, compileFields, fieldClass } from '../../rules/fields.ts';
import { FIELD_TYPES, type Field, type FieldClass } from '../../schema/field.ts';
import { scenarios } from './scenarios.ts';

interface Scenario {
  field: Field;
  good: [raw: unknown, value: unknown][];
  bad: [raw: unknown, code: string][];
}

describe('fields: types', () => {
  for (const { rule, scenario } of scenarios<Scenario>('fields')) {
    it(rule, () => {
      const set = compileFields([scenario.field]);
      for (const [raw, value] of scenario.good) {
        const read = set.normalise({ value: raw }, 'post');
        assert.deepEqual(read, { values: { value }, missing: [], invalid: [], unknown: [] }, JSON.stringify(raw));
        assert.deepEqual(set.normalise(read.values, 'post').values, { value }, `${JSON.stringify(raw)} read twice`);
      }
      for (const [raw, code] of scenario.bad) {
        const { values, invalid } = set.normalise({ value: raw }, 'post');
        assert.deepEqual([values, invalid.map((found) => found.code)], [{}, [code]], JSON.stringify(raw));
      }
    });
  }

  it('stay what they are when read again, and messages never hold a value', () => {
    const types = fc.constantFrom(...FIELD_TYPES);
    const raws = fc.oneof(
      fc.string(),
      fc.string({ unit: 'grapheme' }),
      fc.double(),
      fc.integer(),
      fc.boolean(),
      fc.object(),
    );
    fc.assert(
      fc.property(types, raws, (type, raw) => {
        const set = compileFields([{ name: 'value', type, values: ['Own', 'Rent'] }]);
        const { values, invalid } = set.normalise({ value: raw }, 'post');
        assert.deepEqual(set.normalise(values, 'post').values, values);
        const text = typeof raw === 'object' ? '' : String(raw).trim();
        for (const { message } of invalid) assert.ok(text.length < 4 || !message.includes(text));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('fields: a set', () => {
  const set = compileFields([
    { name: 'zip', type: 'zip', required: 'ping' },
    { name: 'phone', type: 'phone', required: 'post' },
    { name: 'comment', type: 'text', required: 'never' },
    { name: 'age', type: 'number' },
  ]);

  it('asks less of a ping than of a post', () => {
    assert.deepEqual(set.normalise({}, 'ping').missing, ['zip']);
    assert.deepEqual(set.normalise({}, 'post').missing, ['zip', 'phone']);
  });

  it('takes null, nothing and white space for absent', () => {
    for (const zip of [null, undefined, '', ' \t ', '\u200b']) {
      const { missing, invalid, values } = set.normalise({ zip }, 'ping');
      assert.deepEqual([missing, invalid, values], [['zip'], [], {}]);
    }
  });

  it('drops halves of characters, which no document can hold', () => {
    assert.deepEqual(set.normalise({ comment: 'a\ud800b' }, 'ping').values, { comment: 'ab' });
  });

  it('keeps zero and false', () => {
    assert.deepEqual(set.normalise({ age: 0, comment: false }, 'ping').values, { age: 0, comment: 'false' });
  });

  it('names unknown fields and does not keep them', () => {
    const { values, unknown } = set.normalise({ zip: '94105', ssn: '1', toString: 'x' }, 'ping');
    assert.deepEqual([values, unknown], [{ zip: '94105' }, ['ssn', 'toString']]);
  });

  it('lists everything that is wrong at once', () => {
    const { missing, invalid } = set.normalise({ phone: '5', age: 'old' }, 'post');
    assert.deepEqual(missing, ['zip']);
    assert.deepEqual(
      invalid.map(({ field, code }) => [field, code]),
      [
        ['phone', 'not_a_phone'],
        ['age', 'not_a_number'],
      ],
    );
  });

  it('neither reads nor writes a prototype', () => {
    const hostile = compileFields([
      { name: '__proto__', type: 'text' },
      { name: 'constructor', type: 'text' },
    ]);
    const body = JSON.parse('{"__proto__": "x", "zip": "94105"}') as Record<string, unknown>;
    assert.deepEqual(set.normalise(body, 'ping').unknown, ['__proto__']);
    const { values } = hostile.normalise(body, 'ping');
    assert.equal(Object.getPrototypeOf(values), Object.prototype);
    assert.deepEqual(hostile.normalise({}, 'ping').values, {});
    assert.deepEqual(set.normalise(Object.create({ zip: '94105' }) as Record<string, unknown>, 'ping').missing, [
      'zip',
    ]);
  });

  it('says where a lead is by the types of its fields', () => {
    const { placeOf } = compileFields([
      { name: 'zip_code', type: 'zip' },
      { name: 'home_state', type: 'state' },
      { name: 'work_state', type: 'state' },
    ]);
    assert.deepEqual(placeOf({ zip_code: '94105', work_state: 'CA' }), { state: 'CA', zip: '94105' });
    assert.deepEqual(placeOf({}), { state: undefined, zip: undefined });
  });
});

describe('fields: class of personal data', () => {
  const cases: Record<FieldClass, [name: string, type: Field['type']][]> = {
    name: [
      ['first_name', 'text'],
      ['lastname', 'text'],
      ['spouse_full_name', 'text'],
      ['employer_name', 'text'],
    ],
    phone: [
      ['anything', 'phone'],
      ['mobile', 'text'],
      ['phone2', 'text'],
    ],
    email: [
      ['anything', 'email'],
      ['e_mail', 'text'],
    ],
    address: [
      ['x', 'zip'],
      ['x', 'state'],
      ['city', 'text'],
      ['street_address', 'text'],
      ['address2', 'text'],
    ],
    sensitive: [
      ['dob', 'date'],
      ['ssn', 'text'],
      ['birth_date', 'date'],
      ['has_medical_condition', 'boolean'],
      ['x', 'ip'],
    ],
    other: [
      ['vehicle_year', 'number'],
      ['phone_verified', 'boolean'],
      ['model_name', 'text'],
      ['home_owner', 'enum'],
    ],
  };
  for (const [expected, fields] of Object.entries(cases)) {
    it(expected, () => {
      for (const [name, type] of fields) assert.equal(fieldClass({ name, type }), expected, `${name} (${type})`);
    });
  }

  it('is what the field says, above all', () => {
    assert.equal(fieldClass({ name: 'ssn', type: 'text', class: 'other' }), 'other');
  });
});

describe('fields: check', () => {
  const check = (...fields: Field[]) => checkFields(fields, 'fields').map(({ path, code }) => `${path} ${code}`);

  const cases: [what: string, fields: Field[], issues: string[]][] = [
    [
      'sound fields',
      [
        { name: 'age', type: 'number', min: 1, max: 9 },
        { name: 'utm_term', type: 'text' },
      ],
      [],
    ],
    [
      'a field twice',
      [
        { name: 'a', type: 'text' },
        { name: 'a', type: 'zip' },
      ],
      ['fields[1].name duplicate'],
    ],
    ['a reserved name', [{ name: 'transaction_id', type: 'text' }], ['fields[0].name reserved']],
    ['an enum without values', [{ name: 'a', type: 'enum' }], ['fields[0].values missing']],
    ['a value twice', [{ name: 'a', type: 'enum', values: ['Own', ' own '] }], ['fields[0].values duplicate']],
    ['an empty value', [{ name: 'a', type: 'enum', values: [' '] }], ['fields[0].values wrong_value']],
    ['a range the wrong way round', [{ name: 'a', type: 'number', min: 2, max: 1 }], ['fields[0].min wrong_value']],
    [
      'a pattern that RE2 has not',
      [{ name: 'a', type: 'text', pattern: '(?=a)' }],
      ['fields[0].pattern invalid_pattern'],
    ],
    ['an example that is none', [{ name: 'a', type: 'zip', example: 'x' }], ['fields[0].example wrong_value']],
    ['a good example', [{ name: 'a', type: 'zip', example: '10001' }], []],
    [
      'a hidden field that is required',
      [{ name: 'a', type: 'zip', hidden: true, required: 'post' }],
      ['fields[0].hidden hidden_field'],
    ],
    [
      'a normaliser without effect',
      [{ name: 'a', type: 'phone', normalise: ['digits'] }],
      ['fields[0].normalise unused'],
    ],
    ['a tracking field of another type', [{ name: 'min_price', type: 'text' }], ['fields[0].type tracking_field']],
    [
      'limits without effect',
      [{ name: 'a', type: 'zip', max: 1, values: ['1'] }],
      ['fields[0].values unused', 'fields[0].max unused'],
    ],
  ];
  for (const [what, fields, issues] of cases) it(what, () => assert.deepEqual(check(...fields), issues));

  it('warns about what has no effect, and no more than that', () => {
    assert.equal(checkFields([{ name: 'a', type: 'text', min: 1 }], 'fields')[0]?.severity, 'warning');
  });
});
