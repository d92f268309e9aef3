import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { renameSync, rmSync, unlinkSync, writeSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2, { type Connection, type SFTPWrapper } from 'ssh2';

export const STATUS = ssh2.utils.sftp.STATUS_CODE;
type Step = 'open' | 'write' | 'close' | 'rename' | 'remove';

/** What goes wrong, and at which step. `does`: the step is done all the same, and only its answer is missing. */
export type Trouble =
  { at: Step; status: number } | { at: Step; breaks: true; does?: true; once?: true } | { at: Step; hangs: true };

/** An SFTP server on loopback over a folder of its own, with one user, and the troubles that a test asks for. */
export async function startSftpServer() {
  const folder = mkdtempSync(join(tmpdir(), 'leadwire-sftp-'));
  mkdirSync(join(folder, 'in'));
  const host = ssh2.utils.generateKeyPairSync('ed25519');
  const user = ssh2.utils.generateKeyPairSync('ed25519');
  const password = randomBytes(9).toString('hex');
  const allowed = ssh2.utils.parseKey(user.public);
  if (allowed instanceof Error) throw allowed;
  let trouble: Trouble | undefined;
  const seen: string[] = [];
  const open = new Set<Connection>();

  const server = new ssh2.Server({ hostKeys: [host.private] }, (connection) => {
    open.add(connection);
    connection.on('error', () => undefined);
    connection.on('close', () => open.delete(connection));
    connection.on('authentication', (context) => {
      seen.push(`login ${context.method}`);
      const byPassword = context.method === 'password' && context.password === password;
      const byKey =
        context.method === 'publickey' &&
        context.key.data.equals(allowed.getPublicSSH()) &&
        (!context.signature || allowed.verify(context.blob!, context.signature, context.hashAlgo) === true);
      if (context.username === 'leadwire' && (byPassword || byKey)) context.accept();
      else context.reject(['password', 'publickey']);
    });
    connection.on('ready', () => {
      connection.on('session', (accept) => {
        accept().on('sftp', (begin) => serve(begin(), connection));
      });
    });
  });

  function serve(sftp: SFTPWrapper, connection: Connection): void {
    /** Does a step, unless there is trouble at it. */
    const step = (at: Step, request: number, path: string, act: () => void): void => {
      seen.push(`${at} ${path}`);
      const here = trouble?.at === at ? trouble : undefined;
      if (here && 'hangs' in here) return;
      if (here && 'status' in here) return sftp.status(request, here.status);
      if (here && !here.does) return broken();
      try {
        silent = here !== undefined;
        act();
        if (silent) broken();
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        sftp.status(request, code === 'ENOENT' ? STATUS.NO_SUCH_FILE : STATUS.FAILURE);
      }
    };
    /** The answer to the step that is being done does not go out. */
    let silent = false;
    const broken = (): void => {
      if (trouble && 'once' in trouble) trouble = undefined;
      (connection as unknown as { _sock: { destroy(): void } })._sock.destroy();
    };
    const at = (path: string) => join(folder, path);
    const done = (request: number) => {
      if (!silent) sftp.status(request, STATUS.OK);
    };

    sftp.on('OPEN', (request, path) =>
      step('open', request, path, () => {
        const handle = Buffer.alloc(4);
        handle.writeUInt32BE(openSync(at(path), 'w'));
        sftp.handle(request, handle);
      }),
    );
    sftp.on('WRITE', (request, handle, offset, data) =>
      step('write', request, '', () => {
        writeSync(handle.readUInt32BE(), data, 0, data.length, offset);
        done(request);
      }),
    );
    sftp.on('CLOSE', (request, handle) =>
      step('close', request, '', () => {
        closeSync(handle.readUInt32BE());
        done(request);
      }),
    );
    // As version 3 of the protocol has it: a file that is there is in the way.
    sftp.on('RENAME', (request, from, to) =>
      step('rename', request, to, () => {
        if (existsSync(at(to))) throw new Error('it is there');
        renameSync(at(from), at(to));
        done(request);
      }),
    );
    sftp.on('EXTENDED', (request, name, data) => {
      if (name !== 'posix-rename@openssh.com') return sftp.status(request, STATUS.OP_UNSUPPORTED);
      const length = data.readUInt32BE(0);
      const [from, to] = [data.subarray(4, 4 + length).toString(), data.subarray(8 + length).toString()];
      step('rename', request, to, () => {
        renameSync(at(from), at(to));
        done(request);
      });
    });
    sftp.on('REMOVE', (request, path) =>
      step('remove', request, path, () => {
        unlinkSync(at(path));
        done(request);
      }),
    );
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const hostKey = ssh2.utils.parseKey(host.public);
  if (hostKey instanceof Error) throw hostKey;
  return {
    port,
    url: `sftp://127.0.0.1:${port}/in`,
    fingerprint: `SHA256:${createHash('sha256').update(hostKey.getPublicSSH()).digest('base64').replace(/=+$/, '')}`,
    username: 'leadwire',
    password,
    privateKey: user.private,
    /** What was asked of it, login by login and step by step. */
    seen,
    trouble(next: Trouble | undefined): void {
      trouble = next;
    },
    /** Names and contents of the files in its folder. */
    files: (): Record<string, string> =>
      Object.fromEntries(
        readdirSync(join(folder, 'in')).map((name) => [name, readFileSync(join(folder, 'in', name), 'utf8')]),
      ),
    empty(): void {
      for (const name of readdirSync(join(folder, 'in'))) unlinkSync(join(folder, 'in', name));
      seen.splice(0);
      trouble = undefined;
    },
    async stop(): Promise<void> {
      for (const connection of open) connection.end();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      rmSync(folder, { recursive: true });
    },
  };
}
export type SftpServer = Awaited<ReturnType<typeof startSftpServer>>;
