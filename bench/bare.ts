import Koa from 'koa';
import { Agent, request } from 'undici';

/**
 * The yardstick: the same fan-out with nothing that makes it safe. A Koa route pings every buyer, takes the highest bid
 * and posts the lead, without records, retries, rules, mappings or durability.
 */
const [base = '', names = ''] = process.argv.slice(2);
const buyers = names.split(',');
const dispatcher = new Agent({ connections: 256 });

async function call(buyer: string, operation: string, body: object): Promise<Record<string, unknown>> {
  const answer = await request(`${base}/acme/${buyer}/${operation}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    dispatcher,
    signal: AbortSignal.timeout(500),
  });
  return (await answer.body.json()) as Record<string, unknown>;
}

let leads = 0;
const app = new Koa();
app.use(async (context) => {
  let text = '';
  for await (const chunk of context.req) text += String(chunk);
  const lead = JSON.parse(text) as Record<string, unknown>;
  const ref = `txn_bare-${++leads}`;
  const pings = await Promise.allSettled(buyers.map((buyer) => call(buyer, 'ping', { zip: lead['zip'], ref })));
  const bids = pings
    .map((ping, index) => ({ buyer: buyers[index]!, bid: ping.status === 'fulfilled' ? ping.value : {} }))
    .sort((a, b) => Number(b.bid['price'] ?? 0) - Number(a.bid['price'] ?? 0));
  const [best] = bids;
  const sold = best ? await call(best.buyer, 'post', { ...lead, promise: best.bid['promise'], ref }) : {};
  context.body = { outcome: sold['status_text'] === 'sold' ? 'sold' : 'rejected', price: sold['price'] };
});
const server = app.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`);
});
process.stdin.resume().on('end', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
