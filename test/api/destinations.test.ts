import assert from 'node:assert/strict';
import { campaignFile } from '../leads/campaign-file.ts';
import { createDeployment, eventually, send, type Deployment } from '../leads/deployment.ts';

/** Where a lead may not go is the same for every address that takes one, and is found before its fields are read. */
describe('campaigns and sources that take no leads', () => {
  let deployment: Deployment;
  let url: string;
  const order = { kind: 'seller', seller: 'sel_one', mode: 'live', by: 'test' } as const;
  /** Pings of the time when everything was open, by what was closed since. */
  const pings = { nothing: '', campaign: '', source: '', campaigns: '' };
  before(async () => {
    deployment = await createDeployment({ buyers: ['alpha'] });
    const file = campaignFile(deployment.buyers.url, { buyers: ['alpha'] });
    const campaign = file.campaigns![0]!;
    const open = {
      ...file,
      sellers: [...(file.sellers ?? []), { id: 'sel_two', name: 'Seller two' }],
      sources: [
        ...['src_one', 'src_paused', 'src_elsewhere'].map((id) => ({ id, seller: 'sel_one' })),
        { id: 'src_two', seller: 'sel_two' },
      ],
      campaigns: [campaign, { ...campaign, id: 'cmp_paused' }],
    };
    await deployment.apply(open);
    url = (await deployment.start()).url;
    const ping = async (cid: string, source: string) => {
      const answer = await send(`${url}/api/ping/${cid}`, { zip: '10001' }, { 'x-api-key': await keyOf(source) });
      return String(answer.body['ping_id']);
    };
    pings.nothing = await ping('cmp_test', 'src_one');
    pings.campaign = await ping('cmp_paused', 'src_one');
    pings.source = await ping('cmp_test', 'src_paused');
    pings.campaigns = await ping('cmp_test', 'src_elsewhere');
    await deployment.apply({
      ...open,
      sources: open.sources.map((source) => ({
        ...source,
        ...(source.id === 'src_paused' ? { paused: true } : {}),
        ...(source.id === 'src_elsewhere' ? { campaigns: [] } : {}),
      })),
      campaigns: [campaign, { ...campaign, id: 'cmp_paused', paused: true }],
    });
    await eventually(async () => {
      const { status } = await send(`${url}/api/ping/cmp_paused`, {}, { 'x-api-key': deployment.keys.live });
      return status === 403;
    });
  });
  after(() => deployment.stop());

  const keyOf = async (source?: string) =>
    (await deployment.keys.api.create(source === undefined ? order : { ...order, source })).key;
  const pageKeyOf = async (source: string) => {
    const page = { ...order, kind: 'browser', source, origins: ['https://a.example'] } as const;
    return (await deployment.keys.api.create(page)).key;
  };

  for (const address of ['/api/lead', '/api/ping', '/api/post']) {
    interface Attempt {
      cid?: string;
      key: string;
      ping?: keyof typeof pings;
      pid?: string;
      headers?: Record<string, string>;
    }
    /** An empty lead: where it goes is found out before anything of it is read. */
    async function refused(attempt: Attempt, status: number, code: string): Promise<void> {
      const { cid = 'cmp_test', key, ping = 'nothing', pid, headers = {} } = attempt;
      const body = { ...(address === '/api/post' ? { ping_id: pings[ping] } : {}), pid };
      const answer = await send(`${url}${address}/${cid}`, body, { 'x-api-key': key, ...headers });
      assert.deepEqual([answer.status, answer.body['code']], [status, code]);
    }
    const own = () => deployment.keys.live;

    describe(address, () => {
      it('an unknown campaign', () => refused({ cid: 'cmp_no', key: own() }, 404, 'unknown_campaign'));
      it('a paused campaign', () =>
        refused({ cid: 'cmp_paused', key: own(), ping: 'campaign' }, 403, 'campaign_paused'));
      it('a paused source', async () =>
        refused({ key: await keyOf('src_paused'), ping: 'source' }, 403, 'source_inactive'));
      it('a source with other campaigns', async () =>
        refused({ key: await keyOf('src_elsewhere'), ping: 'campaigns' }, 403, 'campaign_not_allowed'));
      it("another seller's source", async () =>
        refused({ key: await keyOf(), pid: 'src_two' }, 403, 'source_not_allowed'));
      if (address !== '/api/post') {
        it('no source, of several', async () => refused({ key: await keyOf() }, 400, 'source_required'));
      }
      it('a bad Idempotency-Key', () =>
        refused({ key: own(), headers: { 'idempotency-key': 'a b' } }, 400, 'invalid_idempotency_key'));
    });
  }

  describe('/sdk/{cid}', () => {
    const refused = async (cid: string, key: string, status: number, code: string) => {
      const answer = await deployment.get(`/sdk/${cid}?key=${key}`, { origin: 'https://a.example' });
      assert.deepEqual([answer.status, answer.body['code']], [status, code]);
    };
    it('an unknown campaign', async () => refused('cmp_no', await pageKeyOf('src_one'), 404, 'unknown_campaign'));
    it('a paused campaign', async () => refused('cmp_paused', await pageKeyOf('src_one'), 403, 'campaign_paused'));
    it('a paused source', async () => refused('cmp_test', await pageKeyOf('src_paused'), 403, 'source_inactive'));
    it('a source with other campaigns', async () =>
      refused('cmp_test', await pageKeyOf('src_elsewhere'), 403, 'campaign_not_allowed'));
  });

  it('/click/{cid}: a paused campaign', async () => {
    const { status, body: answer } = await deployment.get('/click/cmp_paused?pid=src_one&format=json');
    assert.deepEqual([status, answer['code']], [403, 'campaign_paused']);
  });
});
