import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = [Address, number];

/** A URL that may be requested, or why it may not be. */
export type UrlCheck = { ok: true; url: URL } | { ok: false; code: 'invalid_url' | 'address_refused'; message: string };

export interface AddressPolicy {
  /** Whether a socket may be opened to this address. Anything that is not an IP address is refused. */
  allows(ip: string): boolean;
  /** Scheme, credentials and, where the host is an IP address in any spelling, the address. Resolves no names. */
  checkUrl(url: string): UrlCheck;
}

const NAT64: Network = [ipaddr.parse('64:ff9b::'), 96];
const GLOBAL_UNICAST: Network = [ipaddr.parse('2000::'), 3];

/**
 * Which addresses Leadwire may talk to: public unicast, and the networks an operator allows beside them.
 * @param allowNetworks CIDRs or single addresses. A malformed one throws.
 */
export function createAddressPolicy(allowNetworks: readonly string[]): AddressPolicy {
  const networks = allowNetworks.map(parseNetwork);

  const allowsAddress = (address: Address): boolean => {
    if (networks.some((network) => contains(network, address))) return true;
    if (address instanceof ipaddr.IPv4) return address.range() === 'unicast';
    const embedded = embeddedIPv4(address);
    if (embedded.length > 0) return embedded.every(allowsAddress);
    // The library calls everything without a name `unicast`, also ::/96 and space that nobody was given.
    return address.range() === 'unicast' && contains(GLOBAL_UNICAST, address);
  };

  const allows = (ip: string): boolean => isIP(ip) !== 0 && allowsAddress(ipaddr.parse(ip));

  const checkUrl = (text: string): UrlCheck => {
    const url = parseUrl(text);
    if (url === undefined) return refuse('invalid_url', 'This is not an absolute URL');
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      return refuse('invalid_url', 'Only http and https URLs can be requested');
    }
    if (url.username !== '' || url.password !== '') {
      return refuse('invalid_url', 'Put credentials in a header, not in the URL');
    }
    // The URL parser has already turned 0x7f000001, 017700000001 and 2130706433 into dotted form.
    const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
    if (isIP(host) !== 0 && !allows(host))
      return refuse('address_refused', 'This address is not on the public internet');
    return { ok: true, url };
  };

  return { allows, checkUrl };
}

/** Whether `ip` is public unicast or inside one of `allowNetworks`. To ask often, keep a {@link createAddressPolicy}. */
export function isPublicAddress(ip: string, allowNetworks: readonly string[] = []): boolean {
  return createAddressPolicy(allowNetworks).allows(ip);
}

/** The check of a URL in configuration. To ask often, keep a {@link createAddressPolicy}. */
export function checkUrl(url: string, allowNetworks: readonly string[] = []): UrlCheck {
  return createAddressPolicy(allowNetworks).checkUrl(url);
}

/** The IPv4 addresses that a packet to this IPv6 address ends up at: mapped, NAT64, 6to4, Teredo (server and client). */
function embeddedIPv4(address: ipaddr.IPv6): ipaddr.IPv4[] {
  const bytes = address.toByteArray();
  const at = (offset: number, flip = 0): ipaddr.IPv4 =>
    new ipaddr.IPv4(bytes.slice(offset, offset + 4).map((byte) => byte ^ flip));
  if (address.isIPv4MappedAddress() || contains(NAT64, address)) return [at(12)];
  const range = address.range();
  if (range === '6to4') return [at(2)];
  if (range === 'teredo') return [at(4), at(12, 0xff)];
  return [];
}

function contains([network, bits]: Network, address: Address): boolean {
  return network.kind() === address.kind() && address.match(network, bits);
}

function parseNetwork(text: string): Network {
  if (text.includes('/')) return ipaddr.parseCIDR(text);
  const address = ipaddr.parse(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

function refuse(code: 'invalid_url' | 'address_refused', message: string): UrlCheck {
  return { ok: false, code, message };
}
