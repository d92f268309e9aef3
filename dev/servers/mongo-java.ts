import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findOnPath } from './executable.ts';
import { fillFolder, runFetch, type Setting } from './fetching.ts';
import { StackError } from './stack-error.ts';

const POM = fileURLToPath(new URL('mongo-java/pom.xml', import.meta.url));
const SOURCE = fileURLToPath(new URL('mongo-java/LeadwireMongo.java', import.meta.url));
const MAIN_CLASS = 'LeadwireMongo';
const JAVA_VERSION = 17;
const FETCH_TIMEOUT_MS = 300_000;
const COMPILE_TIMEOUT_MS = 60_000;
const WAY_OUT = 'put `mongod` on the PATH or set MONGODB_URI';

/**
 * How long a write that does not ask for the journal may wait for the file, in ms. Measured on two cores, 16 writers:
 * 2,350 writes/s at 1 ms, 2,770 at 10 ms, 2,960 at 100 ms. Journaled writes do not wait for it: each is in the file
 * before it is acknowledged, about 1,100 to 1,900 writes/s.
 */
const FLUSH_MS = 10;

/** A Java, and the folder with the compiled server and its jars. */
export type MongoJava = { java: string; folder: string };

/** mongo-java-server as an earlier start left it, if it did. Throws `java_missing`. */
export async function preparedMongoJava(setting: Setting): Promise<MongoJava | undefined> {
  const folder = await folderFor(setting);
  const ready = await readFile(join(folder, 'classes', `${MAIN_CLASS}.class`)).catch(() => undefined);
  return ready === undefined ? undefined : { java: await findJava(setting, 'java'), folder };
}

/** Fetches the jars with Maven and compiles the server. Throws `java_missing`, `maven_missing` or `fetch_failed`. */
export async function prepareMongoJava(setting: Setting): Promise<MongoJava> {
  const [java, javac] = [await findJava(setting, 'java'), await findJava(setting, 'javac')];
  await requireVersion(setting, java);
  const maven = await findOnPath(setting.env, 'mvn');
  if (maven === undefined) {
    throw new StackError('maven_missing', `Maven is needed to fetch mongo-java-server: install it, ${WAY_OUT}`);
  }
  const folder = await folderFor(setting);
  await fillFolder(folder, async (temporary) => {
    const lib = join(temporary, 'lib');
    const copy = ['-q', '-B', '-f', POM, 'dependency:copy-dependencies', `-DoutputDirectory=${lib}`];
    const label = 'Fetching mongo-java-server from Maven Central';
    const fetched = await runFetch(setting, label, [maven, ...copy], FETCH_TIMEOUT_MS);
    if (!fetched.ok) {
      const line = `Fetching mongo-java-server with Maven failed (${fetched.reason}): try again, ${WAY_OUT}`;
      throw new StackError('fetch_failed', line);
    }
    const compile = ['-cp', join(lib, '*'), '-d', join(temporary, 'classes'), SOURCE];
    const compiled = await runFetch(setting, 'Compiling the MongoDB stand-in', [javac, ...compile], COMPILE_TIMEOUT_MS);
    if (!compiled.ok) {
      throw new StackError('java_missing', `javac could not compile ${SOURCE} (${compiled.reason}): ${WAY_OUT}`);
    }
  });
  return { java, folder };
}

/** The command that serves `file` on `host:port`. */
export function mongoJavaCommand(
  { java, folder }: MongoJava,
  { host, port, file }: { host: string; port: number; file: string },
): { file: string; args: string[] } {
  const classPath = [join(folder, 'classes'), join(folder, 'lib', '*')].join(delimiter);
  // One small heap and the collector with the fewest threads: it shares the machine with everything else.
  // No logger on purpose (the first option hushes its absence): the library would log whole documents.
  const options = ['-Dslf4j.internal.verbosity=ERROR', '-Xmx1g', '-XX:+UseSerialGC', '-cp', classPath];
  return { file: java, args: [...options, MAIN_CLASS, host, String(port), file, String(FLUSH_MS)] };
}

/** Named for what it is made from, so that a newer Leadwire fetches and compiles anew. */
async function folderFor(setting: Setting): Promise<string> {
  const hash = createHash('sha256');
  for (const path of [POM, SOURCE]) hash.update(await readFile(path));
  return join(setting.fetchDir, 'mongo-java-server', hash.digest('hex').slice(0, 12));
}

async function findJava(setting: Setting, tool: 'java' | 'javac'): Promise<string> {
  const path = await findOnPath(setting.env, tool);
  if (path !== undefined) return path;
  const line = `Java ${JAVA_VERSION} (a JDK, with \`${tool}\`) is needed to run mongo-java-server: install it, ${WAY_OUT}`;
  throw new StackError('java_missing', line);
}

async function requireVersion(setting: Setting, java: string): Promise<void> {
  // The long option prints to standard output, unlike `-version`.
  const result = await runFetch({ ...setting, log: () => undefined }, '', [java, '--version'], COMPILE_TIMEOUT_MS);
  const major = result.ok ? Number(/ (\d+)/.exec(result.output)?.[1]) : 0;
  if (major >= JAVA_VERSION) return;
  const line = `Java ${JAVA_VERSION} or newer is needed, ${java} is older: install a newer JDK, ${WAY_OUT}`;
  throw new StackError('java_missing', line);
}
