import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Issue } from '../../errors/leadwire-error.ts';
import { readConnector } from '../../rules/connector/alias.ts';
import { checkConnector } from '../../rules/connector/check.ts';
import { shapeIssues } from '../../schema/shape-issues.ts';
import type { Connector } from '../../schema/connector.ts';
import type { ConnectorValues } from '../compile.ts';
import { fixtureSchema } from '../fixture.ts';
import type { NamedFixture } from '../read-fixtures.ts';

/** A connector as the suite looks at it: what of it could be read, and what could not. */
export interface Subject {
  /** Undefined when `connector.json` has no shape to work with. */
  connector?: Connector;
  /** Mistakes in `connector.json`. */
  issues: Issue[];
  fixtures: NamedFixture[];
  /** Fixtures that could not be read, with why. */
  unread: { file: string; message: string }[];
  /** The functions of a connector with code. */
  functions?: ConnectorValues['functions'];
  /** The version that was published last, for what integrations on it rely on. */
  previous?: Connector;
  /** Its `package.json`, and whether it has a README. Undefined for one that is no package. */
  package?: { manifest: unknown; readme: boolean };
}

/**
 * Reads the folder of a connector; whatever is wrong with it is part of the subject. Its code is not run.
 *
 * @param folder ending in /
 * @param find the manifest that an alias names
 */
export function readSubject(folder: URL, find: (id: string) => unknown): Subject {
  const subject: Subject = { issues: [], ...readAllFixtures(folder) };
  if (existsSync(new URL('package.json', folder))) {
    const read = readJson(new URL('package.json', folder));
    const readme = existsSync(new URL('README.md', folder));
    subject.package = { manifest: 'value' in read ? read.value : undefined, readme };
  }
  const manifest = readJson(new URL('connector.json', folder));
  if ('message' in manifest) {
    subject.issues.push({ path: 'connector.json', code: 'unreadable', message: manifest.message });
    return subject;
  }
  return { ...subject, ...readManifest(manifest.value, find) };
}

/** What a manifest comes to: the connector, also one with mistakes that its shape does not show, and its mistakes. */
export function readManifest(manifest: unknown, find: (id: string) => unknown): Pick<Subject, 'connector' | 'issues'> {
  const { connector, issues } = readConnector(manifest, find);
  return connector ? { connector, issues: checkConnector(connector) } : { issues };
}

function readAllFixtures(folder: URL): Pick<Subject, 'fixtures' | 'unread'> {
  const found: Pick<Subject, 'fixtures' | 'unread'> = { fixtures: [], unread: [] };
  for (const kind of ['exemplary', 'supplemental'] as const) {
    const place = new URL(`test/${kind}/`, folder);
    const names = existsSync(place) ? readdirSync(place).filter((name) => name.endsWith('.json')) : [];
    for (const name of names.sort()) {
      const file = `${kind}/${name}`;
      const json = readJson(new URL(encodeURIComponent(name), place));
      const parsed = 'value' in json ? fixtureSchema.safeParse(json.value, { reportInput: true }) : undefined;
      if (parsed?.success) found.fixtures.push({ kind, file, fixture: parsed.data });
      else found.unread.push({ file, message: 'message' in json ? json.message : linesOf(parsed?.error) });
    }
  }
  return found;
}

function linesOf(error: { issues: Parameters<typeof shapeIssues>[0] } | undefined): string {
  return shapeIssues(error?.issues ?? [], '')
    .map(({ path, message }) => `${path} ${message}`.trim())
    .join('; ');
}

function readJson(file: URL): { value: unknown } | { message: string } {
  try {
    return { value: JSON.parse(readFileSync(file, 'utf8')) as unknown };
  } catch (error) {
    return { message: (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'is missing' : 'is no JSON' };
  }
}
