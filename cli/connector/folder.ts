import { existsSync, statSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { builtInSources } from '../../config/connectors/catalog.ts';
import { createOutbound } from '../../http/outbound.ts';
import { bundleCode, CodeRefused } from '../../sdk/code/bundle.ts';
import { evaluateCode } from '../../sdk/code/evaluate.ts';
import { testInChild } from '../../sdk/conformance/child.ts';
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

/**
 * The same in a process of its own for a connector with code, which is run there alone.
 *
 * @param previous folder of the version that was published last
 */
export async function findingsIn(folder: URL, previous?: URL): Promise<{ subject: Subject; findings: Finding[] }> {
  const subject = readSubject(folder, builtIn);
  if (subject.connector?.code === undefined) {
    const own = await readOwn(folder, previous);
    return { subject: own, findings: await findingsOf(own) };
  }
  return { subject, findings: await testInChild(folder, previous ? { previous } : {}) };
}

/** The manifests that an alias may extend. */
function builtIn(id: string): unknown {
  return builtInSources().find(({ name }) => name === id)?.manifest;
}

/** Makes of the code what nodes run, and runs it here. */
async function readCode(folder: URL, subject: Subject): Promise<void> {
  const wrong = (message: string) => void subject.issues.push({ path: 'code', code: 'unreadable', message });
  if (!existsSync(new URL('index.js', folder))) return wrong('index.js is missing');
  try {
    subject.functions = evaluateCode(await bundleCode(folder));
  } catch (error) {
    const { message } = error as Error;
    wrong(error instanceof CodeRefused ? message : `index.js cannot be loaded: ${message}`);
  }
}
