/**
 * Downloads one official server binary and prints its path: `download.ts temporal|mongod <folder>`.
 * A program of its own, so that a slow download can be ended and Temporal's global runtime, which the download needs,
 * is not installed in the process that runs Leadwire.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { MongoBinary } from 'mongodb-memory-server-core';
import { firstExecutable } from './executable.ts';

const [what, folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Usage: download.ts temporal|mongod <folder>');
process.stdout.write((what === 'mongod' ? await downloadMongod(folder) : await downloadTemporal(folder)) ?? '');

function downloadMongod(downloadDir: string): Promise<string> {
  return MongoBinary.getPath({ downloadDir });
}

async function downloadTemporal(downloadDir: string): Promise<string | undefined> {
  // The library offers the download only together with a start.
  const started = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', downloadDir } },
  });
  await started.teardown();
  return firstExecutable((await readdir(downloadDir)).map((name) => join(downloadDir, name)));
}
