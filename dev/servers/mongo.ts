import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DryMongoBinary } from 'mongodb-memory-server-core';
import mongoose from 'mongoose';
import { findOnPath } from './executable.ts';
import { answers, runFetch, type Setting } from './fetching.ts';
import { mongoJavaCommand, type MongoJava, prepareMongoJava, preparedMongoJava } from './mongo-java.ts';
import { LOOPBACK } from './ports.ts';
import { type ServerProcess, startServer } from './process.ts';

const DOWNLOAD_SITE = 'https://fastdl.mongodb.org/';
const DOWNLOAD_TIMEOUT_MS = 180_000;

/** What to start: MongoDB itself, or mongo-java-server where it cannot be had. */
export type MongoBinary = { kind: 'mongod'; path: string; origin: string } | ({ kind: 'mongo-java' } & MongoJava);

/** Finds a MongoDB server on this machine, or fetches one. Throws `java_missing`, `maven_missing`, `fetch_failed`. */
export async function findMongo(setting: Setting): Promise<MongoBinary> {
  const installed = await findOnPath(setting.env, 'mongod');
  if (installed !== undefined) return { kind: 'mongod', path: installed, origin: 'mongod from the PATH' };

  const downloadDir = join(setting.fetchDir, 'mongod-download');
  const downloaded = await downloadedIn(downloadDir);
  if (downloaded !== undefined) return { kind: 'mongod', path: downloaded, origin: 'mongod, downloaded' };

  const prepared = await preparedMongoJava(setting);
  if (prepared !== undefined) return { kind: 'mongo-java', ...prepared };

  const fresh = await download(setting, downloadDir);
  if (fresh !== undefined) return { kind: 'mongod', path: fresh, origin: 'mongod, downloaded' };
  return { kind: 'mongo-java', ...(await prepareMongoJava(setting)) };
}

/** One line for operators: which server this is. */
export function describeMongo(binary: MongoBinary): string {
  return binary.kind === 'mongod' ? binary.origin : 'mongo-java-server with H2 (for trying out)';
}

/** Starts the server on its data in `dataDir`, which outlives it; ready when it answers a ping. */
export async function startMongo(setting: Setting, binary: MongoBinary, port: number): Promise<ServerProcess> {
  const dbPath = join(setting.dataDir, binary.kind);
  await mkdir(dbPath, { recursive: true });
  const command =
    binary.kind === 'mongod'
      ? { file: binary.path, args: mongodArguments(dbPath, port) }
      : mongoJavaCommand(binary, { host: LOOPBACK, port, file: join(dbPath, 'leadwire.h2') });
  const ready = async (): Promise<boolean> => (await listens(port)) && answersPing(port);
  return startServer(setting, { name: 'mongo', title: 'MongoDB', ...command, ready });
}

/** The official download; undefined when it cannot be had, which is no error: mongo-java-server is next. */
async function download(setting: Setting, folder: string): Promise<string | undefined> {
  const mirrored = setting.env.MONGOMS_DOWNLOAD_MIRROR ?? setting.env.MONGOMS_DOWNLOAD_URL;
  if (mirrored === undefined && !(await answers(setting, DOWNLOAD_SITE))) return undefined;
  const script = fileURLToPath(new URL('download.ts', import.meta.url));
  const command: [string, ...string[]] = [process.execPath, '--import', 'tsx', script, 'mongod', folder];
  const result = await runFetch(setting, 'Downloading MongoDB', command, DOWNLOAD_TIMEOUT_MS);
  if (!result.ok) setting.log(`The download failed (${result.reason}): trying mongo-java-server`);
  return downloadedIn(folder);
}

function downloadedIn(downloadDir: string): Promise<string | undefined> {
  // It throws where MongoDB offers no build for this system: mongo-java-server then.
  return DryMongoBinary.locateBinary({ version: '', downloadDir }).catch(() => undefined);
}

function mongodArguments(dbPath: string, port: number): string[] {
  // Slow operations are logged with their values, which may be personal data: practically never, then.
  return ['--dbpath', dbPath, '--bind_ip', LOOPBACK, '--port', String(port), '--slowms', '3600000'];
}

/** Asked before the driver is: the driver waits half a second between its own tries. */
function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, LOOPBACK);
    const answer = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });
}

async function answersPing(port: number): Promise<boolean> {
  const options = { serverSelectionTimeoutMS: 2_000, directConnection: true };
  const connection = mongoose.createConnection(`mongodb://${LOOPBACK}:${port}/admin`, options);
  try {
    await connection.asPromise();
    await connection.db?.command({ ping: 1 });
    return true;
  } finally {
    await connection.close();
  }
}
