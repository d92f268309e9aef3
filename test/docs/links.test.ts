import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { runCli } from '../../cli/program.ts';
import { pageNames, pageUrl, readPage } from './pages.ts';

const LINK = /\]\(([^)\s]+)\)/g;
const NPM_RUN = /\bnpm run ([\w:-]+)/g;
const NPM_OWN = /\bnpm (start|test)\b/g;
const LEADWIRE = /\bnpx leadwire ([a-z]+(?:-[a-z]+)*)/g;

describe('the documentation', () => {
  const scripts = Object.keys(
    (JSON.parse(readFileSync(pageUrl('package.json'), 'utf8')) as { scripts: object }).scripts,
  );

  for (const name of pageNames()) {
    const page = readPage(name);

    it(`${name} links to what exists`, () => {
      const broken = matches(page, LINK).filter((link) => !isExternal(link) && !resolves(name, link));
      assert.deepEqual(broken, []);
    });

    it(`${name} names commands that exist`, async () => {
      const run = [...matches(page, NPM_RUN), ...matches(page, NPM_OWN)];
      assert.deepEqual(
        run.filter((script) => !scripts.includes(script)),
        [],
      );
      for (const command of new Set(matches(page, LEADWIRE))) {
        assert.equal(await exitCodeOfHelp(command), 0, `leadwire ${command}`);
      }
    });
  }
});

function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? '');
}

function isExternal(link: string): boolean {
  return /^[a-z]+:/.test(link);
}

/** Whether a link leads to a file and, with a fragment, to a heading in it. */
function resolves(from: string, link: string): boolean {
  const [path = '', fragment] = link.split('#');
  const target = path === '' ? pageUrl(from) : new URL(path, pageUrl(from));
  if (!existsSync(target)) return false;
  return fragment === undefined || headingsOf(readFileSync(target, 'utf8')).includes(fragment);
}

function headingsOf(page: string): string[] {
  return matches(page, /^#+ (.+)$/gm).map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** `--help` of a command that does not exist fails. */
function exitCodeOfHelp(command: string): Promise<number> {
  const silent = () => {};
  return runCli(['help', command], {
    variables: {},
    print: silent,
    complain: silent,
    readInput: () => Promise.resolve(''),
  });
}
