import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const ENTRY = join(ROOT, 'sdk/index.ts');
/** What its types speak of is a dependency of its own; everything else is in it. */
const DEPENDENCIES = ['zod'] as const;

interface Manifest {
  name: string;
  version: string;
  description: string;
  license: string;
  dependencies?: Record<string, string>;
}

/**
 * Writes the package that authors of connectors install: one module, its types, and what npm shows.
 *
 * @param into folder, which is emptied first
 * @param types whether to make its types, which takes most of the time
 */
export async function buildSdk(into: string, { types = true }: { types?: boolean } = {}): Promise<void> {
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into, { recursive: true });
  await build({
    entryPoints: [ENTRY],
    outfile: join(into, 'index.js'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: [...DEPENDENCIES],
    legalComments: 'inline',
    logLevel: 'silent',
    // Some of what is in it was written for require().
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
    },
  });
  if (types) writeTypes(join(into, 'types'));
  const own = readManifest('sdk/package.json');
  const { dependencies = {} } = readManifest('package.json');
  const manifest = {
    ...{ name: own.name, version: own.version, description: own.description, license: own.license },
    type: 'module',
    keywords: ['leadwire'],
    exports: { '.': { types: './types/sdk/index.d.ts', default: './index.js' } },
    files: ['index.js', 'types/', 'README.md', 'LICENSE'],
    engines: { node: '>=20.19.0' },
    dependencies: Object.fromEntries(DEPENDENCIES.map((name) => [name, dependencies[name]])),
  };
  writeFileSync(join(into, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  for (const [from, to] of [
    ['LICENSE', 'LICENSE'],
    ['sdk/README.md', 'README.md'],
  ] as const) {
    cpSync(join(ROOT, from), join(into, to));
  }
}

/** Declarations of what can be reached from the entry, and of nothing else. */
function writeTypes(into: string): void {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile) as { config: unknown };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const program = ts.createProgram([ENTRY], {
    ...options,
    ...{ noEmit: false, declaration: true, emitDeclarationOnly: true, outDir: into, rootDir: ROOT, types: ['node'] },
  });
  const made = new Map<string, string>();
  program.emit(undefined, (path, text) => made.set(resolve(path), text));
  const wanted = new Set<string>();
  const waiting = [join(into, 'sdk/index.d.ts')];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const text = made.get(path);
    if (text === undefined || wanted.has(path)) continue;
    wanted.add(path);
    for (const [, found = ''] of text.matchAll(/(?:from |import\()["'](\.[^"']+)["']/g)) {
      waiting.push(resolve(dirname(path), found.replace(/\.ts$/, '.d.ts')));
    }
  }
  for (const path of wanted) {
    mkdirSync(dirname(path), { recursive: true });
    // As it is resolved by whoever installs it: next to a module that is not there.
    writeFileSync(path, (made.get(path) ?? '').replace(/((?:from |import\()["']\.[^"']+)\.ts(["'])/g, '$1.js$2'));
  }
  if (!existsSync(join(into, 'sdk/index.d.ts'))) throw new Error(`no types were made in ${relative(ROOT, into)}`);
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as Manifest;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildSdk(join(ROOT, 'dist-sdk'));
  console.log('dist-sdk is what is published: npm publish dist-sdk --access public');
}
