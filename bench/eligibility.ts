import jsonLogic, { type RulesLogic } from 'json-logic-js';
import { createZipCodes } from '../config/zip-codes.ts';
import { checkEligibility, compileIntegrationFilters, type EligibilityFacts } from '../rules/eligibility.ts';
import { locate } from '../rules/geo/place-of.ts';
import { createClocks, createRuleFacts, createRuleNow, type RuleData } from '../rules/logic.ts';
import type { Logic } from '../schema/filters.ts';

const INTEGRATIONS = 200;
const LEADS = 2_000;
const ROUNDS = 3;
const TIMEZONE = 'America/New_York';

/** What a buyer of auto insurance leads asks for. */
function ruleOf(n: number): Logic {
  return {
    and: [
      { in: [{ var: 'lead.state' }, ['CA', 'NV', 'AZ', 'TX', 'FL', 'NY', 'OH', 'WA']] },
      { '>=': [{ var: 'lead.age' }, 18 + (n % 20)] },
      { '!=': [{ var: 'source.id' }, 'src_cheap'] },
      { or: [{ '!': { var: 'lead.insured' } }, { '==': [{ var: 'lead.line_type' }, 'mobile'] }] },
      { '<': [{ var: 'now.hour' }, 23] },
    ],
  };
}

/** The checks of one lead for 200 integrations, in CPU time, beside json-logic-js evaluating the same rules alone. */
export function measureEligibility(): void {
  const rules = Array.from({ length: INTEGRATIONS }, (_, n) => ruleOf(n));
  const all = rules.map((rule, n) =>
    compileIntegrationFilters(
      {
        id: `int_${n}`,
        rule,
        schedule: [{ days: 'mon-sun', from: '00:00', to: '24:00' }],
        geo: { exclude: { states: ['AK', 'HI'], zips: ['94105'] } },
        caps: [{ count: 'accepted', max: 50, per: 'day' }],
      },
      { timezone: TIMEZONE, rules: new Map() },
    ),
  );
  const dataOf = leads();
  for (let round = 0; round < ROUNDS; round++) {
    const alone = cpuOf((n) => {
      const { data } = dataOf(n);
      for (const rule of rules) jsonLogic.apply(rule as RulesLogic, data);
    });
    const whole = cpuOf((n) => {
      const facts = dataOf(n);
      for (const filters of all) checkEligibility({ filters, hasTestEndpoint: true }, facts);
    });
    console.log(
      `  ${INTEGRATIONS} integrations: ${whole.toFixed(2)} ms of CPU a lead; their rules in json-logic-js alone ${alone.toFixed(2)} ms`,
    );
  }
}

/** Leads of which half are too young for some of the buyers, so that reasons have to be found as well. */
function leads(): (n: number) => EligibilityFacts {
  const [places, clockOf, now] = [createZipCodes(), createClocks(), createRuleNow(TIMEZONE)];
  const at = new Date('2026-11-18T17:05:00Z');
  return (n) => {
    const place = { state: 'CA', zip: '90012' };
    const lead = { ...place, age: 20 + (n % 40), insured: n % 3 === 0, line_type: 'mobile' };
    const data: RuleData = {
      lead,
      source: { id: 'src_a', seller: 'sel_a' },
      campaign: { id: 'cmp_a' },
      now: now(at),
      facts: createRuleFacts({ at, receivedAt: at, place, consent: true, score: () => null, places, clockOf }),
      integration: {
        id: '',
        acceptance: null,
        average_bid: null,
        response_ms: null,
        postback_hours: null,
        days_to_pay: null,
      },
      inList: () => false,
      places,
    };
    return {
      at,
      sandbox: false,
      place: locate(place, places),
      data,
      hasList: () => true,
      counters: new Map(),
      isHealthy: () => true,
    };
  };
}

/** CPU milliseconds of this process for each lead. */
function cpuOf(work: (n: number) => void): number {
  const before = process.cpuUsage();
  for (let n = 0; n < LEADS; n++) work(n);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / LEADS;
}
