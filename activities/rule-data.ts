import type { CompiledCampaign, CompiledIntegration } from '../config/compile.ts';
import type { Place } from '../rules/geo.ts';
import { locate } from '../rules/geo/place-of.ts';
import {
  createRuleFacts,
  type ListQuestion,
  type RuleData,
  type RuleFacts,
  type RuleIntegration,
} from '../rules/logic.ts';
import type { Score } from '../rules/score.ts';
import type { ActivityDeps } from './deps.ts';
import type { LeadFacts } from './lead-records.ts';
import type { ListAnswers } from './lists.ts';
import { leadView } from './mapping-context.ts';

/** A lead as the filters of a campaign's integrations see it, with what has been captured so far. */
export interface LeadForRules {
  place: Place;
  hasList: (list: string) => boolean;
  facts: RuleFacts;
  /** Absent in a campaign that does not score. */
  score: Score | undefined;
  dataFor(integration: RuleIntegration): RuleData;
}

/** Nobody in particular: what a score is asked about. */
const NOBODY: RuleIntegration = {
  id: '',
  ...{ acceptance: null, average_bid: null, response_ms: null, postback_hours: null, days_to_pay: null },
};

/** Asks the lists that rules and score want to know about, in one read, and prepares what else they see. */
export async function leadForRules(
  deps: Pick<ActivityDeps, 'lists' | 'places' | 'clocks'>,
  lead: LeadFacts,
  campaign: CompiledCampaign,
  integrations: readonly CompiledIntegration[],
  { at, captured }: { at: Date; captured: Record<string, unknown> },
): Promise<LeadForRules> {
  const { fields, score } = campaign;
  const given = fields.placeOf(lead.fields);
  const place = locate(given, deps.places);
  const known: { score?: Score | undefined } = {};
  const shared: Omit<RuleData, 'integration' | 'inList'> = {
    lead: leadView(lead, captured),
    source: { id: lead.source, seller: lead.seller },
    campaign: { id: lead.campaign },
    now: campaign.ruleNow(at),
    facts: createRuleFacts({
      at,
      receivedAt: lead.receivedAt,
      place: given,
      phone: fields.phoneOf(lead.fields),
      consent: lead.tracking['tcpa_consent'],
      score: () => known.score?.score ?? null,
      places: deps.places,
      clockOf: deps.clocks,
    }),
    places: deps.places,
  };
  const questions = [...integrations.flatMap(({ filters }) => filters.rule?.lists ?? []), ...(score?.lists ?? [])];
  const answers = questions.length > 0 ? await deps.lists.ask(questions.map((one) => asked(one, shared))) : NO_LISTS;
  const inList = (list: string, value: unknown) => answers.has(list, value);
  const scored = score?.of({ ...shared, integration: NOBODY, inList });
  known.score = scored;
  const data = { ...shared, lead: scored ? leadView(lead, { ...captured, score: scored.score }) : shared.lead, inList };
  return {
    place,
    hasList: (list) => answers.exists(list),
    facts: shared.facts,
    score: scored,
    dataFor: (integration) => ({ ...data, integration }),
  };
}

const NO_LISTS: ListAnswers = { exists: () => false, has: () => false };

/** A rule's question with this lead's value: variables of lists are plain paths. */
function asked({ list, variable }: ListQuestion, data: object): { list: string; value: unknown } {
  const value = variable
    .split('.')
    .reduce<unknown>((node, name) => (node as Record<string, unknown> | null | undefined)?.[name], data);
  return { list, value };
}
