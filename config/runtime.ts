import { LRUCache } from 'lru-cache';
import { LeadwireError } from '../errors/leadwire-error.ts';
import type { CompiledConfiguration } from './compile.ts';
import { createLive, type LiveConfiguration } from './live.ts';
import type { ConfigurationStore } from './store.ts';
import { NO_BLOCKS } from './connectors/blocks.ts';
import type { PinnedFile } from './connectors/pins.ts';

const KEPT_VERSIONS = 20;

export interface ConfigurationRuntime {
  /** Reads the newest version, then follows the head. Throws when the newest version cannot be read. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** The newest version this node knows. Throws `no_configuration` before the first apply. */
  current(): CompiledConfiguration;
  /** The version a lead runs on. Throws `unknown_version`. */
  at(revision: number): Promise<CompiledConfiguration>;
  /** What holds for every lead at once, whatever version it runs on. Throws `no_configuration`. */
  live(): LiveConfiguration;
  /** Calls back with the newest version, if there is one yet, and with each new one; returns what ends that. */
  onChange(listener: (configuration: CompiledConfiguration) => void): () => void;
}

export interface ConfigurationRuntimeDeps {
  /** `blocks`: connectors that must not run, followed like the head. Default none. */
  store: Pick<ConfigurationStore, 'currentRevision' | 'snapshot'> & Partial<Pick<ConfigurationStore, 'blocks'>>;
  compile: (file: PinnedFile, revision: number) => CompiledConfiguration;
  /** How often the head is looked at, in milliseconds. Default 1000. */
  pollMs?: number;
  /** Told when the head or a new version could not be read; the node goes on with the version it has. */
  onFault?: (error: unknown) => void;
}

/** The configuration as a node runs it: each version compiled once, the newest picked up within `pollMs`. */
export function createConfigurationRuntime({
  store,
  compile,
  pollMs = 1000,
  onFault = () => {},
}: ConfigurationRuntimeDeps): ConfigurationRuntime {
  const { blocks = NO_BLOCKS } = store;
  const versions = new LRUCache<number, Promise<CompiledConfiguration>>({ max: KEPT_VERSIONS });
  const listeners = new Set<(configuration: CompiledConfiguration) => void>();
  let newest: CompiledConfiguration | undefined;
  let live: LiveConfiguration | undefined;
  let timer: NodeJS.Timeout | undefined;
  let polling: Promise<void> = Promise.resolve();
  let running = false;

  function at(revision: number): Promise<CompiledConfiguration> {
    if (newest?.revision === revision) return Promise.resolve(newest);
    const known = versions.get(revision);
    if (known) return known;
    const loading = store.snapshot(revision).then((file) => compile(file, revision));
    versions.set(revision, loading);
    loading.catch(() => versions.delete(revision));
    return loading;
  }

  async function refresh(): Promise<void> {
    const revision = await store.currentRevision();
    if (revision === undefined || revision === newest?.revision) return;
    // Numbers only grow; one that fell means another deployment's data was restored under this node.
    if (newest && revision < newest.revision) versions.clear();
    const found = await at(revision);
    newest = found;
    live = createLive(found, blocks);
    for (const listener of listeners) listener(found);
  }

  function schedule(): void {
    if (!running) return;
    timer = setTimeout(() => {
      polling = Promise.all([refresh().catch(onFault), blocks.refresh().catch(onFault)]).then(schedule);
    }, pollMs);
  }

  return {
    async start() {
      if (running) return;
      await Promise.all([refresh(), blocks.refresh()]);
      running = true;
      schedule();
    },
    async stop() {
      running = false;
      clearTimeout(timer);
      await polling;
    },
    current() {
      if (!newest) throw new LeadwireError('no_configuration');
      return newest;
    },
    at,
    live() {
      if (!live) throw new LeadwireError('no_configuration');
      return live;
    },
    onChange(listener) {
      listeners.add(listener);
      if (newest) listener(newest);
      return () => void listeners.delete(listener);
    },
  };
}
