import { setTimeout as delay } from 'node:timers/promises';
import { LeadwireError, type Issue } from '../errors/leadwire-error.ts';
import type { AuditModel } from '../models/audit.ts';
import type { ConnectorBlockModel } from '../models/connector-block.ts';
import type { Author, Change, ConfigHead, ConfigSnapshot, HeadModel, SnapshotModel } from '../models/configuration.ts';
import type { CollectionName, ConfigurationFile } from '../schema/configuration.ts';
import { checkConfiguration } from './check.ts';
import { blockedIssues, createConnectorBlocks, type ConnectorBlocks } from './connectors/blocks.ts';
import type { ConnectorCatalog } from './connectors/catalog.ts';
import { createInstalledConnectors, type InstalledConnectorsDeps } from './connectors/installed.ts';
import { pinConnectors, withPinned, type PinnedFile, type Pins } from './connectors/pins.ts';
import { hashOf } from './objects.ts';
import { planWrite, type Plan, type Version, type Wanted } from './plan.ts';

const ATTEMPTS = 50;
const RETRY_MS = 20;
/** A document may hold 16 MB; this leaves room for the list of changes beside the file. */
const MAX_FILE_CHARACTERS = 8_000_000;

export interface ApplyOptions {
  /** Who applies, for the audit log. */
  by: string;
  /** Overwrite newer edits. */
  force?: boolean;
  /** Delete what the file does not name. */
  prune?: boolean;
  /** Check and say what would change, write nothing. */
  dryRun?: boolean;
}

export interface EditOptions {
  by: string;
  /** Revision the editor saw; an object that changed since is not overwritten. */
  base?: number;
  force?: boolean;
  /** Check and say what would change, write nothing. */
  dryRun?: boolean;
}

export interface Edit {
  put?: ConfigurationFile;
  remove?: { collection: CollectionName; id: string }[];
}

export interface Applied {
  revision: number;
  changes: Change[];
  warnings: Issue[];
}

export interface ConfigurationStore {
  /**
   * Creates and updates objects by id from a file; what the file does not name stays, unless pruned. Throws
   * `invalid_configuration` with every mistake, `newer_edit` with every object that was edited since.
   */
  apply(input: unknown, options: ApplyOptions): Promise<Applied>;
  /** The same for an edit by hand, which a later file may then not silently undo. */
  edit(edit: Edit, options: EditOptions): Promise<Applied>;
  /** The whole configuration as it was applied, with the revision it stands at. Throws `no_configuration`. */
  export(): Promise<ConfigurationFile>;
  /** Revision of the head alone; `undefined` before the first apply. */
  currentRevision(): Promise<number | undefined>;
  current(): Promise<{ revision: number; file: ConfigurationFile } | undefined>;
  /** One version, however old, with the connectors it runs on. Throws `unknown_version`. */
  snapshot(revision: number): Promise<PinnedFile>;
  /** Connectors that must not run: what is written is held to them, and so is what runs. */
  blocks: ConnectorBlocks;
}

export interface ConfigurationStoreDeps {
  models: {
    snapshots: SnapshotModel;
    head: HeadModel;
    audit: AuditModel;
    connectorBlocks: ConnectorBlockModel;
  } & InstalledConnectorsDeps['models'];
  /** Private networks that integrations may call, as CIDR ranges. */
  allowNetworks?: readonly string[];
  /** Connectors that integrations may name, looked through anew before each write. Default all that are installed. */
  connectors?: Pick<ConnectorCatalog, 'find'> & { refresh?(): Promise<void> };
  /** Packages whose code may run. Default none. */
  codeConnectors?: readonly string[];
  now?: () => number;
}

interface WriteRequest extends Omit<Wanted, 'put' | 'base'> {
  input: unknown;
  base?: number;
  by: Author;
  force?: boolean;
  dryRun?: boolean;
}

