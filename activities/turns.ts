import type { CompiledCampaign } from '../config/compile.ts';
import { nextTurn, turnsTaken } from '../models/turn.ts';
import type { Bid } from '../rules/auction.ts';
import type { ActivityDeps } from './deps.ts';
import type { LeadFacts } from './lead-records.ts';

interface TurnDeps {
  models: Pick<ActivityDeps['models'], 'turns'>;
}

/**
 * Draws a number for each group that takes turns and has somebody to choose among. A sandbox lead takes nobody's turn:
 * its own name decides.
 */
export function drawTurns(
  { models: { turns } }: TurnDeps,
  lead: Pick<LeadFacts, 'mode'>,
  campaign: CompiledCampaign,
  bids: readonly Bid[],
): Promise<Record<string, number> | undefined> {
  return turnsOf(lead, campaign, bids, (id) => nextTurn(turns, id));
}

/** The numbers that `drawTurns` would draw now. Nobody's turn is taken. */
export function previewTurns(
  { models: { turns } }: TurnDeps,
  lead: Pick<LeadFacts, 'mode'>,
  campaign: CompiledCampaign,
  bids: readonly Bid[],
): Promise<Record<string, number> | undefined> {
  return turnsOf(lead, campaign, bids, (id) => turnsTaken(turns, id));
}

async function turnsOf(
  { mode }: Pick<LeadFacts, 'mode'>,
  { id: campaign, plan }: CompiledCampaign,
  bids: readonly Bid[],
  draw: (id: string) => Promise<number>,
): Promise<Record<string, number> | undefined> {
  if (mode === 'test' || !plan.groups.some(({ strategy }) => strategy === 'round_robin')) return undefined;
  const drawn = plan.groups.map(async ({ id, strategy }) => {
    const names = new Set(
      bids.filter((bid) => bid.group === id && !bid.agreement).map(({ integration }) => integration),
    );
    if (strategy !== 'round_robin' || names.size < 2) return [];
    return [[id ?? '', await draw(id === undefined ? campaign : `${campaign}:${id}`)] as const];
  });
  return Object.fromEntries((await Promise.all(drawn)).flat());
}
