import type { CompiledCampaign, CompiledIntegration } from '../config/compile.ts';
import type { PreparedRecord } from '../models/auction.ts';
import { ask } from './ask.ts';
import type { ActivityDeps } from './deps.ts';
import type { Eligible } from './eligible.ts';
import type { LeadFacts } from './lead-records.ts';

const PREPARE_TIMEOUT_MS = 3_000;

export interface Prepared {
  records: PreparedRecord[];
  captured: Record<string, unknown>;
  /** Integration whose "no", failure or skip ends the lead. */
  blockedBy?: string;
}

/**
 * Runs the compliance and enrichment integrations: those that need another's captured values after it, all others at
 * once. Captured values join the lead. A check that says no, fails or was skipped ends the lead unless it is optional.
 */
export async function prepareLead(
  deps: ActivityDeps,
  lead: LeadFacts,
  campaign: CompiledCampaign,
  eligible: Eligible,
): Promise<Prepared> {
  const prepared: Prepared = { records: [], captured: {} };
  for (const wave of campaign.prepareWaves) {
    const records = await Promise.all(
      wave.map((integration) => prepareWith(deps, lead, campaign, integration, prepared.captured, eligible)),
    );
    for (const record of records) {
      prepared.records.push(record);
      Object.assign(prepared.captured, record.captured);
    }
    const blocking = records.find(({ result, integration }) => {
      const asked = wave.find(({ id }) => id === integration);
      // Optional means that a failure or skip does not matter; a "no" of a compliance check always does.
      const refused = result === 'rejected' && asked?.category === 'Compliance';
      return refused || (result !== 'passed' && !asked?.optional);
    });
    if (blocking) return { ...prepared, blockedBy: blocking.integration };
  }
  return prepared;
}

async function prepareWith(
  deps: ActivityDeps,
  lead: LeadFacts,
  campaign: CompiledCampaign,
  integration: CompiledIntegration,
  captured: Record<string, unknown>,
  eligible: Eligible,
): Promise<PreparedRecord> {
  const skipped = eligible(integration, captured);
  if (skipped) return { integration: integration.id, result: skipped.reason, detail: skipped.detail, captured: {} };
  const operation = integration.operations.check ?? integration.operations.enrich;
  if (!operation) return { integration: integration.id, result: 'no_operation', captured: {} };
  const subject = { lead, campaign, integration, captured };
  const { interpretation, fault, exchange, durationMs } = await ask(deps, subject, operation, PREPARE_TIMEOUT_MS);
  const result =
    fault ?? (interpretation?.outcome === 'accepted' ? 'passed' : (interpretation?.outcome ?? 'no_answer'));
  deps.observer.pinged(integration.id, result, durationMs);
  return { integration: integration.id, result, durationMs, exchange, captured: interpretation?.capture ?? {} };
}
