import assert from 'node:assert/strict';
import { checkOperation, compileOperation, type MappingContext } from '../../../rules/mapping/operation.ts';
import type { Operation } from '../../../schema/mapping.ts';

const operation = (url: string): Operation => ({ request: { url }, response: { accepted: 'status = 200' } });
const codes = (url: string) => checkOperation(operation(url), '', { secrets: ['host'] }).map(({ code }) => code);

describe('addresses of requests', () => {
  for (const url of [
    'https://bids.acme.example',
    'http://127.0.0.1:8080/ping?zip={{lead.zip}}',
    'https://{{config.instance}}.acme.example/ping/{{lead.zip}}',
    'https://{{config.host}}',
    'https://{{secrets.host}}:8443/x',
    '{{config.endpoint}}',
    '{{config.endpoint}}/ping/{{lead.zip}}',
    '{{config.endpoint}}?zip={{lead.zip}}',
    '{{default config.endpoint "https://bids.acme.example"}}/ping',
    'https://bids.acme.example/{{#if lead.zip}}{{lead.zip}}{{/if}}',
  ]) {
    it(`takes ${url}`, () => assert.deepEqual(codes(url), []));
  }

  for (const url of [
    '',
    'ping',
    '/ping',
    '//bids.acme.example/',
    'ftp://bids.acme.example/',
    'javascript:alert(1)',
    'https://',
    'https://user:pass@bids.acme.example/',
    'https://{{lead.host}}/ping',
    'https://acme.example{{lead.zip}}/ping',
    'http{{config.s}}://bids.acme.example/',
    '{{lead.url}}',
    '{{bid.url}}/post',
    '{{delivery.token}}',
    '{{config.endpoint}}{{lead.zip}}/x',
    '{{config.endpoint}}@evil.example/',
    '{{default lead.url config.endpoint}}/x',
    '{{lookup lead "url"}}/x',
    'https://{{#if lead.zip}}acme{{/if}}.example/',
  ]) {
    it(`refuses ${url || 'an empty one'}`, () => assert.deepEqual(codes(url), ['bad_url']));
  }

  const context = (endpoint: string, zip: string): MappingContext => ({
    lead: { zip },
    config: { endpoint },
    secrets: {},
    campaign: { id: 'cmp_a', name: 'A' },
    source: { id: 'src_a' },
    sandbox: false,
    now: '2026-01-01T00:00:00Z',
  });
  const render = (url: string, endpoint: string, zip: string) =>
    compileOperation(operation(url)).render(context(endpoint, zip));

  it('never lets a lead choose the host', async () => {
    const hostile = [
      '@evil.example',
      '/../../x',
      '//evil.example',
      '.evil.example',
      '\\evil',
      '#',
      '?a=b',
      '\u0000',
      '\ud800',
    ];
    for (const zip of hostile) {
      const { url } = await render('{{config.endpoint}}/p/{{lead.zip}}/q', 'https://acme.example/base', zip);
      assert.equal(new URL(url).host, 'acme.example', zip);
      assert.match(url, /^https:\/\/acme\.example\/base\/p\/[^/]*\/q$/);
    }
  });

  it('refuses a configured base that is no web address', async () => {
    for (const endpoint of ['acme.example', 'file:///etc/passwd', '', 'javascript:1']) {
      await assert.rejects(render('{{config.endpoint}}/p', endpoint, '1'), {
        code: 'mapping_failed',
        path: 'request.url',
      });
    }
  });
});
