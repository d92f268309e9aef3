import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { Header, Pack, ReadEntry } from 'tar';
import { leaksIn } from '../../cli/connector/leaks.ts';
import { createRegistry } from '../../config/connectors/registry.ts';
import { inFolder, readTarball } from '../../config/connectors/tarball.ts';
import type { LeadwireError } from '../../errors/leadwire-error.ts';
import type { OutboundRequest } from '../../http/outbound.ts';
import { tarballOf } from './registry.ts';

/** A tarball with one entry that npm would never make. */
async function oddTarball(entry: { path: string; type: 'File' | 'SymbolicLink' | 'Link'; linkpath?: string }) {
  const packed = new Pack({ gzip: true, portable: true, preservePaths: true });
  const header = new Header({ ...entry, size: 0, mode: 0o644 });
  header.encode();
  const added = new ReadEntry(header);
  packed.add(added);
  added.end();
  packed.end();
  return Buffer.concat(await packed.collect());
}

const invalid = (said: RegExp) => (error: LeadwireError) =>
  error.code === 'package_invalid' && said.test(error.message);

describe('the tarball of a connector', () => {
  it('is read in memory, file by file', async () => {
    const files = await readTarball(
      await tarballOf({ 'connector.json': '{}', 'test/exemplary/a.json': '[]', empty: '' }),
    );
    assert.deepEqual(
      [...files].map(([path, content]) => [path, content.toString()]),
      [
        ['connector.json', '{}'],
        ['test/exemplary/a.json', '[]'],
        ['empty', ''],
      ],
    );
  });

  it('is lent as a folder that is gone afterwards', async () => {
    const files = await readTarball(await tarballOf({ 'a/b.json': '{}' }));
    const folder = await inFolder(files, async (place) => {
      assert.ok(existsSync(new URL('a/b.json', place)));
      return place;
    });
    assert.ok(!existsSync(folder));
  });

  for (const path of [
    'package/../../evil',
    '/etc/passwd',
    'package/a/../../../b',
    'package/a\\b',
    'package/./a',
    'alone',
  ]) {
    it(`may not hold ${path}`, async () => {
      await assert.rejects(
        readTarball(await oddTarball({ path, type: 'File' })),
        invalid(/a path that leads elsewhere/),
      );
    });
  }

  it('holds plain files only', async () => {
    for (const type of ['SymbolicLink', 'Link'] as const) {
      const tarball = await oddTarball({ path: 'package/link', type, linkpath: '/etc/passwd' });
      await assert.rejects(readTarball(tarball), invalid(new RegExp(type)));
    }
    const clash = await tarballOf({ a: '1', 'a/b': '2' });
    await assert.rejects(readTarball(clash), invalid(/as a file and as a folder/));
  });

  it('has limits on its size, on what it unpacks to and on the number of its files', async () => {
    await assert.rejects(readTarball(Buffer.alloc(3 * 1024 * 1024)), invalid(/is larger than/));
    const bomb = await tarballOf({ bomb: Buffer.alloc(11 * 1024 * 1024) });
    assert.ok(bomb.length < 100_000);
    await assert.rejects(readTarball(bomb), invalid(/holds more than \d+ bytes/));
    const many = Object.fromEntries(Array.from({ length: 1001 }, (_, at) => [`f${at}`, '']));
    await assert.rejects(readTarball(await tarballOf(many)), invalid(/holds more than 1000 files/));
  });

  it('is one, and zipped once', async () => {
    const tarball = await tarballOf({ a: '1' });
    for (const other of [Buffer.from('no'), gzipSync('no'), gzipSync(tarball), tarball.subarray(0, -20)]) {
      await assert.rejects(readTarball(other), invalid(/is no tarball/));
    }
  });
});

