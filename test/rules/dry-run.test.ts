import assert from 'node:assert/strict';
import { checkConfiguration } from '../../config/check.ts';
import { compileCapScopes } from '../../rules/cap-scopes.ts';
import { compileIntegrationFilters } from '../../rules/eligibility.ts';
import { explainEligibility, type Check, type Explanation } from '../../rules/explain.ts';
import { locate } from '../../rules/geo/place-of.ts';
import type { RuleIntegration } from '../../rules/logic.ts';
import type { RateUse } from '../../rules/rate-window.ts';
import type { Cap } from '../../schema/filters.ts';
import type { Integration } from '../../schema/integration.ts';
import { sampleFile } from '../config/sample.ts';
import { places, ruleData } from './rule-data.ts';
import { scenarios } from './scenarios.ts';

/** One lead at one integration, and what an account manager would say about it. */
interface Scenario {
  integration: Pick<Integration, 'rule' | 'caps' | 'schedule' | 'holidays' | 'geo' | 'paused'>;
  /** Caps of its buyer `buy_acme` and of the source `src_a`. */
  buyerCaps?: Cap[];
  sourceCaps?: Cap[];
  /** Its buyer does not want the same lead twice, and has had this one, or not. */
  hadBefore?: boolean;
  lead: Record<string, unknown>;
  buyerPaused?: boolean;
  sandbox?: boolean;
  hasTestEndpoint?: boolean;
  blocked?: { connector: string; why: string };
  /** Default a Wednesday, 12:05 in New York. */
  at?: string;
  source?: string;
  score?: number;
  lists?: Record<string, unknown[]>;
  counters?: Record<string, number>;
  figures?: Partial<RuleIntegration>;
  unhealthy?: string[];
  /** How often it was asked, where that is limited. */
  rates?: RateUse[];
  expected: {
    reason?: Explanation['reason'];
    says: string;
    /** Each check: what it says, after + where the lead passes and - where it does not. */
    checks: Partial<Record<Check['check'], string[]>>;
  };
}

const timezone = 'America/New_York';

function explain(scenario: Scenario): Explanation {
  const at = new Date(scenario.at ?? '2026-11-18T17:05:00Z');
  const { integration, lead, lists = {} } = scenario;
  const { state, zip } = lead as { state?: string; zip?: string };
  const capScopes = compileCapScopes({
    buyers: [{ id: 'buy_acme', caps: scenario.buyerCaps }],
    sources: [{ id: 'src_a', caps: scenario.sourceCaps }],
  });
  const { hadBefore } = scenario;
  const data = ruleData({ lead, at, timezone, lists, score: scenario.score ?? null, source: scenario.source });
  return explainEligibility(
    integration,
    {
      filters: compileIntegrationFilters(
        { id: 'int_acme', buyer: 'buy_acme', ...integration },
        { timezone, rules: new Map(), capScopes },
      ),
      paused: integration.paused ?? false,
      buyerPaused: scenario.buyerPaused ?? false,
      blocked: scenario.blocked,
      hasTestEndpoint: scenario.hasTestEndpoint ?? true,
    },
    {
      at,
      sandbox: scenario.sandbox ?? false,
      place: locate({ state, zip }, places),
      data: { ...data, integration: { ...data.integration, ...scenario.figures } },
      hasList: (list) => Object.hasOwn(lists, list),
      counters: new Map(Object.entries(scenario.counters ?? {})),
      ...(hadBefore === undefined ? {} : { hadBefore: new Set(hadBefore ? ['buy_acme'] : []) }),
      isHealthy: (id) => !scenario.unhealthy?.includes(id),
    },
    scenario.rates,
  );
}

function said(checks: readonly Check[]): Scenario['expected']['checks'] {
  const all: Scenario['expected']['checks'] = {};
  for (const { check, pass, says } of checks) (all[check] ??= []).push(`${pass ? '+' : '-'} ${says}`);
  return all;
}

describe('dry run: scenarios', () => {
  const all = scenarios<Scenario>('dry-run');
  it('are thirty or more', () => assert.ok(all.length >= 30));

  for (const { rule, scenario } of all) {
    it(rule, () => {
      const { eligible, reason, says, checks } = explain(scenario);
      const { expected } = scenario;
      assert.deepEqual({ reason, says, checks: said(checks) }, { reason: undefined, ...expected });
      assert.equal(eligible, expected.reason === undefined);
      assert.equal(
        eligible,
        checks.every(({ pass }) => pass),
        'a lead goes where every check passes, and nowhere else',
      );
    });

    it(`${rule}: is a configuration without mistakes`, () => {
      const file = sampleFile();
      const [integration] = file.integrations ?? [];
      assert.ok(integration);
      const { rule: theirs, caps, schedule, holidays, geo } = scenario.integration;
      Object.assign(integration, { rule: theirs, caps, schedule, holidays, geo, ping: undefined, price: 5 });
      const { issues } = checkConfiguration(JSON.parse(JSON.stringify(file)));
      const errors = issues.filter(({ severity }) => severity !== 'warning');
      assert.deepEqual(errors, []);
    });
  }
});
