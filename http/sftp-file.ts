import type SftpClient from 'ssh2-sftp-client';

/** SFTP over a connection that is logged in. */
export type SftpSession = Awaited<ReturnType<SftpClient['connect']>>;

type Done<Value> = (error: Error | null | undefined, value?: Value) => void;

/** Codes that stand for a connection that is gone: nobody says them over one. */
const NO_ANSWER = new Set([6, 7]);
const FAILURE = 4;
const EXISTS = 11;

/** The status code with which the server answered a step; undefined when there was no answer. */
export function statusOf(error: unknown): number | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'number' && !NO_ANSWER.has(code) ? code : undefined;
}

/**
 * Writes a file under a name beside its own and renames it once it is whole. What the server refuses leaves nothing
 * behind, as far as it lets it be taken away.
 */
export async function storeFile(session: SftpSession, path: string, content: Buffer): Promise<void> {
  const part = `${path}.part`;
  const handle = await step<Buffer>((done) => session.open(part, 'w', done));
  try {
    if (content.length > 0) await step<void>((done) => session.write(handle, content, 0, content.length, 0, done));
    await step<void>((done) => session.close(handle, done));
    await replace(session, part, path);
  } catch (error) {
    if (statusOf(error) !== undefined) await step<void>((done) => session.unlink(part, done)).catch(() => undefined);
    throw error;
  }
}

/** As POSIX renames, over a file that is there; from servers that cannot, such a file is taken away first. */
async function replace(session: SftpSession, from: string, to: string): Promise<void> {
  if (await renamesOver(session, from, to)) return;
  try {
    await step<void>((done) => session.rename(from, to, done));
  } catch (error) {
    const status = statusOf(error);
    if (status !== FAILURE && status !== EXISTS) throw error;
    await step<void>((done) => session.unlink(to, done)).catch((fault: unknown) => {
      if (statusOf(fault) === undefined) throw fault;
    });
    await step<void>((done) => session.rename(from, to, done));
  }
}

/** False when the server does not offer it: nothing was asked of it then. */
async function renamesOver(session: SftpSession, from: string, to: string): Promise<boolean> {
  let asked = false;
  try {
    await step<void>((done) => {
      session.ext_openssh_rename(from, to, done);
      asked = true;
    });
    return true;
  } catch (error) {
    if (asked) throw error;
    return false;
  }
}

function step<Value>(begin: (done: Done<Value>) => void): Promise<Value> {
  return new Promise((resolve, reject) => {
    begin((error, value) => (error ? reject(error) : resolve(value as Value)));
  });
}