/** The versions of the configuration: immutable snapshots and one head that says which is current. */
export function createConfigurationStore({
  models,
  allowNetworks = [],
  connectors = createInstalledConnectors({ models }),
  codeConnectors = [],
  now = Date.now,
}: ConfigurationStoreDeps): ConfigurationStore {
  const blocks = createConnectorBlocks(models.connectorBlocks);

  async function readVersion(): Promise<Version> {
    const head = await models.head.findById('head').readConcern('majority').lean<ConfigHead>();
    if (!head) return { revision: 0, file: {}, objects: {} };
    return { revision: head.revision, ...(await readSnapshot(head.revision)), objects: head.objects };
  }

  async function readSnapshot(revision: number): Promise<{ file: ConfigurationFile; pins?: Pins }> {
    const wanted = { file: 1, pins: 1 } as const;
    const found = await models.snapshots.findById(revision, wanted).lean<Pick<ConfigSnapshot, 'file' | 'pins'>>();
    if (!found) {
      throw new LeadwireError('unknown_version', { message: `Configuration version ${revision} is missing` });
    }
    const file = JSON.parse(found.file) as ConfigurationFile;
    return found.pins === undefined ? { file } : { file, pins: JSON.parse(found.pins) as Pins };
  }

  /** Runs against a fresh read each time, so that whoever loses a race is checked against what won it. */
  async function write(request: WriteRequest): Promise<Applied> {
    await Promise.all([connectors.refresh?.(), blocks.refresh()]);
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const current = await readVersion();
      await recordVersion(current.revision);
      const { plan, warnings } = decide(current, request);
      const done = { changes: plan.changes, warnings };
      if (request.dryRun) return { revision: current.revision, ...done };
      if (plan.changes.every(({ kind }) => kind === 'unchanged')) {
        await adopt(current.revision, plan.adopted);
        return { revision: current.revision, ...done };
      }
      const revision = await publish(current, plan, request.by);
      if (revision !== undefined) return { revision, ...done };
      await delay(Math.random() * RETRY_MS * attempt);
    }
    throw new LeadwireError('unavailable', { message: 'Too many changes of configuration at once; try again' });
  }

  function decide(current: Version, request: WriteRequest): { plan: Plan; warnings: Issue[] } {
    const { input, prune, remove, force, origin } = request;
    const checked = checkConfiguration(input, {
      existing: current.file,
      prune,
      remove,
      allowNetworks,
      connectors: withPinned(connectors, current.pins),
      codeConnectors,
    });
    if (!checked.file) throw new LeadwireError('invalid_configuration', { issues: checked.issues });
    const { revision: stated, ...put } = checked.file;
    const warnings = checked.issues;
    let base = request.base ?? stated;
    if (base !== undefined && base > current.revision) {
      const message = `is ahead of this deployment, which is at ${current.revision}: the file comes from another one`;
      warnings.push({ path: 'revision', code: 'revision_ahead', message, severity: 'warning' });
      base = undefined;
    }
    const plan = planWrite(current, { put, prune, remove, base, origin });
    const blocked = blockedIssues(put, changedIn(plan), withPinned(connectors, current.pins), blocks);
    if (blocked.length > 0) throw new LeadwireError('invalid_configuration', { issues: blocked });
    if (plan.conflicts.length > 0 && !force) throw new LeadwireError('newer_edit', { issues: plan.conflicts });
    return { plan, warnings };
  }

  function pinsOf(plan: Plan, before: Pins | undefined): Pins | undefined {
    return pinConnectors(plan.file, changedIn(plan), before, withPinned(connectors, before));
  }

  /** Writes the snapshot, then the head over `from`; `undefined` when another writer was first. */
  async function publish({ revision: from, pins: before }: Version, plan: Plan, by: Author) {
    const pins = JSON.stringify(pinsOf(plan, before));
    const file = JSON.stringify(plan.file);
    if (file.length + (pins?.length ?? 0) > MAX_FILE_CHARACTERS) {
      const message = `is larger than ${MAX_FILE_CHARACTERS} characters as JSON`;
      throw new LeadwireError('invalid_configuration', { issues: [{ path: '', code: 'too_large', message }] });
    }
    // A writer that died between the two writes leaves a snapshot nobody refers to: its number is skipped.
    const latest = await models.snapshots
      .findOne({ _id: { $gt: from } }, { _id: 1 })
      .sort({ _id: -1 })
      .lean();
    const revision = Math.max(from, latest?._id ?? 0) + 1;
    const changes = plan.changes.filter(({ kind }) => kind !== 'unchanged');
    const snapshot: ConfigSnapshot = {
      _id: revision,
      file,
      ...(pins === undefined ? {} : { pins }),
      hash: hashOf(plan.file),
      at: new Date(now()),
      by,
      changes,
    };
    if (!(await inserted(() => models.snapshots.create(snapshot)))) return undefined;
    const objects = plan.statesAt(revision);
    const won =
      from === 0
        ? await inserted(() => models.head.create({ _id: 'head', revision, objects }))
        : (await models.head.updateOne({ _id: 'head', revision: from }, { $set: { revision, objects } })).matchedCount >
          0;
    if (!won) return undefined;
    await recordVersion(revision);
    return revision;
  }

  /** The audit entry of a version; the next writer makes up for one who died before this. */
  async function recordVersion(revision: number): Promise<void> {
    const _id = `configuration:${revision}`;
    if (revision === 0 || (await models.audit.exists({ _id }))) return;
    const made = await models.snapshots.findById(revision, { at: 1, by: 1, changes: 1 }).lean<ConfigSnapshot>();
    if (!made) return;
    const { at, by, changes } = made;
    await inserted(() => models.audit.create({ _id, at, who: by.name, what: 'configuration', changes, revision }));
  }

  /** A file that says what an edit by hand made takes that edit up, which is no change of content. */
  async function adopt(revision: number, adopted: Plan['adopted']): Promise<void> {
    if (adopted.length === 0) return;
    const hashes = adopted.map(({ collection, id, hash }) => [`objects.${collection}.${id}.appliedHash`, hash]);
    await models.head.updateOne({ _id: 'head', revision }, { $set: Object.fromEntries(hashes) });
  }

  async function current() {
    const { revision, file } = await readVersion();
    return revision === 0 ? undefined : { revision, file };
  }

  return {
    apply: (input, { by, force, prune, dryRun }) =>
      write({ input, force, prune, dryRun, by: { name: by, origin: 'apply' }, origin: 'apply' }),
    edit: ({ put = {}, remove }, { by, base, force, dryRun }) =>
      // Whoever edits by hand sees what is there; only a stated base makes anything newer than that.
      write({
        input: put,
        remove,
        base,
        dryRun,
        force: force ?? base === undefined,
        by: { name: by, origin: 'api' },
        origin: 'api',
      }),
    current,
    blocks,
    async snapshot(revision) {
      const { file, pins } = await readSnapshot(revision);
      return pins ? { ...file, pins } : file;
    },
    async currentRevision() {
      // A head that a failover could still undo must not be stamped on a lead.
      const head = await models.head.findById('head', { revision: 1 }).readConcern('majority').lean<ConfigHead>();
      return head?.revision;
    },
    async export() {
      const found = await current();
      if (!found) throw new LeadwireError('no_configuration');
      return { revision: found.revision, ...found.file };
    },
  };
}

function changedIn({ changes }: Plan): (integration: string) => boolean {
  const changed = changes.filter(({ kind, collection }) => collection === 'integrations' && kind !== 'unchanged');
  const ids = new Set(changed.map(({ id }) => id));
  return (integration) => ids.has(integration);
}

/** False when the document was there already. */
async function inserted(insert: () => Promise<unknown>): Promise<boolean> {
  try {
    await insert();
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === 11000) return false;
    throw error;
  }
}
