import assert from 'node:assert/strict';
import fc from 'fast-check';
import jsonLogic, { type RulesLogic } from 'json-logic-js';
import type { Logic } from '../../schema/filters.ts';
import { checkLogic, compileLogic, evaluateLogic, variablesOf } from '../../rules/logic.ts';
import { ruleData } from './rule-data.ts';
import { scenarios } from './scenarios.ts';

const dataOf = (lead: Record<string, unknown>) => ruleData({ lead });
const evaluate = (logic: Logic, lead: Record<string, unknown>) => evaluateLogic(compileLogic(logic), dataOf(lead));

describe('logic: check', () => {
  for (const { rule, scenario } of scenarios<{ logic: unknown; issues: string[] }>('logic')) {
    it(rule, () => {
      const issues = checkLogic(scenario.logic, 'rule');
      assert.deepEqual(
        issues.map(({ path, code }) => `${path} ${code}`),
        scenario.issues,
      );
    });
  }

  it('sees an operator that JSON brings in as __proto__', () => {
    assert.equal(checkLogic(JSON.parse('{"__proto__": [1]}'), 'rule')[0]?.code, 'unknown_operator');
  });

  it('takes 20 levels and refuses 21', () => {
    const nested = (levels: number): unknown => (levels === 1 ? { var: 'lead.a' } : { '!': [nested(levels - 1)] });
    assert.deepEqual(checkLogic(nested(20), 'rule'), []);
    assert.deepEqual(
      checkLogic(nested(21), 'rule').map(({ code }) => code),
      ['too_deep'],
    );
  });

  it('refuses what is far too deep without running out of stack', () => {
    let logic: unknown = true;
    for (let level = 0; level < 100_000; level++) logic = { map: [logic, true] };
    assert.ok(checkLogic(logic, 'rule').some(({ code }) => code === 'too_deep'));
  });

  it('takes 1,000 parts and refuses more, once', () => {
    const wide = (parts: number) => ({
      in: [{ var: 'lead.zip' }, Array.from({ length: parts - 4 }, (_, n) => `${n}`)],
    });
    assert.deepEqual(checkLogic(wide(1000), 'rule'), []);
    assert.deepEqual(
      checkLogic(wide(1500), 'rule').map(({ path, code }) => [path, code]),
      [['rule', 'too_large']],
    );
  });

  it('lets nothing through that throws when it runs', () => {
    const leaf = fc.constantFrom<unknown>(
      { var: 'lead.a' },
      { var: 'now.hour' },
      { var: ['lead.gone', 7] },
      'CA',
      3,
      null,
    );
    const { expression } = fc.letrec<{ expression: unknown }>((tie) => ({
      expression: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.array(leaf, { maxLength: 3 }),
        fc
          .tuple(
            fc.constantFrom(
              ...'! !! and or if == < <= > + - * / % min max in cat merge substr map some reduce'.split(' '),
            ),
            fc.array(tie('expression'), { minLength: 1, maxLength: 3 }),
          )
          .map(([operator, values]) => ({ [operator]: values })),
      ),
    }));
    fc.assert(
      fc.property(expression, (logic) => {
        fc.pre(checkLogic(logic, '').length === 0);
        const answer = evaluate(logic as Logic, { a: 'x' });
        assert.equal(answer.pass, jsonLogic.truthy(jsonLogic.apply(logic as RulesLogic, dataOf({ a: 'x' }))));
      }),
      { numRuns: 500 },
    );
  });
});

describe('logic: explanation', () => {
  const young: Logic = { '>=': [{ var: 'lead.age' }, 25] };
  const western: Logic = { in: [{ var: 'lead.state' }, ['CA', 'NV']] };
  const lead = { age: 19, state: 'NY', zip: '10001' };
  const age = { 'lead.age': 19 };
  const state = { 'lead.state': 'NY' };
  const cases: [what: string, logic: Logic, path: string, values: Record<string, unknown>][] = [
    ['a comparison', young, '">="', age],
    ['the first false part of an and', { and: [true, western, young] }, 'and[1].in', state],
    ['an or as a whole', { or: [western, young] }, 'or', { ...state, ...age }],
    ['an or of one', { or: [young] }, 'or[0].">="', age],
    ['an and within an or within an and', { and: [{ or: [{ and: [western] }] }] }, 'and[0].or[0].and[0].in', state],
    ['a single argument without a list', { and: young } as Logic, 'and.">="', age],
    ['what is true under a not', { '!': { '<': [{ var: 'lead.age' }, 25] } }, '"!"."<"', age],
    [
      'the true part of an or under a not',
      { '!': [{ or: [western, { '!': [young] }] }] },
      '"!"[0].or[1]."!"[0].">="',
      age,
    ],
    [
      'all of an and under a not',
      { '!': { and: [{ '!': western }, { '!': young }] } },
      '"!".and',
      { ...state, ...age },
    ],
    ['the branch that an if takes', { if: [{ var: 'lead.zip' }, young, true] }, 'if[1].">="', age],
    ['the conditions of an if that ends in a value', { if: [young, true, false] }, 'if', age],
    ['absent variables as null', { '==': [{ var: 'lead.dob' }, 1] }, '"=="', { 'lead.dob': null }],
    [
      'names under missing',
      { '!': { missing: ['lead.zip', 'lead.dob'] } },
      '"!".missing',
      { 'lead.zip': '10001', 'lead.dob': null },
    ],
    ['variables outside a loop only', { some: [[1], { '>': [{ var: '' }, 5] }] }, 'some', {}],
    ['a plain false', false, '', {}],
  ];
  for (const [what, logic, path, values] of cases) {
    it(`names ${what}`, () => {
      assert.deepEqual(checkLogic(logic, ''), []);
      const { failed } = evaluate(logic, lead);
      assert.equal(failed?.path, path);
      assert.deepEqual(failed?.values, values);
    });
  }

  it('has nothing to explain where a rule holds', () => {
    assert.deepEqual(evaluate({ '<': [{ var: 'lead.age' }, 25] }, lead), { pass: true });
  });

  it('lists the variables of a rule once', () => {
    const logic = { and: [young, western, { '!=': [{ var: ['lead.age', 0] }, { var: 'now.hour' }] }] };
    assert.deepEqual(variablesOf(logic), ['lead.age', 'lead.state', 'now.hour']);
  });
});

describe('logic: now', () => {
  it('is the wall clock of the time zone', () => {
    assert.deepEqual(dataOf({}).now, {
      date: '2026-11-18',
      time: '12:05',
      hour: 12,
      minute: 5,
      day: 'wed',
      weekday: 3,
      unix: 1_795_021_509,
    });
  });
});
