import assert from 'node:assert/strict';
import type { Logic } from '../../schema/filters.ts';
import { checkLogic, checkReachable, compileLogic, evaluateLogic, listQuestions } from '../../rules/logic.ts';
import { ruleData, type RuleSight } from './rule-data.ts';

const holds = (logic: Logic, sight: RuleSight) => {
  assert.deepEqual(checkLogic(logic, ''), []);
  return evaluateLogic(compileLogic(logic), ruleData(sight)).pass;
};

describe('logic: operators of its own', () => {
  const lead = { zip: '94105', phone: '+14155550100', email: 'ada@gmail.com', accident: '2026-11-01' };
  const cases: [what: string, logic: Logic, expected: boolean][] = [
    ['in_list holds for a value of the list', { in_list: [{ var: 'lead.phone' }, 'lst_dnc'] }, true],
    ['in_list does not hold for another value', { in_list: [{ var: 'lead.email' }, 'lst_dnc'] }, false],
    ['matches finds a part', { matches: [{ var: 'lead.email' }, '@(gmail|yahoo)\\.com$'] }, true],
    ['matches tells case apart', { matches: [{ var: 'lead.email' }, 'GMAIL'] }, false],
    ['matches can be told not to', { matches: [{ var: 'lead.email' }, '(?i)GMAIL'] }, true],
    ['matches nothing in an absent value', { matches: [{ var: 'lead.gone' }, '.*'] }, false],
    ['matches works on items of a loop', { some: [['x', 'ada'], { matches: [{ var: '' }, '^a'] }] }, true],
    ['days_since counts days of the calendar', { '==': [{ days_since: { var: 'lead.accident' } }, 17] }, true],
    ['days_since of an absent date is never less', { '<': [{ days_since: { var: 'lead.gone' } }, 30] }, false],
    ['days_since of an absent date is never more', { '>=': [{ days_since: { var: 'lead.gone' } }, 30] }, false],
    ['within_miles holds near by', { within_miles: [{ var: 'lead.zip' }, '94612', 20] }, true],
    ['within_miles does not hold far away', { within_miles: [{ var: 'lead.zip' }, '95814', 20] }, false],
    ['within_miles of an unknown place does not hold', { within_miles: [{ var: 'lead.gone' }, '95814', 20] }, false],
  ];
  for (const [what, logic, expected] of cases) {
    it(what, () => assert.equal(holds(logic, { lead, lists: { lst_dnc: ['+14155550100'] } }), expected));
  }

  it('counts days on the wall clock of the campaign', () => {
    const logic: Logic = { '==': [{ days_since: { var: 'lead.accident' } }, 17] };
    // Still the 18th in New York, the 19th in UTC.
    assert.ok(holds(logic, { lead, at: new Date('2026-11-19T03:00:00Z') }));
  });

  it('says beforehand what it will ask of lists', () => {
    const logic = {
      or: [
        { in_list: [{ var: 'lead.phone' }, 'lst_dnc'] },
        { '!': { in_list: [{ var: 'facts.area_code' }, 'lst_codes'] } },
      ],
    };
    assert.deepEqual(listQuestions(logic), [
      { list: 'lst_dnc', variable: 'lead.phone' },
      { list: 'lst_codes', variable: 'facts.area_code' },
    ]);
  });

  it('takes no pattern that could stall a node', () => {
    const codes = (pattern: string) =>
      checkLogic({ matches: [{ var: 'lead.a' }, pattern] }, '').map(({ path }) => path);
    for (const pattern of ['(?=a)', '(a)\\1', '[', '(a{1000}){1000}', 'a{2000}', '(a?){400}a{400}', 'a'.repeat(501)]) {
      assert.deepEqual(codes(pattern), ['matches[1]'], pattern);
    }
    assert.deepEqual(codes('(a+)+$'), []);
    assert.equal(holds({ matches: [{ var: 'lead.a' }, '^(a+)+$'] }, { lead: { a: `${'a'.repeat(9000)}b` } }), true);
  });

  const wrong: [what: string, logic: unknown, issue: string][] = [
    ['in_list of something computed', { in_list: [{ cat: ['a', 'b'] }, 'lst_dnc'] }, 'in_list[0] invalid_argument'],
    ['a list without an id', { in_list: [{ var: 'lead.phone' }, ['a']] }, 'in_list[1] invalid_argument'],
    ['a pattern from the lead', { matches: ['a', { var: 'lead.pattern' }] }, 'matches[1] invalid_argument'],
    ['a ZIP code as a number', { within_miles: [{ var: 'lead.zip' }, 94105, 5] }, 'within_miles[1] invalid_argument'],
    ['a distance below zero', { within_miles: [{ var: 'lead.zip' }, '94105', -5] }, 'within_miles[2] invalid_argument'],
    ['in_list in a loop', { some: [[1], { in_list: [{ var: 'a' }, 'lst_dnc'] }] }, 'some[1].in_list not_in_loop'],
    ['days_since in a loop', { some: [['a'], { days_since: { var: '' } }] }, 'some[1].days_since not_in_loop'],
    ['an unknown fact', { '==': [{ var: 'facts.mood' }, 1] }, '"=="[0].var invalid_variable'],
    ['an unknown figure', { '>': [{ var: 'integration.luck' }, 1] }, '">"[0].var invalid_variable'],
  ];
  for (const [what, logic, issue] of wrong) {
    it(`refuses ${what}`, () =>
      assert.deepEqual(
        checkLogic(logic, '').map(({ path, code }) => `${path} ${code}`),
        [issue],
      ));
  }
});

