/** How bad: an error keeps a connector from being offered, a warning should be looked at, a suggestion would be nicer. */
export type Grade = 'error' | 'warning' | 'suggestion';

/** What a connector does that it should not, or the other way round. Quotes no credential and no value of a lead. */
export interface Finding {
  /** Id of the rule: its section in docs/connector-conformance.md. */
  rule: RuleId;
  grade: Grade;
  message: string;
  /** Where: a path in `connector.json`, a fixture, or an operation. */
  at?: string;
}

/** Every rule. Each has a section in docs/connector-conformance.md and a connector in the tests that breaks it. */
export const RULES = [
  ...(['schema/valid', 'docs/complete', 'package/publishable'] as const),
  ...(['secrets/declared', 'secrets/never-shown', 'secrets/not-logged', 'hosts/declared'] as const),
  ...(['fixtures/readable', 'fixtures/match', 'fixtures/accept-and-reject'] as const),
  ...(['input/not-mutated', 'deterministic', 'faults/declared', 'price/finite', 'retry/same-key'] as const),
  ...(['answers/empty', 'answers/html', 'answers/array', 'answers/truncated', 'answers/10mb'] as const),
  ...(['answers/401', 'answers/429', 'answers/500', 'answers/reset', 'answers/timeout'] as const),
  'config/compatible',
] as const;
export type RuleId = (typeof RULES)[number];

/** Where a check puts what it finds. */
export type Say = (rule: RuleId, grade: Grade, message: string, at?: string) => void;

/** Whether nothing keeps a connector from being offered. */
export function passes(findings: readonly Finding[]): boolean {
  return !findings.some(({ grade }) => grade === 'error');
}
