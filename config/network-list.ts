import ipaddr from 'ipaddr.js';

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

const MAPPED_BITS = 96;

/** An address as it is compared: IPv4 inside IPv6 as IPv4, no zone. `undefined` for anything else. */
export function plainAddress(text: string): string | undefined {
  const address = text.replace(/%.*$/, '');
  // The library also takes 0x7f.1 and 127.1; what comes over the wire is dotted in full.
  if (!/^\d+\.\d+\.\d+\.\d+$|:/.test(address) || !ipaddr.isValid(address)) return undefined;
  return ipaddr.process(address).toString();
}

/** An address or a CIDR range in its one spelling; `undefined` for anything else. */
export function plainNetwork(text: string): string | undefined {
  const [start = '', bits, more] = text.trim().split('/');
  const address = plainAddress(start);
  if (address === undefined || more !== undefined || start.includes('%')) return undefined;
  if (bits === undefined) return address;
  const wide = start.includes(':');
  const length = /^\d{1,3}$/.test(bits) ? Number(bits) : NaN;
  const mapped = wide && !address.includes(':');
  const kept = mapped ? length - MAPPED_BITS : length;
  return kept >= 0 && kept <= (address.includes(':') ? 128 : 32) ? `${address}/${kept}` : undefined;
}

/** Whether an address lies in one of these networks, which have the spelling of {@link plainNetwork}. */
export function createNetworkList(networks: readonly string[]): (address: string) => boolean {
  const ranges = networks.map(rangeOf);
  return (text) => {
    const plain = plainAddress(text);
    if (plain === undefined) return false;
    const address = ipaddr.parse(plain);
    return ranges.some(([start, bits]) => start.kind() === address.kind() && address.match(start, bits));
  };
}

function rangeOf(network: string): Range {
  if (network.includes('/')) return ipaddr.parseCIDR(network);
  const address = ipaddr.parse(network);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}
