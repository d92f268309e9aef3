import semver from 'semver';
import { z } from 'zod';
import { CONTRACT_VERSION, type Connector } from '../../schema/connector.ts';

export const SDK = '@leadwire/connector-sdk';

/** Scripts that npm runs by itself. */
const LIFECYCLE = /^(?:pre|post)?(?:install|uninstall|prepare|pack|publish)$|^(?:prepublishOnly|dependencies)$/;

const names = z.union([z.record(z.string(), z.string()), z.array(z.string()), z.boolean()]).optional();
const packageSchema = z.object({
  name: z.string(),
  version: z.string(),
  keywords: z.array(z.string()).optional(),
  scripts: z.record(z.string(), z.unknown()).optional(),
  dependencies: z.record(z.string(), z.string()).optional(),
  optionalDependencies: z.record(z.string(), z.string()).optional(),
  bundleDependencies: names,
  bundledDependencies: names,
  peerDependencies: z.record(z.string(), z.string()).optional(),
});

/** Everything in a `package.json` for which a connector is not taken. */
export function packageMistakes({ id, version }: Pick<Connector, 'id' | 'version'>, manifest: unknown): string[] {
  const parsed = packageSchema.safeParse(manifest);
  if (!parsed.success) return ['is no package.json with a name and a version'];
  const { keywords = [], scripts = {}, dependencies = {}, peerDependencies = {}, ...own } = parsed.data;
  const wrong: string[] = [];
  // A scope may stand before it.
  if (own.name.replace(/^@[^/]+\//, '') !== `leadwire-connector-${id}`)
    wrong.push(`must be named leadwire-connector-${id}`);
  if (own.version !== version) wrong.push(`has the version ${own.version}, connector.json ${version}`);
  if (!keywords.includes('leadwire-connector')) wrong.push('lacks the keyword leadwire-connector');
  for (const script of Object.keys(scripts))
    if (LIFECYCLE.test(script)) wrong.push(`has the lifecycle script ${script}`);
  const range = Object.hasOwn(peerDependencies, SDK) ? peerDependencies[SDK] : undefined;
  if (range === undefined || Object.hasOwn(dependencies, SDK)) wrong.push(`needs ${SDK} as a peer dependency`);
  else if (!semver.satisfies(CONTRACT_VERSION, range))
    wrong.push(`wants ${SDK} ${range}, and there is ${CONTRACT_VERSION}`);
  const others = Object.keys({ ...dependencies, ...own.optionalDependencies }).filter((name) => name !== SDK);
  if (others.length > 0) wrong.push(`has dependencies, which nobody installs: ${others.join(', ')}`);
  if (isSome(own.bundleDependencies) || isSome(own.bundledDependencies)) wrong.push('bundles dependencies');
  return wrong;
}

function isSome(value: z.infer<typeof names>): boolean {
  return typeof value === 'object' ? Object.keys(value).length > 0 : value === true;
}
