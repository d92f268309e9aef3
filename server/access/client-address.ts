import type { Context } from 'koa';
import { plainAddress } from '../../config/network-list.ts';

/**
 * The address a request came from, IPv4 inside IPv6 as IPv4. Behind n trusted proxies each appends the address it
 * sees to X-Forwarded-For, so the n-th entry from the right is the client's; what stands left of it anybody can write.
 * A header that is shorter than that, or malformed there, counts for nothing: then it is the socket's address.
 */
export function clientAddress(context: Pick<Context, 'app' | 'req'>): string {
  const { app, req } = context;
  const socket = plainAddress(req.socket.remoteAddress ?? '') ?? '';
  if (!app.proxy) return socket;
  const entries = String(req.headers['x-forwarded-for'] ?? '').split(',');
  const entry = entries.at(-app.maxIpsCount);
  return (entry === undefined ? undefined : addressIn(entry.trim())) ?? socket;
}

/** Some proxies write the port along: `203.0.113.7:49152`, `[2001:db8::7]:49152`. */
function addressIn(entry: string): string | undefined {
  const withPort = /^\[([^\]]+)\](?::\d+)?$/.exec(entry) ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(entry);
  return plainAddress(withPort?.[1] ?? entry);
}
