import type { CompiledCampaign } from '../config/compile.ts';
import { nextTurn } from '../models/turn.ts';
import type { Bid } from '../rules/auction.ts';
import type { ActivityDeps } from './deps.ts';
import type { LeadFacts } from './lead-records.ts';

/**
 * Draws a number for each group that takes turns and has somebody to choose among. A sandbox lead takes nobody's turn:
 * its own name decides.
 */
export async function drawTurns(
  { models }: Pick<ActivityDeps, 'models'>,
  { mode }: Pick<LeadFacts, 'mode'>,
  { id: campaign, plan }: CompiledCampaign,
  bids: readonly Bid[],
): Promise<Record<string, number> | undefined> {
  if (mode === 'test' || !plan.groups.some(({ strategy }) => strategy === 'round_robin')) return undefined;
  const drawn = plan.groups.map(async ({ id, strategy }) => {
    const names = new Set(
      bids.filter((bid) => bid.group === id && !bid.agreement).map(({ integration }) => integration),
    );
    if (strategy !== 'round_robin' || names.size < 2) return [];
    return [[id ?? '', await nextTurn(models.turns, id === undefined ? campaign : `${campaign}:${id}`)] as const];
  });
  return Object.fromEntries((await Promise.all(drawn)).flat());
}
