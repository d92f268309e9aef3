import type { Issue } from '../errors/leadwire-error.ts';
import type { Author, Change, ObjectState, ObjectStates } from '../models/configuration.ts';
import type { CollectionName, ConfigurationFile } from '../schema/configuration.ts';
import type { Pins } from './connectors/pins.ts';
import { mergeFiles, objectsOf } from './objects.ts';

/** One version as it stands. */
export interface Version {
  revision: number;
  file: ConfigurationFile;
  objects: ObjectStates;
  /** The connectors it runs on. */
  pins?: Pins;
}

export interface Wanted {
  put: ConfigurationFile;
  /** Delete what `put` does not name. */
  prune?: boolean;
  remove?: readonly { collection: CollectionName; id: string }[];
  /** Revision the author saw; without it only edits by hand that no file has taken up count as newer. */
  base?: number;
  origin: Author['origin'];
}

export interface Plan {
  changes: Change[];
  /** Objects someone else changed since the author saw them. */
  conflicts: Issue[];
  file: ConfigurationFile;
  /** The states once this plan is written as `revision`. */
  statesAt(revision: number): ObjectStates;
  /** Objects whose content a file now confirms though an edit by hand made it. */
  adopted: { collection: CollectionName; id: string; hash: string }[];
}

interface Target {
  collection: CollectionName;
  id: string;
  /** Empty for an object that is to be gone. */
  hash: string;
}

/** What writing `wanted` over `current` changes, and what it would overwrite. */
export function planWrite(current: Version, wanted: Wanted): Plan {
  const before = new Map(objectsOf(current.file).map((placed) => [keyOf(placed), placed]));
  const targets = targetsOf(before, wanted);
  const plan: Omit<Plan, 'file' | 'statesAt'> = { changes: [], conflicts: [], adopted: [] };
  const gone = new Set<string>();
  const written: Target[] = [];

  for (const target of targets) {
    const { collection, id, hash } = target;
    const was = before.get(keyOf(target))?.hash ?? '';
    const state = current.objects[collection]?.[id];
    if (hash === '') gone.add(keyOf(target));
    if (hash === was) {
      if (hash !== '') plan.changes.push({ kind: 'unchanged', collection, id });
      if (wanted.origin === 'apply' && state && state.appliedHash !== hash) plan.adopted.push(target);
      continue;
    }
    plan.changes.push({ kind: was === '' ? 'created' : hash === '' ? 'deleted' : 'updated', collection, id });
    written.push(target);
    if (state && isNewer(state, wanted.base)) plan.conflicts.push(conflict(target, state));
  }

  return {
    ...plan,
    file: mergeFiles(current.file, wanted.put, (collection, id) => gone.has(`${collection}.${id}`)),
    statesAt: (revision) => statesAfter(current.objects, written, plan.adopted, revision, wanted.origin),
  };
}

function targetsOf(before: ReadonlyMap<string, Target>, { put, prune, remove = [] }: Wanted): Target[] {
  const targets = new Map<string, Target>();
  for (const { collection, id, hash } of objectsOf(put)) targets.set(`${collection}.${id}`, { collection, id, hash });
  const doomed = prune ? [...before.values()] : remove;
  for (const { collection, id } of doomed) {
    const key = `${collection}.${id}`;
    if (!targets.has(key)) targets.set(key, { collection, id, hash: '' });
  }
  return [...targets.values()];
}

function isNewer(state: ObjectState, base: number | undefined) {
  return base === undefined ? state.hash !== state.appliedHash : state.revision > base;
}

function conflict({ collection, id }: Target, state: ObjectState): Issue {
  const deed = state.hash === '' ? 'deleted' : 'edited';
  return { path: `${collection}.${id}`, code: 'newer_edit', message: `was ${deed} in revision ${state.revision}` };
}

function statesAfter(
  before: ObjectStates,
  written: readonly Target[],
  adopted: Plan['adopted'],
  revision: number,
  origin: Author['origin'],
): ObjectStates {
  const after = structuredClone(before);
  const states = (collection: CollectionName) => (after[collection] ??= {});
  for (const { collection, id, hash } of written) {
    const appliedHash = origin === 'apply' ? hash : (states(collection)[id]?.appliedHash ?? '');
    states(collection)[id] = { revision, hash, appliedHash };
  }
  for (const { collection, id, hash } of adopted) {
    const state = states(collection)[id];
    if (state) state.appliedHash = hash;
  }
  return after;
}

function keyOf({ collection, id }: { collection: CollectionName; id: string }) {
  return `${collection}.${id}`;
}
