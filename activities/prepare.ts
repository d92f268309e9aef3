import type { CompiledCampaign, CompiledIntegration } from '../config/compile.ts';
import type { PreparedRecord } from '../models/auction.ts';
import { ask, failureOf } from './ask.ts';
import { countCall, uncountCall } from './call-caps.ts';
import type { ActivityDeps } from './deps.ts';
import { liveCapWindows, type Eligible } from './eligible.ts';
import type { LeadFacts } from './lead-records.ts';
import { withinPingRate } from './ping-rate.ts';

const PREPARE_TIMEOUT_MS = 3_000;

/** What is being prepared: a whole lead, the first half of one, or the rest of it. */
export type Stage = 'direct' | 'ping' | 'post';

export interface Prepared {
  records: PreparedRecord[];
  captured: Record<string, unknown>;
  /** Integration whose "no", failure or skip ends the lead. */
  blockedBy?: string;
}

/**
 * Runs the compliance and enrichment integrations: those that need another's captured values after it, all others at
 * once. Captured values join the lead. A check that says no, fails or was skipped ends the lead unless it is optional;
 * at a ping only a "no" does, since what a ping does not say yet may be all that was missing.
 */
export async function prepareLead(
  deps: ActivityDeps,
  lead: LeadFacts,
  campaign: CompiledCampaign,
  eligible: Eligible,
  stage: Stage,
): Promise<Prepared> {
  const prepared: Prepared = { records: [], captured: {} };
  for (const whole of campaign.prepareWaves) {
    const wave = whole.filter(({ stages }) => stage === 'direct' || stages === 'both' || stages === stage);
    const records = await Promise.all(
      wave.map((integration) => prepareWith(deps, lead, campaign, integration, prepared.captured, eligible)),
    );
    for (const record of records) {
      prepared.records.push(record);
      Object.assign(prepared.captured, record.captured);
    }
    await eligible.learn(prepared.captured);
    const blocking = records.find(({ result, integration }) => {
      const asked = wave.find(({ id }) => id === integration);
      // Optional means that a failure or skip does not matter; a "no" of a compliance check always does.
      const refused = result === 'rejected' && asked?.category === 'Compliance';
      return refused || (stage !== 'ping' && result !== 'passed' && !asked?.optional);
    });
    if (blocking) return { ...prepared, blockedBy: blocking.integration };
  }
  const score = eligible.score();
  return score ? { ...prepared, captured: { ...prepared.captured, score: score.score } } : prepared;
}

async function prepareWith(
  deps: ActivityDeps,
  lead: LeadFacts,
  campaign: CompiledCampaign,
  integration: CompiledIntegration,
  captured: Record<string, unknown>,
  eligible: Eligible,
): Promise<PreparedRecord> {
  const checked = eligible.check(integration);
  if (!checked.eligible) {
    return { integration: integration.id, result: checked.reason, detail: checked.detail, captured: {} };
  }
  const operation = integration.operations.check ?? integration.operations.enrich;
  if (!operation) return { integration: integration.id, result: 'no_operation', captured: {} };
  const live = lead.mode === 'live';
  if (live && !(await withinPingRate(deps, integration))) {
    return { integration: integration.id, result: 'ping_rate', captured: {} };
  }
  if (live && !(await deps.health.admit(integration.id, lead._id))) {
    return { integration: integration.id, result: 'unhealthy', captured: {} };
  }
  const counted = live ? liveCapWindows(deps, lead, campaign, integration.id, new Date()) : [];
  const { full } = await countCall(deps.models.caps, counted);
  if (full) {
    const detail = { window: full.id, count: full.max, max: full.max };
    return { integration: integration.id, result: 'cap_full', detail, captured: {} };
  }
  const subject = { lead, campaign, integration, captured };
  const asked = await ask(deps, subject, operation, PREPARE_TIMEOUT_MS);
  const { interpretation, fault, exchange, durationMs } = asked;
  if (live) deps.health.report(integration.id, lead._id, 'ask', failureOf(asked));
  const result =
    fault ?? (interpretation?.outcome === 'accepted' ? 'passed' : (interpretation?.outcome ?? 'no_answer'));
  deps.observer.pinged(integration.id, result, durationMs);
  if (result !== 'passed') await uncountCall(deps.models.caps, counted);
  return { integration: integration.id, result, durationMs, exchange, captured: interpretation?.capture ?? {} };
}
