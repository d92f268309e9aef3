import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { builtInConnectors, builtInSources } from '../../config/connectors/catalog.ts';
import { createOutbound } from '../../http/outbound.ts';
import { readManifest, readSubject, RULES, testConnector, type Finding, type Subject } from '../../sdk/index.ts';
import { readPage } from '../docs/pages.ts';

const BROKEN = new URL('broken/', import.meta.url);
const BUILT_IN = new URL('../../connectors/', import.meta.url);
const sound: unknown = JSON.parse(readFileSync(new URL('sound/connector.json', BROKEN), 'utf8'));
const manifestOf = (id: string): unknown =>
  id === 'sound' ? sound : builtInSources().find(({ name }) => name === id)?.manifest;

describe('the conformance suite', function () {
  this.timeout(60_000);
  const network = createOutbound({ allowNetworks: ['127.0.0.1'] });
  after(() => network.close());
  const folder = mkdtempSync(join(tmpdir(), 'leadwire-conformance-'));
  after(() => rmSync(folder, { recursive: true }));

  const run = (subject: Subject) => testConnector(subject, { network });
  const errors = (findings: readonly Finding[]) => findings.filter(({ grade }) => grade === 'error');

  for (const { name } of builtInSources()) {
    it(`finds no error in ${name}`, async () => {
      assert.ok(builtInConnectors().find(name));
      assert.deepEqual(errors(await run(readSubject(new URL(`${name}/`, BUILT_IN), manifestOf))), []);
    });
  }

  it('finds nothing at all in one that is sound', async () => {
    assert.deepEqual(await run(readSubject(new URL('sound/', BROKEN), manifestOf)), []);
  });

  it('ends when code does not', async () => {
    const subject = readSubject(new URL('faults/declared/', BROKEN), manifestOf);
    const { fixtures } = readSubject(new URL('sound/', BROKEN), manifestOf);
    const functions: Subject['functions'] = { post: { response: () => new Promise(() => undefined) } };
    const found = errors(await run({ ...subject, fixtures, functions }));
    assert.ok(found.some(({ rule, message }) => rule === 'faults/declared' && message === 'does not return'));
  });

  for (const rule of RULES) {
    it(`fails a connector that breaks ${rule}, which the documentation explains`, async () => {
      const broken = new URL(`${rule}/`, BROKEN);
      assert.ok(existsSync(broken), `test/connectors/broken/${rule} shows no connector that breaks it`);
      // What is broken lies over what is sound.
      const place = join(folder, rule);
      for (const from of [new URL('sound/', BROKEN), broken]) {
        cpSync(fileURLToPath(from), place, { recursive: true });
      }
      const subject = readSubject(pathToFileURL(`${place}/`), manifestOf);
      subject.previous = readManifest(sound, manifestOf).connector;
      const code = new URL('index.js', broken);
      if (existsSync(code)) {
        subject.functions = ((await import(code.href)) as { default: Pick<Subject, 'functions'> }).default.functions;
      }
      const found = errors(await run(subject)).map((finding) => finding.rule);
      assert.ok(found.includes(rule), `found ${found.join(', ') || 'nothing'}`);
      assert.match(readPage('docs/connector-conformance.md'), new RegExp(`^### ${rule}$`, 'm'));
    });
  }
});
