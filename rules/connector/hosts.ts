import type { ConfigValues } from './config.ts';

/** Whether an address may be called. Cheap for addresses of an origin that was seen before. */
export type HostGate = (url: string) => boolean;

const KEPT_ORIGINS = 100;

/**
 * Compiles the hosts of a connector for the values of one integration. A host that is named without a port is called by
 * https alone: where a lead decides the address, credentials must not go out in the clear because it says http.
 */
export function compileHosts(hosts: readonly string[], config: ConfigValues): HostGate {
  const patterns = hosts.flatMap((host) => patternOf(host, config) ?? []);
  const known = new Map<string, boolean>();
  return (url) => {
    const origin = originOf(url);
    let allowed = known.get(origin);
    if (allowed === undefined) {
      const { host, protocol } = URL.canParse(url) ? calledBy(new URL(url)) : { host: '', protocol: '' };
      allowed = host !== '' && patterns.some(({ name, tls }) => name.test(host) && (!tls || isSafe(protocol)));
      if (known.size < KEPT_ORIGINS) known.set(origin, allowed);
    }
    return allowed;
  };
}

/** What is compared with the hosts: of an address to mail to, everybody it goes to. */
function calledBy({ protocol, host, pathname }: URL): { protocol: string; host: string } {
  return { protocol, host: (protocol === 'mailto:' ? decodeURIComponent(pathname) : host).toLowerCase() };
}

/** What is kept in the portal does not leave the deployment. */
function isSafe(protocol: string): boolean {
  return protocol === 'https:' || protocol === 'portal:';
}

/** An address up to its path, query or fragment; what can part them is never in what is kept. */
function originOf(url: string): string {
  const end = url.slice(8).search(/[/?#\\]/);
  return end < 0 ? url : url.slice(0, end + 8);
}

function patternOf(host: string, config: ConfigValues): { name: RegExp; tls: boolean } | undefined {
  let complete = true;
  const named = host.replace(/\{\{config\.(\w+)\}\}/g, (_, name: string) => {
    const value = hostIn(config[name]);
    complete &&= value !== '';
    return value.replaceAll('*', '');
  });
  if (!complete) return undefined;
  const source = named
    .toLowerCase()
    .split('*')
    .map((part) => part.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'))
    .join('[a-z0-9-]+');
  return { name: new RegExp(`^${source}$`), tls: !host.includes('{{') && !/:\d+$/.test(host) };
}

/** The host that a value names, be it an address or a host. */
function hostIn(value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number') return '';
  const text = String(value).trim();
  return /^[a-z]+:\/\//i.test(text) ? (URL.canParse(text) ? new URL(text).host : '') : text;
}
