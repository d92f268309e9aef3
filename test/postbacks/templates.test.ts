import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkConfiguration } from '../../config/check.ts';
import { compileEndpoints } from '../../config/postbacks.ts';
import { readAnswer } from '../../rules/mapping/answer.ts';
import { TEMPLATES } from '../../rules/postback/templates.ts';
import { hashedContacts } from '../../rules/postback/hashed.ts';
import { POSTBACK_TEMPLATES, type EventPostback, type PostbackTemplate } from '../../schema/postback.ts';
import { campaignFile } from '../leads/campaign-file.ts';

const FOLDER = join(import.meta.dirname, 'templates');

interface Fixture {
  template: PostbackTemplate;
  lead: Record<string, unknown>;
  event: { id: string; name: string; time: string };
  settings: NonNullable<EventPostback['settings']>;
  secrets: Record<string, string>;
  expected: { method: string; url: string; headers?: Record<string, string>; json?: unknown };
  /** Texts of answers with 200, and whether they mean that it was taken. */
  accepted: [text: string, taken: boolean][];
}

const fixtures = async () =>
  Promise.all(
    (await readdir(FOLDER)).map(async (name) => JSON.parse(await readFile(join(FOLDER, name), 'utf8')) as Fixture),
  );

const withPostback = (postback: EventPostback) => {
  const file = campaignFile('https://buyers.example', { buyers: ['alpha'] });
  return { ...file, events: [{ id: 'sale', postbacks: [postback] }] };
};

describe('a template of a postback', () => {
  it('has a fixture', async () => {
    const shown = new Set((await fixtures()).map(({ template }) => template));
    assert.deepEqual([...shown].sort(), [...POSTBACK_TEMPLATES].sort());
  });

  it('passes the check, and makes the request of its platform', async () => {
    for (const { template, lead, event, settings, secrets, expected, accepted } of await fixtures()) {
      // A token that Leadwire gets is no secret that somebody sets.
      const set = Object.keys(secrets).filter((name) => name !== 'access_token' || !TEMPLATES[template].oauth);
      const file = withPostback({ id: 'ads', template, settings, secrets: set });
      assert.deepEqual(checkConfiguration(file).issues, [], template);
      const endpoint = compileEndpoints(file).byId.get('event/sale/ads');
      assert.ok(endpoint);
      const rendered = await endpoint.renderEvent({
        lead,
        event,
        hashed: hashedContacts(lead),
        config: { ...endpoint.settings },
        secrets,
        campaign: { id: 'cmp_test', name: 'Test' },
        source: { id: 'src_one' },
        sandbox: false,
        now: event.time,
      });
      assert.deepEqual([rendered.method, rendered.url], [expected.method, expected.url], template);
      assert.deepEqual(rendered.body && JSON.parse(rendered.body), expected.json, template);
      for (const [name, value] of Object.entries(expected.headers ?? {})) assert.equal(rendered.headers[name], value);
      for (const [text, taken] of accepted) {
        const answer = readAnswer({ status: 200, headers: {}, body: Buffer.from(text) });
        assert.equal((await endpoint.accepts?.(answer)) ?? true, taken, `${template}: ${text}`);
      }
    }
  });

  it('is refused without what it wants to know', () => {
    const issues = (postback: EventPostback) =>
      checkConfiguration(withPostback(postback)).issues.map(({ path, code }) => `${path} ${code}`);
    assert.deepEqual(issues({ id: 'ads', template: 'facebook' }), [
      'events[0].postbacks[0].secrets unknown_secret',
      'events[0].postbacks[0].settings missing_setting',
    ]);
    const google = { api_version: 'v26', customer_id: '1', conversion_action: '2' };
    assert.deepEqual(issues({ id: 'ads', template: 'google_ads', settings: google, secrets: ['developer_token'] }), [
      ...Array.from({ length: 3 }, () => 'events[0].postbacks[0].secrets unknown_secret'),
    ]);
    const oauth = { tokenUrl: 'http://10.0.0.1/token', grant: 'client_credentials' } as const;
    const bearer = { method: 'GET', url: 'https://a.example/', headers: { authorization: '{{secrets.access_token}}' } };
    assert.deepEqual(issues({ id: 'own', request: bearer as never, oauth, secrets: ['client_id', 'client_secret'] }), [
      'events[0].postbacks[0].oauth.tokenUrl address_refused',
    ]);
    const request = { method: 'GET', url: 'https://ads.example/{nothing}' } as const;
    assert.deepEqual(issues({ id: 'own', request }), ['events[0].postbacks[0].request.url unknown_macro']);
    const lan = { method: 'GET', url: 'http://10.0.0.1/{zip}' } as const;
    assert.deepEqual(issues({ id: 'own', request: lan }), ['events[0].postbacks[0].request.url address_refused']);
    assert.deepEqual(issues({ id: 'both', template: 'tune', settings: { domain: 'a.example' }, request }).length, 1);
  });
});
