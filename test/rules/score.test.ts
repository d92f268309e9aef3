import assert from 'node:assert/strict';
import fc from 'fast-check';
import { checkScore, compileScore } from '../../rules/score.ts';
import type { Field } from '../../schema/field.ts';
import type { ScoreSettings } from '../../schema/score.ts';
import { ruleData } from './rule-data.ts';

const fields: Field[] = ['zip', 'phone', 'email', 'make'].map((name) => ({ name, type: 'text' }));
const scoreOf = (settings: ScoreSettings, lead: Record<string, unknown>, source = 'src_a') =>
  compileScore(settings, fields).of(ruleData({ lead, source })).score;

describe('lead score', () => {
  const settings: ScoreSettings = {
    base: 10,
    completeness: { points: 40 },
    sources: { src_a: 20, src_b: -30 },
    otherSources: 5,
    signals: [{ if: { '==': [{ var: 'lead.make' }, 'audi'] }, points: 25 }],
  };
  const cases: [what: string, lead: Record<string, unknown>, source: string, expected: number][] = [
    ['adds base, completeness, source and signals', { zip: '1', phone: '2', email: '3', make: 'audi' }, 'src_a', 95],
    ['counts a part of the fields', { zip: '1', phone: '2' }, 'src_a', 50],
    ['counts an empty text as absent', { zip: '1', phone: '' }, 'src_a', 40],
    ['knows other sources', { zip: '1', phone: '2' }, 'src_z', 35],
    ['does not go below 0', {}, 'src_b', 0],
  ];
  for (const [what, lead, source, expected] of cases) {
    it(what, () => assert.equal(scoreOf(settings, lead, source), expected));
  }

  it('asks for the fields that are named', () => {
    assert.equal(scoreOf({ completeness: { points: 60, fields: ['zip', 'make'] } }, { zip: '1', phone: '2' }), 30);
  });

  it('says what it is made of', () => {
    const score = compileScore(settings, fields).of(ruleData({ lead: { make: 'audi' }, source: 'src_a' }));
    assert.deepEqual(score, { score: 65, base: 10, completeness: 10, source: 20, signals: { 0: 25 } });
  });

  it('is a whole number from 0 to 100, whatever the points', () => {
    const points = fc.double({ min: -100, max: 100, noNaN: true });
    const any = fc.record({ base: points, completeness: fc.record({ points }), otherSources: points });
    fc.assert(
      fc.property(any, fc.subarray(['zip', 'phone', 'email', 'make']), (chosen, names) => {
        const score = scoreOf(chosen, Object.fromEntries(names.map((name) => [name, 'x'])));
        assert.ok(Number.isInteger(score) && score >= 0 && score <= 100, String(score));
      }),
    );
  });

  it('is checked for fields and variables that are not there', () => {
    const issues = checkScore(
      {
        completeness: { points: 5, fields: ['zip', 'shoe_size'] },
        signals: [
          { if: { '>': [{ var: 'facts.score' }, 5] }, points: 5 },
          { if: { '>': [{ var: 'integration.acceptance' }, 5] }, points: 5 },
          { if: { sqrt: [4] }, points: 5 },
          { if: { '>': [1, 2] }, points: 5 },
        ],
      },
      fields,
      'score',
    );
    assert.deepEqual(
      issues.map(({ path, code }) => `${path} ${code}`),
      [
        'score.completeness.fields[1] unknown_field',
        'score.signals[0].if invalid_variable',
        'score.signals[1].if invalid_variable',
        'score.signals[1].if never_matches',
        'score.signals[2].if.sqrt unknown_operator',
        'score.signals[3].if never_matches',
      ],
    );
  });
});
