import assert from 'node:assert/strict';
import type { RuleBody } from '../../schema/filters.ts';
import type { Integration } from '../../schema/integration.ts';
import { checkEligibility, compileIntegrationFilters, type Eligibility } from '../../rules/eligibility.ts';
import { locate } from '../../rules/geo/place-of.ts';
import { places, ruleData } from './rule-data.ts';
import { scenarios } from './scenarios.ts';

const timezone = 'America/New_York';

interface Scenario {
  integration: Pick<Integration, 'id' | 'buyer' | 'rule' | 'caps' | 'schedule' | 'holidays' | 'geo' | 'paused'>;
  /** Buyers that have had this lead. */
  hadBefore?: string[];
  buyerPaused?: boolean;
  /** The connector that it runs on, where that is blocked. */
  blocked?: { connector: string; why: string };
  hasTestEndpoint?: boolean;
  rules?: Record<string, RuleBody>;
  at: string;
  sandbox?: boolean;
  lead: Record<string, string | number>;
  counters?: Record<string, number>;
  lists?: Record<string, unknown[]>;
  unhealthy?: string[];
  expected: Eligibility;
}

function check(scenario: Scenario): Eligibility {
  const at = new Date(scenario.at);
  const rules = new Map(Object.entries(scenario.rules ?? {}));
  const { state, zip } = scenario.lead as { state?: string; zip?: string };
  return checkEligibility(
    {
      filters: compileIntegrationFilters(scenario.integration, { timezone, rules }),
      paused: scenario.integration.paused,
      buyerPaused: scenario.buyerPaused,
      blocked: scenario.blocked,
      hasTestEndpoint: scenario.hasTestEndpoint ?? true,
    },
    {
      at,
      sandbox: scenario.sandbox ?? false,
      place: locate({ state, zip }, places),
      data: ruleData({ lead: scenario.lead, at, timezone, lists: scenario.lists }),
      hasList: (list) => Object.hasOwn(scenario.lists ?? {}, list),
      counters: new Map(Object.entries(scenario.counters ?? {})),
      ...(scenario.hadBefore ? { hadBefore: new Set(scenario.hadBefore) } : {}),
      isHealthy: (id) => !scenario.unhealthy?.includes(id),
    },
  );
}

describe('eligibility', () => {
  for (const { rule, scenario } of scenarios<Scenario>('eligibility')) {
    it(rule, () => assert.deepEqual(check(scenario), scenario.expected));
  }

  it('refuses to prepare an integration whose rule does not exist', () => {
    const options = { timezone, rules: new Map<string, RuleBody>() };
    assert.throws(() => compileIntegrationFilters({ id: 'int_acme', rule: 'rul_gone' }, options), /rul_gone/);
  });

  it('refuses to prepare a schedule in a time zone that does not exist', () => {
    const schedule: Integration['schedule'] = [{ days: 'mon', from: '08:00', to: '20:00', timezone: 'Mars/Olympus' }];
    const options = { timezone, rules: new Map<string, RuleBody>() };
    assert.throws(() => compileIntegrationFilters({ id: 'int_acme', schedule }, options), /Mars\/Olympus/);
  });
});
