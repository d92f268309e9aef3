import { LeadwireError, type Issue } from '../../errors/leadwire-error.ts';
import { packageMistakes } from '../../sdk/conformance/package.ts';
import { passes, readManifest, readSubject, type Connector, type Finding } from '../../sdk/index.ts';
import { builtInSources } from './catalog.ts';
import { inFolder, readTarball, type PackageFiles } from './tarball.ts';

/** A package that may be offered: its parts, and what is not perfect about it. */
export interface ExaminedPackage {
  connector: Connector;
  /** `connector.json` as it was published. */
  manifest: string;
  /** Its exemplary fixtures, `{file, fixture}[]` as JSON. */
  fixtures: string;
  /** One self-contained script, where it has code. */
  code?: string;
  findings: Finding[];
}

export interface ExamineDeps {
  /** The conformance suite over a folder, away from this process. */
  test: (folder: URL) => Promise<Finding[]>;
  /** One self-contained script of the code in a folder. */
  bundle: (folder: URL) => Promise<string>;
}

/** What a package must be, where that is known before it is opened. */
export interface Expected {
  package: string;
  version: string;
}

/**
 * Opens a package in memory, validates it and runs the conformance suite over it in a process of its own. No script of
 * the package is run, nothing of it is installed.
 *
 * @throws LeadwireError `package_invalid` or `conformance_failed`, with everything that was found
 */
export async function examinePackage(
  tarball: Buffer,
  expected: Expected | undefined,
  { test, bundle }: ExamineDeps,
): Promise<ExaminedPackage> {
  const files = await readTarball(tarball);
  const connector = readPackage(files, expected);
  return inFolder(files, async (folder) => {
    const findings = await test(folder);
    if (!passes(findings)) throw new LeadwireError('conformance_failed', { issues: findings.map(issueOf) });
    const exemplary = readSubject(folder, builtInManifest).fixtures.filter(({ kind }) => kind === 'exemplary');
    return {
      connector,
      manifest: textOf(files, 'connector.json') ?? '',
      fixtures: JSON.stringify(exemplary.map(({ file, fixture }) => ({ file, fixture }))),
      ...(connector.code === undefined ? {} : { code: await bundle(folder) }),
      findings,
    };
  });
}

/** The connector in a package that has the shape of one. Throws `package_invalid` with every reason why it has not. */
export function readPackage(files: PackageFiles, expected?: Expected): Connector {
  const issues: Issue[] = [];
  const say = (path: string, message: string) => void issues.push({ path, code: 'package_invalid', message });
  const own = parse(files, 'package.json', say);
  const manifest = parse(files, 'connector.json', say);
  const { connector, issues: mistakes } =
    manifest === undefined ? { issues: [] } : readManifest(manifest, builtInManifest);
  issues.push(...mistakes.map((issue) => ({ ...issue, path: `connector.json: ${issue.path}` })));
  if (own !== undefined && connector) {
    for (const mistake of packageMistakes(connector, own)) say('package.json', mistake);
  }
  const { name, version } = (own ?? {}) as { name?: unknown; version?: unknown };
  if (own !== undefined && expected && (name !== expected.package || version !== expected.version)) {
    say('package.json', `calls itself something else than ${expected.package}@${expected.version}`);
  }
  // npm would build it, whatever its scripts say.
  if (files.has('binding.gyp')) say('binding.gyp', 'is a script that npm runs by itself');
  if (connector?.code !== undefined && !files.has(connector.code)) say(connector.code, 'is missing');
  const isWrong = issues.some(({ severity }) => severity !== 'warning');
  if (isWrong || !connector) throw new LeadwireError('package_invalid', { issues });
  return connector;
}

/** The manifests that an alias may extend. */
export function builtInManifest(id: string): unknown {
  return builtInSources().find(({ name }) => name === id)?.manifest;
}

/** A finding as a mistake is shown. */
export function issueOf({ rule, grade, message, at = '' }: Finding): Issue {
  return { path: at, code: rule, message, severity: grade === 'error' ? 'error' : 'warning' };
}

/** How many there are of each grade. */
export function countsOf(findings: readonly Finding[]): { errors: number; warnings: number; suggestions: number } {
  const count = (wanted: Finding['grade']) => findings.filter(({ grade }) => grade === wanted).length;
  return { errors: count('error'), warnings: count('warning'), suggestions: count('suggestion') };
}

function parse(files: PackageFiles, path: string, say: (path: string, message: string) => void): unknown {
  const text = textOf(files, path);
  if (text === undefined) return void say(path, 'is missing');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return void say(path, 'is no JSON');
  }
}

function textOf(files: PackageFiles, path: string): string | undefined {
  return files.get(path)?.toString('utf8');
}
