import type { Issue } from '../../errors/leadwire-error.ts';
import { conditionsOf } from '../../rules/decision.ts';
import { STATE_CODES } from '../../rules/fields/states.ts';
import { checkLogic, checkReachable, type Domains } from '../../rules/logic.ts';
import { parsePrice } from '../../rules/money.ts';
import { checkScore } from '../../rules/score.ts';
import type { Campaign } from '../../schema/campaign.ts';
import type { RuleBody, RuleStep } from '../../schema/filters.ts';
import type { Integration } from '../../schema/integration.ts';
import type { Draft, Readable } from './draft.ts';
import { join, type Findings } from './issues.ts';
import { ruleOf } from './lead-names.ts';

/** What rules ask, what their steps do, and whether anything can come of it; and how leads are scored. */
export function checkRules(draft: Draft, findings: Findings): void {
  for (const { object, path, isNew } of draft.campaigns) {
    const { score, fields = [] } = object;
    if (isNew && score) findings.issues.push(...checkScore(score, fields, join(path, 'score')));
    for (const source of isNew ? Object.keys(score?.sources ?? {}) : []) {
      if (draft.sources.some(({ id }) => id === source)) continue;
      findings.warn(join(path, 'score', 'sources', source), 'unknown_source', `no source has the id ${source}`);
    }
  }
  for (const { object, path, isNew } of draft.rules) {
    if (isNew && object.logic !== undefined) checkBody(object.logic, join(path, 'logic'), findings);
  }
  for (const { object, path, isNew } of draft.integrations) {
    if (!isNew) continue;
    const where = join(path, 'rule');
    const { rule } = object;
    const domains = domainsOf(draft.campaigns.find(({ id }) => id === object.campaign)?.object);
    if (rule !== undefined && typeof rule !== 'string') checkBody(rule, where, findings, domains);
    const body = ruleOf(rule, draft);
    if (Array.isArray(body)) checkEffects(body, object, where, findings);
  }
}

function checkBody(body: RuleBody, path: string, findings: Findings, domains?: Domains): void {
  for (const { logic, path: inner } of conditionsOf(body)) {
    const issues = checkLogic(logic, path + inner);
    findings.issues.push(...(issues.length > 0 ? issues : checkReachable(logic, path + inner, domains)));
  }
  if (Array.isArray(body)) findings.issues.push(...checkSteps(body, path));
}

/** Steps that do nothing, contradict themselves, or come after one that ends every lead's way. */
function checkSteps(steps: readonly RuleStep[], path: string): Issue[] {
  const end = steps.findIndex(({ if: condition, then }) => isAlways(condition) && (then.skip ?? then.send));
  return steps.flatMap(({ then }, at): Issue[] => {
    const where = `${path}[${at}]`;
    const issues: Issue[] = [];
    const warn = (code: string, message: string) =>
      void issues.push({ path: where, code, message, severity: 'warning' });
    const { skip, send, ...others } = then;
    if (skip && send) issues.push({ path: where, code: 'contradiction', message: 'both skips and sends' });
    if (Object.keys(then).length === 0) issues.push({ path: `${where}.then`, code: 'empty', message: 'does nothing' });
    if (skip && Object.keys(others).length > 0) warn('unused', 'what it does beside skip has no effect');
    if (end >= 0 && at > end) warn('unreachable', `step ${end} ends the rule before`);
    if (skip && at === end && !steps.slice(0, at).some((step) => step.then.send)) {
      warn('never_matches', 'can never hold: it skips every lead');
    }
    return issues;
  });
}

/** Steps of an integration whose bids do not go by what they set. */
function checkEffects(steps: readonly RuleStep[], object: Readable<Integration>, path: string, findings: Findings) {
  steps.forEach(({ then }, at) => {
    const where = join(path, at, 'then', 'price');
    if (then.price === undefined) return;
    if (object.ping) findings.warn(where, 'unused', 'has no effect: its buyer names the price with the ping');
    const micros = parsePrice(then.price);
    if (micros === undefined || micros < 1) {
      findings.error(where, 'wrong_value', 'must be an amount from 0.000001 to 1000000000');
    }
  });
}

function isAlways(condition: RuleStep['if']): boolean {
  return condition === undefined || condition === true;
}

/** What the campaign's own fields can be. Any of them may be absent. */
function domainsOf(campaign: Readable<Campaign> | undefined): Domains {
  const fields = new Map((campaign?.fields ?? []).map((field) => [`lead.${field.name}`, field]));
  return (variable) => {
    const { type, values } = fields.get(variable) ?? {};
    if (type === 'state') return { values: [...STATE_CODES, null] };
    return type === 'enum' && values ? { values: [...values, null] } : undefined;
  };
}
