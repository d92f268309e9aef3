import { aLead, send, type Answer } from '../leads/deployment.ts';

/** A seller that pings and posts to `cmp_test` of a node with one key. */
export function createSeller(url: string, key: string, cid = 'cmp_test') {
  const call = (path: string, body: unknown, headers: Record<string, string>): Promise<Answer> =>
    send(`${url}/api/${path}/${cid}`, body, { 'x-api-key': key, ...headers });
  return {
    url,
    ping: (fields: Record<string, unknown> = { zip: '10001' }, headers: Record<string, string> = {}) =>
      call('ping', fields, headers),
    /** Posts a whole lead; `changes` may hold `bid_ids`. */
    post: (ping: unknown, changes: Record<string, unknown> = {}, headers: Record<string, string> = {}) =>
      call('post', { ...aLead(), ping_id: ping, ...changes }, headers),
    send: call,
  };
}
export type Seller = ReturnType<typeof createSeller>;
