import { createHash, timingSafeEqual } from 'node:crypto';
import semver from 'semver';
import { z } from 'zod';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { Outbound } from '../../http/outbound.ts';

/** One version of a package as a registry lists it. */
export interface Published {
  package: string;
  version: string;
  /** `sha512-…` */
  integrity: string;
  tarball: string;
  /** Whether the registry has a statement of how and from what it was built. */
  provenance: boolean;
}

export interface Registry {
  /** Its address, without credentials. */
  url: string;
  /**
   * The version that is meant: exact, the newest in a range, that of a tag; without one what the registry calls latest.
   *
   * @throws LeadwireError `package_not_found`, `registry_unavailable`, `package_invalid` without a SHA-512
   */
  find(name: string, wanted?: string): Promise<Published>;
  /** Its tarball, proven to be the one that is listed. Throws `integrity_mismatch`, `registry_unavailable`. */
  download(published: Published): Promise<Buffer>;
  /** What is answered at a path of the registry. Throws `registry_unavailable`, `package_not_found`. */
  read(path: string): Promise<unknown>;
}

export interface RegistryDeps {
  outbound: Pick<Outbound, 'send'>;
  /** `LEADWIRE_REGISTRY`; credentials in it are sent as basic authentication. */
  url: string;
  token?: string;
}

export const MAX_TARBALL_BYTES = 2 * 1024 * 1024;
const MAX_LISTING_BYTES = 16 * 1024 * 1024;
const TIMEOUT_MS = 30_000;
/** Everything that installing needs, and nothing of the READMEs. */
const LISTING = 'application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8';
const NAME = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?leadwire-connector-[a-z0-9][a-z0-9-]{0,59}$/;

const versionSchema = z.object({
  version: z.string(),
  dist: z.object({ tarball: z.string(), integrity: z.string().optional(), attestations: z.unknown().optional() }),
});
const listingSchema = z.object({
  'dist-tags': z.record(z.string(), z.string()).optional(),
  versions: z.record(z.string(), z.unknown()),
});

/** Whether a name is one that connectors are published under. */
export function isConnectorPackage(name: string): boolean {
  return NAME.test(name) && name.length <= 214;
}

/** The npm registry that an operator chose, read through the one outbound client. */
export function createRegistry({ outbound, url: given, token }: RegistryDeps): Registry {
  const address = new URL(given);
  const authorization = authorizationOf(address, token);
  address.username = '';
  address.password = '';
  const url = address.href.replace(/\/+$/, '');

  async function get(target: string, accept: string, maxResponseBytes: number): Promise<Buffer> {
    const answer = await outbound.send({
      method: 'GET',
      url: target,
      headers: { accept, ...(authorization === undefined ? {} : { authorization }) },
      timeoutMs: TIMEOUT_MS,
      maxResponseBytes,
      ...(authorization === undefined ? {} : { secrets: [authorization] }),
    });
    if (answer.kind === 'ambiguous' && answer.code === 'too_large') {
      const message = `${target} is larger than ${maxResponseBytes} bytes`;
      throw new LeadwireError('package_invalid', { message });
    }
    if (answer.kind !== 'response') throw unavailable(`did not answer (${answer.code})`);
    if (answer.status === 404) throw new LeadwireError('package_not_found');
    if (answer.status !== 200) throw unavailable(`answered with status ${answer.status}`);
    return answer.body;
  }

  const unavailable = (what: string) =>
    new LeadwireError('registry_unavailable', { message: `The registry ${new URL(url).host} ${what}` });

  async function read(path: string, accept = 'application/json'): Promise<unknown> {
    const body = await get(`${url}/${path}`, accept, MAX_LISTING_BYTES);
    try {
      return JSON.parse(body.toString('utf8')) as unknown;
    } catch {
      throw unavailable('answered with something that is no JSON');
    }
  }

  return {
    url,
    read: (path) => read(path),

    async find(name, wanted) {
      if (!isConnectorPackage(name)) {
        const message = `${name} is no name of a connector's package: leadwire-connector-…, with a scope or without`;
        throw new LeadwireError('package_invalid', { message });
      }
      const listing = listingSchema.safeParse(await read(name.replace('/', '%2f'), LISTING));
      if (!listing.success) throw unavailable('answered with something that lists no versions');
      const { versions, 'dist-tags': tags = {} } = listing.data;
      const version = versionOf(Object.keys(versions), tags, wanted);
      const found = version !== undefined && Object.hasOwn(versions, version) ? versions[version] : undefined;
      if (version === undefined || found === undefined) {
        const message = `${name} has no version ${wanted ?? 'that is called latest'}`;
        throw new LeadwireError('package_not_found', { message });
      }
      const parsed = versionSchema.safeParse(found);
      if (!parsed.success) throw unavailable('answered with something that lists no versions');
      const { tarball, integrity = '', attestations } = parsed.data.dist;
      // There may be several, by several algorithms.
      const strong = integrity.split(/\s+/).find((hash) => /^sha512-[A-Za-z0-9+/]{86}==$/.test(hash));
      if (strong === undefined) {
        throw new LeadwireError('package_invalid', { message: `The registry lists no SHA-512 of ${name}@${version}` });
      }
      return { package: name, version, integrity: strong, tarball, provenance: attestations !== undefined };
    },

    async download({ package: name, version, integrity, tarball }) {
      // Wherever it were, credentials of this registry would go with it.
      if (!URL.canParse(tarball) || new URL(tarball).origin !== address.origin) {
        throw unavailable(`keeps ${name}@${version} at another host`);
      }
      const bytes = await get(tarball, '*/*', MAX_TARBALL_BYTES);
      if (!isSame(integrityOf(bytes), integrity)) throw new LeadwireError('integrity_mismatch');
      return bytes;
    },
  };
}

/** `sha512-…`, as npm writes it. */
export function integrityOf(bytes: Buffer): string {
  return `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
}

export function isSame(integrity: string, other: string): boolean {
  const [a, b] = [Buffer.from(integrity), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function versionOf(versions: string[], tags: Record<string, string>, wanted = 'latest'): string | undefined {
  if (Object.hasOwn(tags, wanted)) return tags[wanted];
  if (semver.valid(wanted) !== null) return versions.find((version) => version === semver.valid(wanted));
  if (semver.validRange(wanted) === null) return undefined;
  return semver.maxSatisfying(versions, wanted) ?? undefined;
}

function authorizationOf({ username, password }: URL, token: string | undefined): string | undefined {
  if (token !== undefined) return `Bearer ${token}`;
  if (username === '') return undefined;
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}
