import { after, afterEach, before } from 'mocha';
import { startBuyers, type Buyers } from '../../dev/buyers/server.ts';

export const ref = 'txn_01931c2e-7a11-7000-8000-000000000001';

export interface Reply {
  status: number;
  type: string | null;
  text: string;
}

/** Simulated buyers for one suite, as good as new for each of its tests. */
export function buyersForSuite(): { current: Buyers } {
  const holder = {} as { current: Buyers };
  before(async () => {
    holder.current = await startBuyers({ port: 0 });
  });
  afterEach(() => {
    holder.current.resetBehaviour();
    holder.current.clear();
  });
  after(() => holder.current.stop());
  return holder;
}

/** POSTs JSON to the buyers and reads the whole answer. */
export async function postJson(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Reply> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    signal: AbortSignal.timeout(2000),
  });
  return read(answer);
}

/** POSTs a form. */
export async function postForm(url: string, fields: Record<string, string>): Promise<Reply> {
  return read(await fetch(url, { method: 'POST', body: new URLSearchParams(fields) }));
}

export async function get(url: string): Promise<Reply> {
  return read(await fetch(url));
}

async function read(answer: Response): Promise<Reply> {
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
}
