import { changeBlocks, withIndexBlocks } from '../../config/connectors/blocks.ts';
import type { ConfigurationModels } from '../../config/models.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { ConnectorIndexEntry, ConnectorIndexHead } from '../../models/connector-index.ts';
import { isDuplicateKey } from '../../models/fence.ts';
import type { ConnectorIndex } from './index-folder.ts';

const ROWS_AT_ONCE = 100;

export interface LoadDeps {
  models: Pick<ConfigurationModels, 'connectorIndex' | 'connectorIndexHead' | 'connectorBlocks'>;
  now?: () => number;
}

/**
 * Makes an index the one of this deployment. Its connectors are written under a new number, then one write of the head
 * makes that number count: nobody sees half of it. Its block list counts before that.
 *
 * @throws LeadwireError `newer_edit` when somebody else loaded one meanwhile
 */
export async function loadIndex(
  { builtAt, entries, blocks }: ConnectorIndex,
  by: string,
  { models, now = Date.now }: LoadDeps,
): Promise<ConnectorIndexHead> {
  const dated = blocks.map((block) => ({ ...block, at: new Date(block.at) }));
  await changeBlocks(models.connectorBlocks, (before) => withIndexBlocks(before, dated));
  const before = await models.connectorIndexHead.findById('head').readConcern('majority').lean<ConnectorIndexHead>();
  // Who died after writing connectors leaves a number that nobody refers to: it is skipped.
  const last = await models.connectorIndex
    .findOne({}, { revision: 1 })
    .sort({ revision: -1 })
    .lean<ConnectorIndexEntry>();
  const revision = Math.max(before?.revision ?? 0, last?.revision ?? 0) + 1;
  const rows = entries.map(({ manifest, fixtures, ...facts }): ConnectorIndexEntry => {
    const details = JSON.stringify({ manifest, fixtures });
    return { _id: `${revision}:${facts.id}`, revision, name: facts.id, facts: JSON.stringify(facts), details };
  });
  try {
    for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
      await models.connectorIndex.insertMany(rows.slice(at, at + ROWS_AT_ONCE));
    }
  } catch (error) {
    if (isDuplicateKey(error)) throw lost();
    throw error;
  }
  const head: ConnectorIndexHead = {
    ...{ _id: 'head', revision, builtAt, connectors: entries.length, loadedAt: new Date(now()), by },
  };
  if (!(await makeHead(models.connectorIndexHead, head, before?.revision))) throw lost();
  // The one before stays: a node may be about to read a connector of it.
  await models.connectorIndex.deleteMany({ revision: { $lt: before?.revision ?? 0 } });
  return head;
}

async function makeHead(
  model: LoadDeps['models']['connectorIndexHead'],
  head: ConnectorIndexHead,
  before: number | undefined,
): Promise<boolean> {
  if (before !== undefined) {
    return (await model.replaceOne({ _id: 'head', revision: before }, head)).matchedCount > 0;
  }
  try {
    await model.create(head);
    return true;
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}

function lost(): LeadwireError {
  return new LeadwireError('newer_edit', { message: 'Somebody else loaded an index at the same moment; try again' });
}
