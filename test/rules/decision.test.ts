import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compileRule } from '../../rules/decision.ts';
import type { RuleBody, RuleStep } from '../../schema/filters.ts';
import { ruleData } from './rule-data.ts';

const lead = { age: 19, state: 'NY' };
const decide = (body: RuleBody) => compileRule(body).decide(ruleData({ lead }));
const young = { '<': [{ var: 'lead.age' }, 25] };
const western = { in: [{ var: 'lead.state' }, ['CA', 'NV']] };

describe('rules with steps', () => {
  it('send whatever no step keeps away', () => {
    assert.deepEqual(decide([{ if: western, then: { skip: true } }]), { pass: true });
  });

  it('skip, and say which step and what it saw', () => {
    const decision = decide([
      { if: western, then: { tag: 'west' } },
      { if: young, then: { skip: true } },
    ]);
    assert.deepEqual(decision, {
      pass: false,
      failed: { path: '[1].if', operator: 'skip', values: { 'lead.age': 19 } },
    });
  });

  it('skip the rest with a last step without a condition', () => {
    const decision = decide([{ if: western, then: { send: true } }, { then: { skip: true } }]);
    assert.deepEqual(decision, { pass: false, failed: { path: '[1]', operator: 'skip', values: {} } });
  });

  it('end at the first send', () => {
    const decision = decide([{ if: young, then: { send: true, priority: 5 } }, { then: { skip: true } }]);
    assert.deepEqual(decision, {
      pass: true,
      effects: { multiply: 1, add: 0, tags: [], steps: ['[0]'], priority: 5 },
    });
  });

  it('add up: the last price and priority count, factors multiply, amounts and tags add', () => {
    const decision = decide([
      { if: young, then: { price: 10, priority: 1, multiply: 1.5, tag: 'young' } },
      { if: western, then: { price: 99 } },
      { then: { price: 12.5, multiply: 2, add: -0.25, tag: 'any' } },
      { then: { add: 1, tag: 'any' } },
    ]);
    assert.deepEqual(decision, {
      pass: true,
      effects: {
        multiply: 3,
        add: 750_000,
        tags: ['young', 'any'],
        steps: ['[0]', '[2]', '[3]'],
        price: 12_500_000,
        priority: 1,
      },
    });
  });

  it('decide as plain conditions do when they only skip', () => {
    const condition = fc.constantFrom<RuleStep['if']>(young, western, true, false);
    fc.assert(
      fc.property(fc.array(condition, { minLength: 1, maxLength: 6 }), (conditions) => {
        const steps = conditions.map((one): RuleStep => ({ if: one, then: { skip: true } }));
        const plain = { '!': [{ or: conditions }] } as RuleBody;
        assert.equal(decide(steps).pass, decide(plain).pass);
      }),
    );
  });
});
