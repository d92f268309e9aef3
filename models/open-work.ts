import { isTerminal, OUTCOMES, type Outcome } from '../rules/outcome.ts';
import type { LeadModels } from './models.ts';
import type { OutboxRecord } from './outbox.ts';

/**
 * Writes outbox rows for everything that is still open: leads without an outcome, leads that are held, pending or
 * unknown, and deliveries after the outcome. For a restored database, whose workflows live nowhere: the nodes' sweepers
 * start them. Starting what is running already is harmless.
 *
 * @returns how many rows were written
 */
export async function reopenWork({ leads, followUps, postbacks, outbox }: LeadModels): Promise<number> {
  const at = new Date();
  let count = 0;
  const write = async (row: OutboxRecord) => {
    await outbox.updateOne({ _id: row._id }, { $set: row }, { upsert: true });
    count++;
  };
  const changing: Outcome[] = OUTCOMES.filter((outcome) => !isTerminal(outcome));
  const open = leads.find().or([{ state: 'received' }, { outcome: { $in: changing } }]);
  for await (const { _id, state } of open.lean().cursor()) {
    const kind = state === 'received' ? 'lead' : 'resume';
    await write({ _id: `${kind}:${_id}`, kind, lead: _id, at });
  }
  for await (const { lead, integration } of followUps.find({ state: 'open' }).lean().cursor()) {
    await write({ _id: `follow_up:${lead}:${integration}`, kind: 'follow_up', lead, integration, at });
  }
  for await (const { lead, endpoint, event: id } of postbacks.find({ state: 'open' }).lean().cursor()) {
    const event = id.slice(lead.length + 1);
    await write({ _id: `postback:${lead}:${event}:${endpoint}`, kind: 'postback', lead, endpoint, event, at });
  }
  return count;
}
