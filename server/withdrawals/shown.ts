import { z } from 'zod';
import { untilAnswered } from '../../models/fence.ts';
import { FOLLOW_UP_STATES, type FollowUpRecord } from '../../models/follow-up.ts';
import type { LeadModels } from '../../models/models.ts';
import { native } from '../../models/native.ts';
import { WITHDRAWAL_STATES, type WithdrawalRecord } from '../../models/withdrawal.ts';

/** What a seller sees: who else has the lead is the exchange's business. */
export const shownWithdrawal = z.object({
  transaction_id: z.string(),
  state: z.enum(WITHDRAWAL_STATES).describe('open: under way. incomplete: not everybody could be told in 30 days'),
  reason: z.string().optional(),
  requested_at: z.iso.datetime(),
  closed_at: z.iso.datetime().optional().describe('Since when nobody can get it any more'),
  finished_at: z.iso.datetime().optional(),
});

/** What operators see: the whole proof. */
export const shownProof = shownWithdrawal.extend({
  by: z.string().describe('Who asked'),
  blanked_at: z.iso.datetime().optional(),
  blanked: z.record(z.string(), z.int()).optional().describe('Records that were blanked, by collection'),
  told: z
    .array(
      z.object({
        id: z.string().describe('Of the follow-up'),
        integration: z.string(),
        state: z.enum(FOLLOW_UP_STATES),
        reason: z.string().optional(),
        attempts: z.int(),
        changed_at: z.iso.datetime(),
      }),
    )
    .describe('Those who got it and want to know'),
});

export function withdrawalShown({
  lead,
  state,
  why,
  requestedAt,
  closedAt,
  finishedAt,
}: WithdrawalRecord): z.output<typeof shownWithdrawal> {
  return {
    ...{ transaction_id: lead, state },
    ...(why === undefined ? {} : { reason: why }),
    requested_at: requestedAt.toISOString(),
    ...(closedAt ? { closed_at: closedAt.toISOString() } : {}),
    ...(finishedAt ? { finished_at: finishedAt.toISOString() } : {}),
  };
}

/** The proof, with how telling everybody stands now. */
export async function proofShown(
  { followUps }: Pick<LeadModels, 'followUps'>,
  record: WithdrawalRecord,
): Promise<z.output<typeof shownProof>> {
  const { by, blankedAt, blanked, told: ids = [] } = record;
  const told = await untilAnswered(() =>
    native<FollowUpRecord>(followUps)
      .find({ _id: { $in: ids } })
      .sort({ _id: 1 })
      .toArray(),
  );
  return {
    ...withdrawalShown(record),
    by,
    ...(blankedAt ? { blanked_at: blankedAt.toISOString() } : {}),
    ...(blanked ? { blanked } : {}),
    told: told.map(({ _id: id, integration, state, reason, attempts, changedAt }) => ({
      ...{ id, integration, state, attempts },
      ...(reason === undefined ? {} : { reason }),
      changed_at: changedAt.toISOString(),
    })),
  };
}
