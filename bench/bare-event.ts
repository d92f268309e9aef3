import Koa from 'koa';
import { Agent, request } from 'undici';
import { connectMongo } from '../models/connection.ts';

/**
 * The yardstick of events: one durable write, then one webhook that nobody waits for. No checks, lock, retries,
 * signature or workflow. Arguments: where to store it and where to post it.
 */
const [uri = '', database = '', endpoint = ''] = process.argv.slice(2);
const events = (await connectMongo({ uri, database })).collection('bare_events');
const dispatcher = new Agent({ connections: 256 });

const app = new Koa();
app.use(async (context) => {
  let text = '';
  for await (const chunk of context.req) text += String(chunk);
  const timestamp = new Date();
  await events.insertOne({ ...(JSON.parse(text) as object), timestamp });
  const posted = request(endpoint, { method: 'POST', body: JSON.stringify({ timestamp }), dispatcher });
  void posted.then(({ body }) => body.dump()).catch(() => undefined);
  context.body = { status: 200 };
});
const server = app.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`);
});
process.stdin.resume().on('end', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
