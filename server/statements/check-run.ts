import type { CompiledConfiguration } from '../../config/compile.ts';
import type { Logger } from '../../log/logger.ts';
import { claimLedgerCheck, recordLedgerCheck } from '../../models/ledger-check.ts';
import type { LeadModels } from '../../models/models.ts';
import { createPeriodic } from '../periodic.ts';
import { auditLedger, type LedgerAudit } from './check.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** What moved within this may be under way. */
const GRACE_MS = MINUTE_MS;

export interface LedgerCheckDeps {
  models: LeadModels;
  config: { current(): Pick<CompiledConfiguration, 'campaigns'> };
  log: Logger;
}

/**
 * Checks the ledger once a day while an alert watches for it, on one node of all. When something did not add up, or the
 * node died over it, it is checked again an hour later.
 */
export function createLedgerCheck({ models, config, log }: LedgerCheckDeps) {
  async function look(now = new Date()): Promise<LedgerAudit | undefined> {
    const campaigns = [...config.current().campaigns.values()];
    if (!campaigns.some(({ alerts }) => alerts.some(({ when }) => when === 'ledger_check'))) return undefined;
    if (!(await claimLedgerCheck(models.ledgerChecks, now, after(now, HOUR_MS)))) return undefined;
    const audit = await auditLedger(models, after(now, -GRACE_MS));
    await keepCheck(models, audit, now);
    if (audit.findings.length > 0) log.warn({ code: 'ledger_differs', n: audit.findings.length }, 'see ledger check');
    return audit;
  }
  return { look, ...createPeriodic(() => look(), MINUTE_MS, log) };
}

/** What alerts go by. */
export async function keepCheck(
  models: LeadModels,
  { sales, accounts, findings }: LedgerAudit,
  now: Date,
): Promise<void> {
  const dueAt = after(now, findings.length > 0 ? HOUR_MS : DAY_MS);
  const figures = { sales, accounts, findings: findings.length };
  await recordLedgerCheck(models.ledgerChecks, { ...figures, dueAt, checkedAt: now });
}

function after(now: Date, ms: number): Date {
  return new Date(now.getTime() + ms);
}
