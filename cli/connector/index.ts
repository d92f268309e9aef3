import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { readEnvironment } from '../../config/environment.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { createOutbound } from '../../http/outbound.ts';
import { builtInFacts } from '../../server/connectors/built-in.ts';
import { findPackages, indexBuiltIn, indexPackage } from '../../server/connectors/build-index.ts';
import type { IndexEntry } from '../../server/connectors/entry.ts';
import { DamagedIndex, readIndex, writeIndex, type ConnectorIndex } from '../../server/connectors/index-folder.ts';
import { loadIndex } from '../../server/connectors/load-index.ts';
import { recordChange } from '../../config/audit.ts';
import { allowedNetworks, withDeployment } from '../deployment.ts';
import { CommandFailure, issueLine, type Terminal } from '../terminal.ts';
import { findingsOf, readOwn } from './folder.ts';
import { EXAMINE, withRegistry } from './registry.ts';

const MOST_BYTES = 4 * 1024 * 1024;
const TIMEOUT_MS = 30_000;

interface Options {
  registry?: string;
  out: string;
  from?: string;
  /** Commander's form of --no-built-in. */
  builtIn: boolean;
}

export function indexCommand(terminal: Terminal): Command {
  return new Command('index')
    .description("make the marketplace's index from a registry, or load one into this deployment")
    .option('--registry <url>', 'another registry than LEADWIRE_REGISTRY')
    .option('--out <folder>', 'where the index is written', 'connector-index')
    .option('--no-built-in', 'leave out the connectors that come with Leadwire')
    .option('--from <folder or url>', 'load an index instead: lists, pages and the block list go by it')
    .action(async (options: Options) => {
      if (options.from !== undefined) await load(options.from, terminal);
      else await build(options, terminal);
    });
}

async function build({ registry: url, out, builtIn }: Options, terminal: Terminal): Promise<void> {
  const entries: IndexEntry[] = [];
  // They are Leadwire's own: they may be tried in this process.
  const own = { test: async (folder: URL) => findingsOf(await readOwn(folder)) };
  if (builtIn) for (const facts of await builtInFacts()) entries.push(await indexBuiltIn(facts, own));
  const { length: count } = entries;
  await withRegistry(
    terminal,
    async (registry) => {
      for (const name of await findPackages(registry)) {
        try {
          const entry = await indexPackage(name, { registry, test: EXAMINE.test });
          entries.push(entry);
          const { errors = 0 } = entry.conformance ?? {};
          terminal.print(`${name}@${entry.version}${errors > 0 ? ` does not pass: ${errors} errors` : ''}`);
        } catch (error) {
          if (!(error instanceof LeadwireError)) throw error;
          const { code, message, details } = error;
          // One package that is broken, or taken back meanwhile, keeps nobody else out.
          terminal.complain(`${name} is left out: ${message} (${code})`);
          for (const issue of details.issues ?? []) terminal.complain(`  ${issueLine(issue)}`);
        }
      }
    },
    url,
  );
  const written = attempt(() => writeIndex(resolve(out), { builtAt: new Date(), entries }));
  const blocked = written.blocks.length;
  terminal.print(`${out} holds ${entries.length} connectors, ${count} of them built in, and blocks ${blocked}`);
}

async function load(from: string, terminal: Terminal): Promise<void> {
  const index = await fetchIndex(from, terminal);
  await withDeployment(terminal, async (deployment) => {
    const { models, author: by, audit } = deployment;
    await deployment.ensureIndexes();
    const { revision, connectors } = await loadIndex(index, by, { models });
    const id = `index:${revision}`;
    await recordChange(audit, { at: new Date(), who: by, what: 'connector', kind: 'index_loaded', id });
    const blocked = index.blocks.length;
    terminal.print(`${connectors} connectors are listed, as of ${index.builtAt.toISOString()}; it blocks ${blocked}`);
  });
}

async function fetchIndex(from: string, terminal: Terminal): Promise<ConnectorIndex> {
  try {
    if (!/^https?:\/\//.test(from))
      return await readIndex(async (file) => readFileSync(join(resolve(from), file), 'utf8'));
    return await download(new URL(from.endsWith('/') ? from : `${from}/`), terminal);
  } catch (error) {
    throw error instanceof DamagedIndex ? new CommandFailure([`${from} holds no index: ${error.message}`]) : error;
  }
}

async function download(base: URL, terminal: Terminal): Promise<ConnectorIndex> {
  // Whoever can change it on its way can take what is blocked off the list.
  const isHere = ['127.0.0.1', 'localhost', '[::1]'].includes(base.hostname);
  if (base.protocol !== 'https:' && !isHere)
    throw new CommandFailure(['An index is loaded by https, or from a folder']);
  const outbound = createOutbound({ allowNetworks: allowedNetworks(readEnvironment(terminal.variables)) });
  try {
    return await readIndex(async (file) => {
      const url = new URL(file, base).href;
      const request = { method: 'GET', url, headers: {}, timeoutMs: TIMEOUT_MS, maxResponseBytes: MOST_BYTES } as const;
      const answer = await outbound.send(request);
      if (answer.kind !== 'response') throw new CommandFailure([`${url} did not answer (${answer.code})`]);
      if (answer.status !== 200) throw new CommandFailure([`${url} answered with status ${answer.status}`]);
      return answer.body.toString('utf8');
    });
  } finally {
    await outbound.close();
  }
}

function attempt<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw error instanceof DamagedIndex ? new CommandFailure([error.message]) : error;
  }
}
