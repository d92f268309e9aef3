import { isTerminal, OUTCOMES, type Outcome } from '../rules/outcome.ts';
import type { LeadModels } from './models.ts';
import { followUpRow, postbackRow, putRow, resumeRow, withdrawalRow, type OutboxRecord } from './outbox.ts';

/**
 * Writes outbox rows for everything that is still open: leads without an outcome, leads that are held, pending or
 * unknown, deliveries and postbacks after an outcome or an event, and what was withdrawn. For a restored database,
 * whose workflows live nowhere: the nodes' sweepers start them. Starting what is running already is harmless.
 *
 * @returns how many rows were written
 */
export async function reopenWork({ leads, followUps, postbacks, withdrawals, outbox }: LeadModels): Promise<number> {
  const at = new Date();
  let count = 0;
  const write = async (row: OutboxRecord) => {
    await putRow(outbox, row);
    count++;
  };
  const changing: Outcome[] = OUTCOMES.filter((outcome) => !isTerminal(outcome));
  const open = leads.find().or([{ state: 'received' }, { outcome: { $in: changing } }]);
  for await (const { _id, state } of open.lean().cursor()) {
    await write(state === 'received' ? { _id: `lead:${_id}`, kind: 'lead', lead: _id, at } : resumeRow(_id));
  }
  for await (const followUp of followUps.find({ state: 'open' }).lean().cursor()) {
    const { lead, event } = followUp;
    // Following an event anew starts all that follows from it.
    if (event !== undefined) await write({ _id: `event:${event}`, kind: 'event', lead, event, at });
    else await write(followUpRow(followUp));
  }
  for await (const postback of postbacks.find({ state: 'open' }).lean().cursor()) await write(postbackRow(postback));
  for await (const { lead, kind } of withdrawals.find({ state: 'open' }).lean().cursor()) {
    await write(withdrawalRow(lead, kind));
  }
  return count;
}
