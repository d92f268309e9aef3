import { createZipCodes } from '../../config/zip-codes.ts';
import { createClocks, createRuleFacts, createRuleNow, type RuleData } from '../../rules/logic.ts';

export const places = createZipCodes();
const clockOf = createClocks();

export interface RuleSight {
  lead: Record<string, unknown>;
  /** Default 2026-11-18T17:05:09Z, in New York a Wednesday, 12:05. */
  at?: Date;
  timezone?: string;
  receivedAt?: Date;
  score?: number | null;
  source?: string;
  integration?: Partial<RuleData['integration']>;
  lists?: Record<string, unknown[]>;
}

/** What a rule sees of a lead with fields named state, zip and phone. */
export function ruleData({ lead, lists = {}, ...sight }: RuleSight): RuleData {
  const { at = new Date('2026-11-18T17:05:09Z'), timezone = 'America/New_York', receivedAt = at, score = null } = sight;
  const { state, zip, phone } = lead as Record<'state' | 'zip' | 'phone', string | undefined>;
  return {
    lead,
    source: { id: sight.source ?? 'src_a', seller: 'sel_a' },
    campaign: { id: 'cmp_a' },
    now: createRuleNow(timezone)(at),
    facts: createRuleFacts({
      ...{ at, receivedAt, place: { state, zip }, phone, places, clockOf },
      consent: lead['tcpa_consent'] as boolean | undefined,
      score: () => score,
    }),
    integration: {
      id: 'int_a',
      acceptance: null,
      average_bid: null,
      response_ms: null,
      postback_hours: null,
      days_to_pay: null,
      ...sight.integration,
    },
    inList: (list, value) => lists[list]?.includes(value) ?? false,
    places,
  };
}
