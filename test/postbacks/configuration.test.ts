import assert from 'node:assert/strict';
import { checkConfiguration } from '../../config/check.ts';
import type { Integration } from '../../schema/integration.ts';
import type { SourcePostback } from '../../schema/postback.ts';
import { campaignFile } from '../leads/campaign-file.ts';

/** The issues of a file with this endpoint and this buyer, as `path code`. */
function issuesOf(postbacks: unknown, integration: Partial<Integration> = {}): string[] {
  const file = campaignFile('https://buyers.example', { buyers: ['alpha'], integrations: { alpha: integration } });
  for (const source of file.sources ?? []) {
    if (source.id === 'src_one') source.postbacks = postbacks as SourcePostback[];
  }
  return checkConfiguration(file).issues.map(({ path, code }) => `${path} ${code}`);
}
const endpoint = (changes: object = {}, request: object = {}) => ({
  id: 'main',
  on: ['sold'],
  sign: ['signing'],
  request: { url: 'https://seller.example/hook', ...request },
  ...changes,
});

describe('postbacks in a configuration', () => {
  it('that are right pass', () => {
    assert.deepEqual(
      issuesOf([endpoint(), endpoint({ id: 'pixel' }, { method: 'GET', url: 'https://a.example/{sub1}?{pid}' })]),
      [],
    );
    const postback = { token: 't', accepted: { 'body.s': 'y' }, rejected: 'query.s = "n"', price: 'body.p' };
    assert.deepEqual(issuesOf([], { secrets: ['t'], postback }), []);
  });

  it('to a source are refused with the path of each mistake', () => {
    const at = 'sources[0].postbacks[0]';
    const cases: [object, string][] = [
      [endpoint({}, { url: 'https://a.example/?e={email}' }), `${at}.request.url unknown_macro`],
      [endpoint({}, { url: 'https://{{lead.sub1}}.example/' }), `${at}.request.url bad_url`],
      [endpoint({}, { url: 'https://{sub1}/' }), `${at}.request.url bad_url`],
      [endpoint({}, { url: 'http://169.254.169.254/' }), `${at}.request.url address_refused`],
      [endpoint({}, { testUrl: 'http://localhost/' }), `${at}.request.testUrl address_refused`],
      [
        endpoint({}, { headers: { authorization: '{{secrets.none}}' } }),
        `${at}.request.headers.authorization unknown_secret`,
      ],
      [endpoint({}, { json: { phone: 'lead.phone' } }), `${at}.request.json.phone unknown_field`],
      [endpoint({}, { json: { token: 'delivery.token' } }), `${at}.request.json.token unknown_root`],
      [endpoint({ campaigns: ['cmp_none'] }), `${at}.campaigns[0] unknown_campaign`],
      [endpoint({ on: ['bought'] }), `${at}.on[0] wrong_value`],
      [endpoint({ sign: undefined }), `${at}.sign unsigned`],
    ];
    for (const [given, issue] of cases) assert.deepEqual(issuesOf([given]), [issue]);
    assert.deepEqual(issuesOf([endpoint(), endpoint()]), ['sources[0].postbacks[1].id duplicate_id']);
  });

  it('of a buyer are refused with the path of each mistake', () => {
    const at = 'integrations[0].postback';
    const cases: [Partial<Integration>, string][] = [
      [{ postback: { token: 'none' } }, `${at}.token unknown_secret`],
      [{ postback: { signature: { secrets: ['none'] } } }, `${at}.signature.secrets[0] unknown_secret`],
      [{ postback: { accepted: 'status = 200' } }, `${at}.accepted unknown_root`],
      [{ postback: { accepted: { 'lead.zip': '1' } } }, `${at}.accepted.lead.zip unknown_root`],
      [{ postback: { rejected: 'body.(' } }, `${at}.rejected bad_jsonata`],
      [{ postback: { price: '$eval("1")' } }, `${at}.price bad_jsonata`],
      [{ postback: { pending: 'true' } }, `${at}.accepted missing`],
      [{ postback: { find: { leadId: 'body.id' } } }, `${at}.find unused`],
    ];
    for (const [given, issue] of cases) assert.deepEqual(issuesOf([], given), [issue]);
  });
});