describe('a registry', () => {
  const NAME = 'leadwire-connector-acme';
  const version = (number: string) => [
    number,
    {
      version: number,
      dist: { tarball: `https://npm.example/r/${NAME}-${number}.tgz`, integrity: `sha1-x sha512-${'A'.repeat(86)}==` },
    },
  ];
  const asked: OutboundRequest[] = [];
  const answering = (body: object, settings: { url?: string; token?: string } = {}) =>
    createRegistry({
      url: settings.url ?? 'https://npm.example/r/',
      token: settings.token,
      outbound: {
        send(request) {
          asked.push(request);
          const headers = {};
          const answer = { kind: 'response', status: 200, headers, body: Buffer.from(JSON.stringify(body)) } as const;
          return Promise.resolve({ ...answer, durationMs: 1, exchange: () => ({}) as never });
        },
      },
    });
  const listing = {
    'dist-tags': { latest: '1.1.0', beta: '2.0.0-beta.1' },
    versions: Object.fromEntries(['1.0.0', '1.1.0', '1.2.0', '2.0.0-beta.1'].map(version)),
  };

  it('finds an exact version, the newest in a range, that of a tag, and the latest', async () => {
    const registry = answering(listing);
    const found = async (wanted?: string) => (await registry.find(NAME, wanted)).version;
    assert.equal(await found(), '1.1.0');
    assert.equal(await found('1.0.0'), '1.0.0');
    assert.equal(await found('^1.0.0'), '1.2.0');
    assert.equal(await found('beta'), '2.0.0-beta.1');
    for (const wanted of ['3.0.0', '^3.0.0', 'next']) {
      await assert.rejects(found(wanted), { code: 'package_not_found' }, wanted);
    }
  });

  it('is asked for names of connectors only, as npm writes them', async () => {
    await answering(listing).find(`@acme/${NAME}`);
    assert.equal(asked.at(-1)?.url, `https://npm.example/r/@acme%2f${NAME}`);
    for (const name of ['left-pad', '../x', 'leadwire-connector-', 'leadwire-connector-a/b', `@A/${NAME}`]) {
      await assert.rejects(answering(listing).find(name), { code: 'package_invalid' }, name);
    }
  });

  it('gets its credentials, which are shown nowhere and go nowhere else', async () => {
    const basic = answering(listing, { url: 'https://me:pass%20word@npm.example/r' });
    assert.equal(basic.url, 'https://npm.example/r');
    const found = await basic.find(NAME);
    assert.equal(asked.at(-1)?.headers['authorization'], `Basic ${Buffer.from('me:pass word').toString('base64')}`);
    assert.ok(!asked.at(-1)?.url.includes('me:'));
    await answering(listing, { token: 'tok' }).find(NAME);
    assert.equal(asked.at(-1)?.headers['authorization'], 'Bearer tok');
    await assert.rejects(basic.download({ ...found, tarball: 'https://elsewhere.example/x.tgz' }), {
      code: 'registry_unavailable',
    });
  });

  it('must say a SHA-512, and answer like a registry', async () => {
    const [number, { dist, ...entry }] = version('1.0.0') as [string, { dist: object }];
    const weak = { versions: { [number]: { ...entry, dist: { ...dist, integrity: 'sha1-abc' } } } };
    await assert.rejects(answering(weak).find(NAME, '1.0.0'), { code: 'package_invalid' });
    await assert.rejects(answering({ hello: 'there' }).find(NAME), { code: 'registry_unavailable' });
  });
});

describe('what is published', () => {
  it('holds no credentials, by name or by form', () => {
    const files = (path: string, text: string) => new Map([[path, Buffer.from(text)]]);
    for (const path of ['.npmrc', '.env', 'test/.env.local', 'keys/id_rsa', 'server.pem']) {
      assert.equal(leaksIn(files(path, '')).length, 1, path);
    }
    for (const text of [
      `token = npm_${'a1B2'.repeat(9)}`,
      '-----BEGIN RSA PRIVATE KEY-----',
      '//registry.example/:_authToken=abc',
      'AKIAIOSFODNN7EXAMPLE',
    ]) {
      const [leak = ''] = leaksIn(files('README.md', text));
      assert.match(leak, /^README\.md holds /);
      assert.ok(!leak.includes(text));
    }
    assert.deepEqual(leaksIn(files('connector.json', '{"token":{"secret":true}}')), []);
  });
});
