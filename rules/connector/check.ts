import type { Issue } from '../../errors/leadwire-error.ts';
import type { Authentication } from '../../schema/authentication.ts';
import {
  CONNECTOR_OPERATIONS,
  CONTRACT_VERSION,
  type Connector,
  type ConnectorOperation,
} from '../../schema/connector.ts';
import type { RequestMapping } from '../../schema/mapping.ts';
import type { Known, Report } from '../mapping/check-report.ts';
import { checkTemplate } from '../mapping/check-template.ts';
import { CONTEXT_ROOTS } from '../mapping/context.ts';
import { checkOperation } from '../mapping/operation.ts';
import { ACCESS_TOKEN } from './authentication.ts';
import { isSecret, secretNames, withDefaults, type ConfigValues } from './config.ts';
import { compileHosts } from './hosts.ts';
import { checkMigrations } from './migrate.ts';

/** Operations that tell what happened see it as `event`. */
const TELLING: readonly ConnectorOperation[] = ['deliver', 'postback', 'return', 'revoke', 'erase'];

/** Every mistake in a connector that its schema cannot see. Paths lead into `connector.json`. */
export function checkConnector(connector: Connector): Issue[] {
  const issues: Issue[] = [];
  const say = (path: string, code: string, message: string) => void issues.push({ path, code, message });
  const secrets = secretsSeen(secretNames(connector.config).all, connector.authentication);
  for (const name of CONNECTOR_OPERATIONS) {
    const operation = connector.operations[name];
    if (!operation) continue;
    const path = `operations.${name}`;
    const { request, response } = operation;
    if (!connector.code && !request) say(`${path}.request`, 'missing', 'is missing');
    if (!connector.code && !response) say(`${path}.response`, 'missing', 'is missing');
    const whole = {
      request: request ?? { url: 'https://in-code.example' },
      response: response ?? { accepted: 'true' },
    };
    const roots = [...CONTEXT_ROOTS, ...(TELLING.includes(name) ? ['event', 'hashed'] : [])];
    issues.push(...checkOperation(whole, path, { secrets, roots, gated: true }));
    if (request) issues.push(...checkHosts(request, path, connector.hosts, withDefaults(connector.config)));
  }
  if (!isServed(connector.sdk)) {
    say('sdk', 'unsupported_sdk', `is written for another contract than ${CONTRACT_VERSION}`);
  }
  issues.push(...checkMigrations(connector));
  if (connector.authentication)
    issues.push(...checkAuthentication(connector.authentication, 'authentication', secrets));
  for (const host of connector.hosts) {
    const name = /\{\{config\.(\w+)\}\}/.exec(host)?.[1];
    const property = name === undefined ? undefined : connector.config.properties[name];
    if (name !== undefined && (!property || isSecret(property))) {
      say('hosts', 'unknown_property', `${host} names a property that the configuration does not have`);
    }
  }
  return issues;
}

/** The credentials that mappings see: those that were declared, and the token that OAuth 2.0 brings. */
export function secretsSeen(names: readonly string[], authentication: Authentication | undefined): string[] {
  return authentication?.kind.startsWith('oauth2') ? [...names, ACCESS_TOKEN] : [...names];
}

/** What an authentication says is made of configuration and credentials that are there. */
export function checkAuthentication(authentication: Authentication, path: string, secrets: readonly string[]): Issue[] {
  const issues: Issue[] = [];
  const known: Known = { secrets, roots: ['config', 'secrets'] };
  const report: Report = (at, code, message) => void issues.push({ path: `${path}.${at}`, code, message });
  for (const [name, value] of Object.entries(authentication)) {
    if (TEMPLATES.has(name)) checkTemplate(String(value), name, known, report);
  }
  return issues;
}

const TEMPLATES = new Set(
  'value username password token tokenUrl clientId clientSecret refreshToken scope secret'.split(' '),
);

/** A host that configuration alone decides is among those allowed; any other is looked at when it is called. */
export function checkHosts(
  request: Pick<RequestMapping, 'url' | 'testUrl'>,
  path: string,
  hosts: readonly string[],
  config: ConfigValues,
): Issue[] {
  const allows = compileHosts(hosts, config);
  return (['url', 'testUrl'] as const).flatMap((property): Issue[] => {
    const address = fixedAddress(request[property], config);
    if (address === undefined || allows(address)) return [];
    const message = `calls a host that is not one of ${hosts.join(', ')}`;
    return [{ path: `${path}.request.${property}`, code: 'host_not_allowed', message }];
  });
}

/** An address up to its path, where nothing but known configuration stands in it. */
function fixedAddress(template: string | undefined, config: ConfigValues): string | undefined {
  if (template === undefined) return undefined;
  let known = true;
  const address = template.trim().replace(/\{\{\{?\s*([^}]*?)\s*\}?\}\}/g, (_, path: string) => {
    const name = /^config\.(\w+)$/.exec(path)?.[1];
    const value = name === undefined ? undefined : config[name];
    if (value !== undefined) return String(value as string);
    known = false;
    return '\0';
  });
  const mailbox = /^mailto:[^?]+/i.exec(address)?.[0];
  const start = mailbox ?? /^[a-z]+:\/\/[^/?#]*/i.exec(address)?.[0];
  if (start === undefined) return known && address !== '' ? 'invalid:' : undefined;
  if (start.includes('\0')) return undefined;
  return mailbox ?? `${start}/`;
}

/** Whether a range of the contract holds the version that there is: `^1.0.0`, `~1.0.0` or `1.0.0`. */
function isServed(range: string): boolean {
  const [served, wanted] = [CONTRACT_VERSION, range.replace(/^[\^~]/, '')].map((text) => text.split('.').map(Number));
  const [major = 0, minor = 0, patch = 0] = wanted ?? [];
  const [ourMajor = 0, ourMinor = 0, ourPatch = 0] = served ?? [];
  if (ourMajor !== major) return false;
  if (!/^[\^~]/.test(range)) return ourMinor === minor && ourPatch === patch;
  if (ourMinor !== minor) return range.startsWith('^') && ourMinor > minor;
  return ourPatch >= patch;
}
