import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * An endpoint for postbacks in a process of its own. `/hook` takes them and notes how old the event was on arrival;
 * `/dead` never answers. `/figures` says what has come, and forgets it on DELETE.
 */
let ages: number[] = [];
let last = 0;
/** Requests to the dead one that are open, and the most there were at a time. */
let open = 0;
let mostOpen = 0;

const server = createServer((request, response) => {
  if (request.url === '/figures') {
    const sorted = ages.sort((a, b) => a - b);
    const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
    response.end(JSON.stringify({ count: sorted.length, p50: at(0.5), p99: at(0.99), last, mostOpen }));
    if (request.method === 'DELETE') ages = [];
    return;
  }
  if (request.url === '/dead') {
    mostOpen = Math.max(mostOpen, ++open);
    request.resume().on('close', () => open--);
    return;
  }
  let body = '';
  request.setEncoding('utf8').on('data', (text: string) => (body += text));
  request.on('end', () => {
    last = Date.now();
    const { timestamp } = JSON.parse(body) as { timestamp: string };
    ages.push(last - Date.parse(timestamp));
    response.end();
  });
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`);
});
process.stdin.resume().on('end', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
