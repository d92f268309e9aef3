import semver from 'semver';
import { LeadwireError, type Issue } from '../../errors/leadwire-error.ts';
import type { ConnectorBlock, ConnectorBlockList, ConnectorBlockModel } from '../../models/connector-block.ts';
import { isDuplicateKey } from '../../models/fence.ts';
import type { ConfigurationFile } from '../../schema/configuration.ts';
import { parseReference, type ConnectorCatalog } from './catalog.ts';

const ATTEMPTS = 20;

/** The connectors that must not run, as this process knows them. */
export interface ConnectorBlocks {
  /** Looks whether the list changed. */
  refresh(): Promise<void>;
  /** Why a connector must not run. Undefined when it may. @param key `phonexa@1.0.0`, as configurations are pinned to */
  of(key: string | undefined): ConnectorBlock | undefined;
}

/** Where there is no list of them. */
export const NO_BLOCKS: ConnectorBlocks = { refresh: async () => undefined, of: () => undefined };

/** Follows the block list; asking about a connector costs a look into a map. */
export function createConnectorBlocks(model: ConnectorBlockModel): ConnectorBlocks {
  let list: Pick<ConnectorBlockList, 'revision' | 'entries'> = { revision: 0, entries: [] };
  let known = new Map<string, ConnectorBlock | undefined>();

  return {
    async refresh() {
      const changed = await model
        .findOne({ _id: 'blocks', revision: { $ne: list.revision } })
        .lean<ConnectorBlockList>()
        .exec();
      if (!changed) return;
      list = changed;
      known = new Map();
    },
    of(key) {
      if (key === undefined || list.entries.length === 0) return undefined;
      if (!known.has(key)) known.set(key, findBlock(list.entries, key));
      return known.get(key);
    },
  };
}

/** The first entry that is about a connector and not lifted. */
export function findBlock(entries: readonly ConnectorBlock[], key: string): ConnectorBlock | undefined {
  const { name, version } = parseReference(key);
  return entries.find(
    (entry) => entry.package === name && !entry.lifted && (version === undefined || concerns(entry, version)),
  );
}

function concerns({ versions = '*' }: ConnectorBlock, version: string): boolean {
  return semver.satisfies(version, versions, { includePrerelease: true });
}

/** Whether a text is a range of versions. */
export function isVersionRange(text: string): boolean {
  return semver.validRange(text) !== null;
}

/**
 * The integrations of a file that are new or changed and on a connector that must not run. One that is paused may be
 * saved all the same; one that did not change stays as it is, and is stopped where it would run.
 */
export function blockedIssues(
  { integrations = [] }: ConfigurationFile,
  isChanged: (integration: string) => boolean,
  catalog: Pick<ConnectorCatalog, 'find'>,
  blocks: Pick<ConnectorBlocks, 'of'>,
): Issue[] {
  return integrations.flatMap(({ id, connector = 'custom', paused }, at) => {
    if (connector === 'custom' || paused || !isChanged(id)) return [];
    const { name } = parseReference(connector);
    const block = blocks.of(`${name}@${catalog.find(connector)?.version ?? ''}`);
    if (!block) return [];
    const message = `${connector} is blocked: ${block.reason}`;
    return [{ path: `integrations[${at}].connector`, code: 'connector_blocked', message }];
  });
}

/** @throws LeadwireError `connector_blocked` saying why, when a connector must not run */
export async function refuseBlocked(model: ConnectorBlockModel, key: string): Promise<void> {
  const blocks = createConnectorBlocks(model);
  await blocks.refresh();
  const block = blocks.of(key);
  if (block) throw new LeadwireError('connector_blocked', { message: `${key} is blocked: ${block.reason}` });
}

/** The list as it stands. */
export async function readBlocks(model: ConnectorBlockModel): Promise<ConnectorBlock[]> {
  const found = await model.findById('blocks').readConcern('majority').lean<ConnectorBlockList>();
  return found?.entries ?? [];
}

/**
 * Changes the list in one write, against a fresh read each time somebody else was first.
 *
 * @param change gets the entries and returns all that are to stand; undefined: nothing is to change
 */
export async function changeBlocks(
  model: ConnectorBlockModel,
  change: (entries: readonly ConnectorBlock[]) => ConnectorBlock[] | undefined,
): Promise<void> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const before = await model.findById('blocks').readConcern('majority').lean<ConnectorBlockList>();
    const entries = change(before?.entries ?? []);
    if (!entries) return;
    if (before) {
      const { revision } = before;
      const set = { $set: { entries, revision: revision + 1 } };
      if ((await model.updateOne({ _id: 'blocks', revision }, set)).matchedCount > 0) return;
    } else if (await created(model, entries)) return;
  }
  throw new LeadwireError('unavailable', { message: 'Too many changes of the block list at once; try again' });
}

/** The list with what an index says in place of what the last one said; what operators said stays. */
export function withIndexBlocks(
  entries: readonly ConnectorBlock[],
  fromIndex: readonly Pick<ConnectorBlock, 'package' | 'versions' | 'reason' | 'at'>[],
): ConnectorBlock[] {
  const before = new Map(entries.filter(({ origin }) => origin === 'index').map((entry) => [idOf(entry), entry]));
  const fresh = fromIndex.map(({ package: name, versions, reason, at }): ConnectorBlock => {
    const entry = { package: name, ...(versions === undefined ? {} : { versions }), reason, at };
    const lifted = before.get(idOf(entry))?.lifted;
    return { ...entry, origin: 'index', ...(lifted ? { lifted } : {}) };
  });
  return [...entries.filter(({ origin }) => origin === 'operator'), ...fresh];
}

function idOf({ package: name, versions = '*' }: Pick<ConnectorBlock, 'package' | 'versions'>): string {
  return `${name}@${versions}`;
}

/** False when somebody else made the list meanwhile. */
async function created(model: ConnectorBlockModel, entries: ConnectorBlock[]): Promise<boolean> {
  try {
    await model.create({ _id: 'blocks', revision: 1, entries });
    return true;
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}
