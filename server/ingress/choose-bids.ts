import { LeadwireError } from '../../errors/leadwire-error.ts';
import { untilAnswered } from '../../models/fence.ts';
import type { LeadRecord } from '../../models/lead.ts';
import { putRow, resumeRow } from '../../models/outbox.ts';
import type { IngressDeps } from './accept-lead.ts';
import { leadAnswer, type LeadAnswer } from './answer.ts';
import { waitForOutcome } from './wait.ts';

/**
 * Takes the seller's choice among the bids it was asked about. The lead's continuation sells on; its row is written
 * first, and the choice itself is a compare-and-set on what the seller was asked, so that of two choices one counts
 * and none made after the lead was given up.
 *
 * @throws LeadwireError `ping_already_posted` when the lead has gone on meanwhile
 */
export async function chooseBids(
  deps: IngressDeps,
  lead: LeadRecord,
  bids: string[],
  request: string,
  deadline: number,
): Promise<LeadAnswer> {
  const { models, outbox, board, publicUrl } = deps;
  const row = resumeRow(lead._id);
  await putRow(models.outbox, row);
  const waiting = board.expect(lead._id);
  try {
    const chosen = await untilAnswered(() =>
      models.leads.updateOne(
        { _id: lead._id, outcome: 'held', reason: 'awaiting_seller', turn: lead.turn },
        {
          $set: { reason: 'seller_chose', 'choice.bids': bids },
          $push: { 'choice.requests': request },
          $inc: { turn: 1 },
        },
      ),
    );
    if (chosen.matchedCount === 0 && !(await wasChosen(deps, lead._id, request))) {
      throw new LeadwireError('ping_already_posted', { body: { transaction_id: lead._id } });
    }
    outbox.kick([row]);
    const concluded = await waitForOutcome(models.leads, lead._id, waiting.concluded, deadline, { soldHere: false });
    return leadAnswer({ ...lead, reason: 'seller_chose', ...concluded }, publicUrl);
  } finally {
    waiting.forget();
  }
}

/** An update whose answer was lost may have been carried out. */
async function wasChosen({ models }: IngressDeps, id: string, request: string): Promise<boolean> {
  const found = await untilAnswered(() => models.leads.findById(id).lean().exec());
  return found?.choice?.requests.includes(request) ?? false;
}
