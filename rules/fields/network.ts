import ipaddr from 'ipaddr.js';
import { fault, type Reading } from './reading.ts';

/** Reads an IPv4 or IPv6 address into its canonical form; IPv4 inside IPv6 becomes plain IPv4. */
export function readIp(text: string): Reading {
  // The parser also takes 127.1 and 0x7f.0.0.1, which no visitor's address looks like.
  const known = ipaddr.IPv4.isValidFourPartDecimal(text) || (ipaddr.IPv6.isValid(text) && !text.includes('%'));
  if (!known) return fault('not_an_ip', 'is not an IP address');
  const address = ipaddr.process(text);
  return { value: address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString() };
}

export function readUrl(text: string): Reading {
  const url = /^https?:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  return url ? { value: url.href } : fault('not_a_url', 'is not an address that starts with http:// or https://');
}
