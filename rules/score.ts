import type { Issue } from '../errors/leadwire-error.ts';
import type { Field } from '../schema/field.ts';
import type { ScoreSettings } from '../schema/score.ts';
import {
  checkLogic,
  checkReachable,
  compileLogic,
  holds,
  listQuestions,
  variablesOf,
  type ListQuestion,
  type RuleData,
} from './logic.ts';

/** What the score of one lead is made of, each part in points. */
export interface Score {
  /** The whole, rounded and kept between 0 and 100. */
  score: number;
  base: number;
  completeness: number;
  source: number;
  /** Of the signals that were there, by their place in the settings. */
  signals: Readonly<Record<number, number>>;
}

export interface CompiledScore {
  of(data: RuleData): Score;
  /** What its signals ask of lists. */
  lists: readonly ListQuestion[];
}

/** Prepares a campaign's score, once for all leads. */
export function compileScore(settings: ScoreSettings, fields: readonly Field[]): CompiledScore {
  const { base = 0, completeness, sources = {}, otherSources = 0, signals = [] } = settings;
  const wanted = completeness?.fields ?? fields.map(({ name }) => name);
  const compiled = signals.map(({ if: condition, points }) => ({ condition: compileLogic(condition), points }));
  return {
    of(data) {
      const there = wanted.filter((name) => (data.lead[name] ?? '') !== '').length;
      const complete = wanted.length === 0 ? 0 : ((completeness?.points ?? 0) * there) / wanted.length;
      const id = String(data.source['id']);
      const source = (Object.hasOwn(sources, id) ? sources[id] : undefined) ?? otherSources;
      const held = compiled.flatMap(({ condition, points }, at): [number, number][] =>
        holds(condition, data) ? [[at, points]] : [],
      );
      const sum = held.reduce((total, [, points]) => total + points, base + complete + source);
      return {
        score: Math.min(100, Math.max(0, Math.round(sum))),
        base,
        completeness: complete,
        source,
        signals: Object.fromEntries(held),
      };
    },
    lists: signals.flatMap((signal) => listQuestions(signal.if)),
  };
}

/** What is wrong with a campaign's score. */
export function checkScore(
  { completeness, signals = [] }: ScoreSettings,
  fields: readonly Field[],
  path: string,
): Issue[] {
  const names = new Set(fields.map(({ name }) => name));
  const unknown = (completeness?.fields ?? []).flatMap((name, at): Issue[] => {
    const where = `${path}.completeness.fields[${at}]`;
    return names.has(name)
      ? []
      : [{ path: where, code: 'unknown_field', message: `the campaign has no field ${name}` }];
  });
  const own: Issue[] = names.has('score')
    ? [{ path, code: 'hidden', message: 'a field named score is what lead.score is then', severity: 'warning' }]
    : [];
  const wrong = signals.flatMap((signal, at) => {
    const where = `${path}.signals[${at}].if`;
    const issues = checkLogic(signal.if, where);
    if (issues.length > 0) return issues;
    const circular = variablesOf(signal.if).filter((name) => /^(facts|lead)\.score$|^integration\./.test(name));
    return [
      ...circular.map((name) => ({ path: where, code: 'invalid_variable', message: `${name} is not known yet` })),
      ...checkReachable(signal.if, where),
    ];
  });
  return [...unknown, ...own, ...wrong];
}