describe('logic: facts', () => {
  const at = new Date('2026-11-18T03:30:00Z');
  const fact = (name: string, sight: Partial<RuleSight>) => ruleData({ lead: {}, at, ...sight }).facts[name as 'state'];
  const cases: [name: string, sight: Partial<RuleSight>, expected: unknown][] = [
    ['state', { lead: { zip: '94105' } }, 'CA'],
    ['state', { lead: { zip: '94105', state: 'NV' } }, 'NV'],
    ['zip_state', { lead: { zip: '94105', state: 'NV' } }, 'CA'],
    ['county', { lead: { zip: '60601' } }, 'Cook'],
    ['timezone', { lead: { zip: '32501' } }, 'America/Chicago'],
    ['timezone', { lead: { state: 'FL' } }, 'America/New_York'],
    ['timezone', { lead: {} }, null],
    ['local_hour', { lead: { zip: '94105' } }, 19],
    ['local_time', { lead: { zip: '10001' } }, '22:30'],
    ['local_day', { lead: { zip: '94105' } }, 'tue'],
    ['local_hour', { lead: {} }, null],
    ['area_code', { lead: { phone: '+14155550100' } }, '415'],
    ['area_code', { lead: { phone: '+442071838750' } }, null],
    ['age_minutes', { receivedAt: new Date('2026-11-18T03:18:30Z') }, 11],
    ['consent', { lead: { tcpa_consent: false } }, false],
    ['consent', { lead: {} }, null],
    ['score', { score: 72 }, 72],
  ];
  for (const [name, sight, expected] of cases) {
    it(`${name} of ${JSON.stringify(sight)}`, () => assert.equal(fact(name, sight), expected));
  }
});

describe('logic: what can never hold', () => {
  const domains = (name: string) => (name === 'lead.make' ? { values: ['ford', 'audi', null] } : undefined);
  const state = (...states: string[]) => ({ in: [{ var: 'lead.state' }, states] });
  const never: [what: string, logic: Logic, path: string][] = [
    ['a plain false', false, 'rule'],
    ['a constant comparison', { '>': [1, 2] }, 'rule'],
    ['a false part of an and', { and: [state('CA'), { '==': ['a', 'b'] }] }, 'rule.and[1]'],
    [
      'two values at once',
      { and: [{ '==': [{ var: 'lead.a' }, 1] }, { '==': [{ var: 'lead.a' }, 2] }] },
      'rule.and[1]',
    ],
    ['two lists without a common value', { and: [state('CA', 'NV'), { and: [state('NY')] }] }, 'rule.and[1].and[0]'],
    [
      'an empty range',
      { and: [{ '>': [{ var: 'lead.age' }, 65] }, { '<': [{ var: 'lead.age' }, 25] }] },
      'rule.and[1]',
    ],
    [
      'a range the other way round',
      { and: [{ '<': [65, { var: 'lead.age' }] }, { '>=': [25, { var: 'lead.age' }] }] },
      'rule.and[1]',
    ],
    [
      'a value outside a range',
      { and: [{ '==': [{ var: 'lead.age' }, 20] }, { '>=': [{ var: 'lead.age' }, 25] }] },
      'rule.and[1]',
    ],
    ['an hour after 23', { '>=': [{ var: 'now.hour' }, 24] }, 'rule'],
    ['a day of another language', { '==': [{ var: 'now.day' }, 'monday'] }, 'rule'],
    ['a score over 100', { '>': [{ var: 'facts.score' }, 100] }, 'rule'],
    ['a state by its name', { '==': [{ var: 'facts.state' }, 'California'] }, 'rule'],
    ['a value the enum lacks', { in: [{ var: 'lead.make' }, ['tesla', 'bmw']] }, 'rule'],
    ['an empty list', { in: [{ var: 'lead.a' }, []] }, 'rule'],
    ['a dead part of an or', { or: [{ '>': [{ var: 'now.hour' }, 30] }, state('CA')] }, 'rule.or[0]'],
    ['an or of dead parts', { or: [false, { '>': [{ var: 'now.hour' }, 30] }] }, 'rule.or'],
  ];
  for (const [what, logic, path] of never) {
    it(`finds ${what}`, () => {
      const found = checkReachable(logic, 'rule', domains);
      assert.deepEqual(
        found.map((issue) => [issue.path, issue.code, issue.severity]),
        [[path, 'never_matches', 'warning']],
      );
    });
  }

  const possible: [what: string, logic: Logic][] = [
    ['a plain true', true],
    ['overlapping lists', { and: [state('CA', 'NV'), state('NV')] }],
    ['the edges of a range', { and: [{ '>=': [{ var: 'lead.a' }, 5] }, { '<=': [{ var: 'lead.a' }, 5] }] }],
    ['a number as text', { and: [{ '==': [{ var: 'lead.a' }, '5'] }, { '==': [{ var: 'lead.a' }, 5] }] }],
    ['an absent enum', { '==': [{ var: 'lead.make' }, null] }],
    ['a part of a text', { in: [{ var: 'lead.a' }, 'some text'] }],
    ['other variables', { and: [{ '==': [{ var: 'lead.a' }, 1] }, { '==': [{ var: 'lead.b' }, 2] }] }],
    [
      'contradictions in different parts of an or',
      { or: [{ '==': [{ var: 'lead.a' }, 1] }, { '==': [{ var: 'lead.a' }, 2] }] },
    ],
    ['a default', { and: [{ '==': [{ var: ['lead.a', 1] }, 1] }, { '==': [{ var: 'lead.a' }, null] }] }],
  ];
  for (const [what, logic] of possible)
    it(`leaves ${what} alone`, () => assert.deepEqual(checkReachable(logic, 'rule', domains), []));
});
