import assert from 'node:assert/strict';
import { fieldClass } from '../../rules/fields.ts';
import { costOperation, TRACKING_FIELDS } from '../../rules/tracking.ts';

describe('tracking fields', () => {
  it('are optional, typed and kept', () => {
    const sent = {
      ...{ sub1: 'a', sub5: 'e', adv1: 'f', adv5: 'j', clid: 'c', external_clickid: 'x' },
      ...{ utm_source: 's', utm_medium: 'm', utm_campaign: 'c', utm_adgroup: 'g', utm_matchtype: 't', utm_term: 'w' },
      ...{ utm_content: 'n', utm_creative: 'r', utm_placement: 'p' },
      ...{ cost: '1.50', cost_operation: 'Substract', adSpend: 2, min_price: '$12.50' },
      ...{ tcpa_consent: 1, tcpa_consent_date: '2026-11-21' },
    };
    const { values, missing, invalid, unknown } = TRACKING_FIELDS.normalise(sent, 'post');
    assert.deepEqual([missing, invalid, unknown], [[], [], []]);
    const typed = { cost: 1.5, cost_operation: 'substract', min_price: 12.5, tcpa_consent: true };
    assert.deepEqual(values, { ...sent, ...typed });
    assert.deepEqual(TRACKING_FIELDS.normalise({}, 'post').missing, []);
  });

  it('are refused when they are not what they should be', () => {
    const sent = { cost_operation: 'divide', min_price: -1, tcpa_consent: 2, tcpa_consent_date: '2026-02-30' };
    const { invalid } = TRACKING_FIELDS.normalise(sent, 'post');
    assert.deepEqual(
      invalid.map(({ field }) => field),
      ['cost_operation', 'min_price', 'tcpa_consent', 'tcpa_consent_date'],
    );
  });

  it('hold no personal data', () => {
    for (const field of TRACKING_FIELDS.fields) assert.equal(fieldClass(field), 'other', field.name);
  });

  it('have one spelling for subtracting, and replace by default', () => {
    assert.deepEqual(['add', 'subtract', 'substract', 'override', undefined].map(costOperation), [
      'add',
      'subtract',
      'subtract',
      'override',
      'override',
    ]);
  });
});
