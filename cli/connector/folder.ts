import { existsSync, statSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { builtInSources } from '../../config/connectors/catalog.ts';
import { createOutbound } from '../../http/outbound.ts';
import { readSubject, testConnector, type Finding, type Subject } from '../../sdk/index.ts';
import { CommandFailure } from '../terminal.ts';

/** The folder of a connector, as an address that ends in /. */
export function connectorFolder(path: string): URL {
  const folder = resolve(path);
  if (!existsSync(folder) || !statSync(folder).isDirectory()) throw new CommandFailure([`there is no folder ${path}`]);
  return pathToFileURL(folder + sep);
}

/**
 * An author's own connector, with its code. That runs in this process: it is theirs.
 *
 * @param previous folder of the version that was published last
 */
export async function readOwn(folder: URL, previous?: URL): Promise<Subject> {
  const subject = readSubject(folder, builtIn);
  const before = previous && readSubject(previous, builtIn).connector;
  if (previous && !before) throw new CommandFailure([`${previous.pathname} holds no connector to compare with`]);
  if (before) subject.previous = before;
  if (subject.connector?.code !== undefined) await readCode(folder, subject);
  return subject;
}

/** Everything that is wrong with a connector. Nothing leaves this machine. */
export async function findingsOf(subject: Subject): Promise<Finding[]> {
  const network = createOutbound({ allowNetworks: ['127.0.0.1'] });
  try {
    return await testConnector(subject, { network });
  } finally {
    await network.close();
  }
}

/** The manifests that an alias may extend. */
function builtIn(id: string): unknown {
  return builtInSources().find(({ name }) => name === id)?.manifest;
}

async function readCode(folder: URL, subject: Subject): Promise<void> {
  const file = new URL(subject.connector?.code ?? '', folder);
  const wrong = (message: string) => void subject.issues.push({ path: 'code', code: 'unreadable', message });
  if (!existsSync(file)) return wrong('index.js is missing');
  // A module is loaded once for each address: what was changed since is another one.
  file.search = `changed=${statSync(file).mtimeMs}`;
  try {
    const { default: given } = (await import(file.href)) as { default?: Pick<Subject, 'functions'> };
    if (given?.functions) subject.functions = given.functions;
    else wrong('index.js does not export what defineConnector() gives as its default');
  } catch (error) {
    wrong(`index.js cannot be loaded: ${(error as Error).message}`);
  }
}
