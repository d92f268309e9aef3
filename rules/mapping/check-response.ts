import type { Condition, ResponseMapping } from '../../schema/mapping.ts';
import { checkExpression } from './check-expression.ts';
import { quote } from './check-path.ts';
import type { Report } from './check-report.ts';
import { ANSWER_ROOTS } from './context.ts';
import { isForbiddenName, parsePath } from './path.ts';

const OUTCOMES = ['error', 'duplicate', 'rejected', 'pending', 'accepted'] as const;
const VALUES = ['price', 'reason', 'leadId', 'redirectUrl'] as const;

export function checkResponse(response: ResponseMapping, report: Report): void {
  for (const outcome of OUTCOMES) {
    const condition = response[outcome];
    if (condition !== undefined) checkCondition(condition, `response.${outcome}`, report);
  }
  for (const name of VALUES) {
    const source = response[name];
    if (source !== undefined) checkExpression(source, `response.${name}`, report, { roots: ANSWER_ROOTS });
  }
  for (const [name, source] of Object.entries(response.capture ?? {})) {
    checkExpression(source, `response.capture.${name}`, report, { roots: ANSWER_ROOTS });
  }
  checkBid(response.bid, report);
}

/** Checks a condition over an answer, or over something else that is read by these roots. */
export function checkCondition(
  condition: Condition,
  at: string,
  report: Report,
  roots: readonly string[] = ANSWER_ROOTS,
): void {
  if (typeof condition === 'string') {
    checkExpression(condition, at, report, { roots });
    return;
  }
  if (Object.keys(condition).length === 0) report(at, 'bad_path', 'Names no path, so it would hold for every answer');
  for (const path of Object.keys(condition)) {
    const root = parsePath(path)?.[0];
    if (root === undefined) report(`${at}.${path}`, 'bad_path', `${quote(path)} is not a path such as body.status`);
    else if (!roots.includes(root)) {
      report(`${at}.${path}`, 'unknown_root', `${quote(path)} must start with one of ${roots.join(', ')}`);
    }
  }
}

/** With `each`, the other expressions start at one bid and reach the rest as $answer. */
function checkBid(bid: ResponseMapping['bid'], report: Report): void {
  if (!bid) return;
  const scope = bid.each === undefined ? { roots: ANSWER_ROOTS } : {};
  const check = (source: string | number | boolean | undefined, at: string) => {
    if (typeof source === 'string') checkExpression(source, at, report, { ...scope, variables: ['answer'] });
  };
  if (bid.each !== undefined) checkExpression(bid.each, 'response.bid.each', report, { roots: ANSWER_ROOTS });
  for (const name of ['price', 'id', 'expiresInMs', 'exclusive'] as const) check(bid[name], `response.bid.${name}`);
  for (const [name, source] of Object.entries(bid.private ?? {})) {
    const at = `response.bid.private.${name}`;
    if (isForbiddenName(name)) report(at, 'bad_field', `${quote(name)} cannot be a name`);
    check(source, at);
  }
}
