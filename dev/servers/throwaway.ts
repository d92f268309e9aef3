import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startStack, type Stack } from './stack.ts';

/** Fetched servers are shared by everything that runs from this working copy. */
const FETCH_DIR = fileURLToPath(new URL('../../.leadwire', import.meta.url));

/**
 * Runs something on servers of its own, on free ports, and ends them with it: nobody waits for another run or meets
 * what an earlier one left. The servers that the environment names are used as they are.
 */
export async function withThrowawayStack<T>(use: (stack: Stack) => Promise<T>): Promise<T> {
  await mkdir(FETCH_DIR, { recursive: true });
  const dataDir = await mkdtemp(join(FETCH_DIR, 'throwaway-'));
  const stack = await startStack({
    dataDir,
    fetchDir: FETCH_DIR,
    env: process.env,
    ports: { mongo: 0, temporal: 0, temporalUi: 0 },
    log: (line) => console.log(line),
  });
  let failed = false;
  try {
    return await use(stack);
  } catch (error) {
    failed = true;
    throw error;
  } finally {
    await stack.stop().catch((error: Error) => {
      // What went wrong first is what there is to tell.
      if (!failed) throw error;
    });
    await rm(dataDir, { recursive: true, force: true });
  }
}
