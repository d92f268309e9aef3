import { isSecret } from '../../rules/connector/config.ts';
import { compileHosts } from '../../rules/connector/hosts.ts';
import type { Connector, ConnectorOperation } from '../../schema/connector.ts';
import type { Say } from './finding.ts';
import { packageMistakes } from './package.ts';
import type { Subject } from './subject.ts';

const LOOKS_SECRET = /(?:^|_)(?:password|passwd|pass|secret|token|api_?key|private_?key)$/i;

/** What can be said of a connector without running it. */
export function checkManifest({ connector, issues, package: published }: Subject, say: Say): void {
  for (const { path, message, code, severity } of issues) {
    const rule = code === 'host_not_allowed' ? 'hosts/declared' : 'schema/valid';
    say(rule, severity === 'warning' ? 'warning' : 'error', message, path);
  }
  if (!connector) return;
  checkDocs(connector, say);
  if (published) checkPackage(connector, published, say);
  checkSecrets(connector, say);
  checkHosts(connector, say);
}

function checkDocs({ config, operations, homepage }: Connector, say: Say): void {
  for (const [name, property] of Object.entries(config.properties)) {
    if (property.title === undefined) say('docs/complete', 'error', 'has no title for the form', `config.${name}`);
    else if (property.description === undefined && !('examples' in property) && !('enum' in property))
      say('docs/complete', 'suggestion', 'would be easier to fill in with a description', `config.${name}`);
  }
  for (const [name, operation] of Object.entries(operations)) {
    if (operation && operation.description === undefined)
      say('docs/complete', 'warning', 'does not say what it does', `operations.${name}`);
  }
  if (homepage === undefined) say('docs/complete', 'suggestion', "names no page of the service's API", 'homepage');
}

function checkPackage(connector: Connector, { manifest, readme }: NonNullable<Subject['package']>, say: Say): void {
  if (!readme) say('docs/complete', 'error', 'is missing: npm shows it', 'README.md');
  for (const message of packageMistakes(connector, manifest))
    say('package/publishable', 'error', message, 'package.json');
}

function checkSecrets({ config }: Connector, say: Say): void {
  for (const [name, property] of Object.entries(config.properties)) {
    if (isSecret(property)) {
      const shown = 'default' in property || ('examples' in property && property.examples !== undefined);
      if (shown) say('secrets/declared', 'error', 'is a credential with a default or examples', `config.${name}`);
    } else if (property.type === 'string' && LOOKS_SECRET.test(name)) {
      say('secrets/declared', 'error', 'looks like a credential and is not marked "secret": true', `config.${name}`);
    }
  }
}

function checkHosts({ hosts, authentication }: Connector, say: Say): void {
  for (const host of hosts) {
    if (/^\*(?:\.[a-z]+)?$/i.test(host)) say('hosts/declared', 'error', `${host} allows half the internet`, 'hosts');
  }
  if (!authentication || !('tokenUrl' in authentication)) return;
  const origin = /^https?:\/\/[^/{}?#]+/i.exec(authentication.tokenUrl)?.[0];
  if (origin !== undefined && !compileHosts(hosts, {})(`${origin}/`))
    say('hosts/declared', 'error', 'is on a host that is not declared', 'authentication.tokenUrl');
}

/** What integrations on the version before rely on is still there, unless the major version moved. */
export function checkCompatible({ connector, previous }: Subject, say: Say): void {
  if (!connector || !previous || majorOf(connector.version) !== majorOf(previous.version)) return;
  const broken = (message: string, at: string) =>
    say('config/compatible', 'error', `${message}: raise the major version`, at);
  const { properties, required = [] } = connector.config;
  for (const [name, before] of Object.entries(previous.config.properties)) {
    const now = properties[name];
    const at = `config.${name}`;
    if (!now) broken('was there before', at);
    else if (now.type !== before.type) broken(`was of the type ${before.type}`, at);
    else if (isSecret(now) !== isSecret(before)) broken('became, or no longer is, a credential', at);
    else if (isNarrower(before, now)) broken('allows less than before', at);
  }
  for (const name of required) {
    const isNew = !previous.config.required?.includes(name);
    if (isNew && properties[name]?.default === undefined) broken('was not required before', `config.${name}`);
  }
  for (const name of Object.keys(previous.operations) as ConnectorOperation[]) {
    if (previous.operations[name] && !connector.operations[name]) broken('was there before', `operations.${name}`);
  }
  const added = connector.hosts.filter((host) => !previous.hosts.includes(host));
  if (added.length > 0)
    say('config/compatible', 'warning', `calls hosts that it did not call before: ${added.join(', ')}`, 'hosts');
}

/** Versions below 1.0.0 may break with every minor one. */
function majorOf(version: string): string {
  const [major = '0', minor = '0'] = version.split('.');
  return major === '0' ? `0.${minor}` : major;
}

type Property = Connector['config']['properties'][string];
type Limits = Partial<
  Record<'enum' | 'pattern' | 'format' | 'minLength' | 'maxLength' | 'minimum' | 'maximum', unknown>
>;

function isNarrower(before: Property, now: Property): boolean {
  const [old, limits] = [before as Limits, now as Limits];
  const allowed = limits.enum as unknown[] | undefined;
  const wanted = old.enum as unknown[] | undefined;
  if (allowed && (!wanted || wanted.some((value) => !allowed.includes(value)))) return true;
  if (limits.pattern !== undefined && limits.pattern !== old.pattern) return true;
  if (limits.format !== undefined && limits.format !== old.format) return true;
  const rises = (name: 'minLength' | 'minimum') => Number(limits[name] ?? -Infinity) > Number(old[name] ?? -Infinity);
  const falls = (name: 'maxLength' | 'maximum') => Number(limits[name] ?? Infinity) < Number(old[name] ?? Infinity);
  return rises('minLength') || rises('minimum') || falls('maxLength') || falls('maximum');
}
