import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Header, Pack, ReadEntry } from 'tar';
import { stringify } from 'yaml';
import { eventually } from '../leads/deployment.ts';

/** A real npm registry on loopback, of its own, with an author who may publish. */
export interface TestRegistry {
  url: string;
  /** The variables of a shell in which npm publishes here, and Leadwire installs from here. */
  variables: NodeJS.ProcessEnv;
  /**
   * Publishes whatever is given, by the registry's own API and faster than npm.
   *
   * @param files by their path in the package
   * @param changes what its entry says otherwise than it should
   * @returns the integrity that it has
   */
  publish(files: Record<string, string | Buffer>, changes?: { dist?: Record<string, string> }): Promise<string>;
  /** Takes a package away, so that another one can be published under its name and version. */
  unpublish(name: string): Promise<void>;
  stop(): Promise<void>;
}

const VERDACCIO = createRequire(import.meta.url).resolve('verdaccio/bin/verdaccio');

/** Starts it without any registry behind it: nothing comes from anywhere else. */
export async function startRegistry(): Promise<TestRegistry> {
  const folder = mkdtempSync(join(tmpdir(), 'leadwire-registry-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const configuration = {
    storage: join(folder, 'storage'),
    auth: { htpasswd: { file: join(folder, 'htpasswd'), max_users: 100 } },
    uplinks: {},
    packages: { '**': { access: '$all', publish: '$authenticated', unpublish: '$authenticated' } },
    log: { type: 'stdout', format: 'json', level: 'fatal' },
    server: { keepAliveTimeout: 5 },
    web: { enable: false },
    max_body_size: '20mb',
  };
  writeFileSync(join(folder, 'config.yaml'), stringify(configuration));
  const child = spawn(
    process.execPath,
    [VERDACCIO, '--config', join(folder, 'config.yaml'), '--listen', `127.0.0.1:${port}`],
    { cwd: folder, stdio: 'ignore', env: { PATH: process.env['PATH'], HOME: folder } },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  try {
    await eventually(async () => {
      if (child.exitCode !== null) throw new Error(`verdaccio ended with ${child.exitCode}`);
      return fetch(`${url}/-/ping`).then(
        ({ ok }) => ok,
        () => false,
      );
    }, 60_000);
    const token = await signUp(url);
    const npmrc = join(folder, 'npmrc');
    writeFileSync(npmrc, `registry=${url}/\n//127.0.0.1:${port}/:_authToken=${token}\nupdate-notifier=false\n`);
    return {
      url,
      variables: {
        PATH: process.env['PATH'],
        HOME: folder,
        npm_config_userconfig: npmrc,
        npm_config_cache: join(folder, 'npm-cache'),
        LEADWIRE_REGISTRY: url,
      },
      publish: (files, changes) => put(url, token, files, changes),
      async unpublish(name) {
        const headers = { authorization: `Bearer ${token}` };
        const { ok, status } = await fetch(`${url}/${name.replace('/', '%2f')}/-rev/1`, { method: 'DELETE', headers });
        if (!ok) throw new Error(`the registry keeps ${name}: ${status}`);
      },
      async stop() {
        child.kill();
        await ended;
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    child.kill();
    throw error;
  }
}

/** A package as npm would pack it. */
export async function tarballOf(files: Record<string, string | Buffer>): Promise<Buffer> {
  const packed = new Pack({ gzip: true, portable: true });
  for (const [path, content] of Object.entries(files)) {
    const body = Buffer.from(content);
    const header = new Header({ path: `package/${path}`, size: body.length, type: 'File', mode: 0o644 });
    header.encode();
    const entry = new ReadEntry(header);
    packed.add(entry);
    entry.end(body);
  }
  packed.end();
  return Buffer.concat(await packed.collect());
}

async function put(
  url: string,
  token: string,
  files: Record<string, string | Buffer>,
  { dist = {} }: { dist?: Record<string, string> } = {},
): Promise<string> {
  const tarball = await tarballOf(files);
  const manifest = JSON.parse(String(files['package.json'])) as { name: string; version: string };
  const { name, version } = manifest;
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  const file = `${name}-${version}.tgz`;
  const listed = {
    ...{ integrity, shasum: createHash('sha1').update(tarball).digest('hex') },
    ...{ tarball: `${url}/${name}/-/${file}`, ...dist },
  };
  const answer = await fetch(`${url}/${name.replace('/', '%2f')}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({
      ...{ _id: name, name, 'dist-tags': { latest: version } },
      versions: { [version]: { ...manifest, _id: `${name}@${version}`, dist: listed } },
      _attachments: {
        [file]: { content_type: 'application/octet-stream', data: tarball.toString('base64'), length: tarball.length },
      },
    }),
  });
  if (!answer.ok) throw new Error(`the registry took no ${name}@${version}: ${answer.status} ${await answer.text()}`);
  return integrity;
}

async function signUp(url: string): Promise<string> {
  const name = `author-${randomBytes(4).toString('hex')}`;
  const answer = await fetch(`${url}/-/user/org.couchdb.user:${name}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, password: randomBytes(12).toString('hex') }),
  });
  const { token } = (await answer.json()) as { token?: string };
  if (token === undefined) throw new Error(`the registry made no account: ${answer.status}`);
  return token;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
