import assert from 'node:assert/strict';
import { ERRORS } from '../../errors/registry.ts';
import type { ApiDocument, DocumentedOperation } from '../../server/api/openapi.ts';
import { createDeployment, type Deployment } from '../leads/deployment.ts';
import { noteDocument } from './answers-seen.ts';

interface Entry {
  method: string;
  path: string;
  operation: DocumentedOperation;
}

describe('the OpenAPI document', () => {
  let deployment: Deployment;
  let url: string;
  let document: ApiDocument;
  let entries: Entry[];
  before(async () => {
    deployment = await createDeployment({ buyers: ['alpha'] });
    url = (await deployment.start()).url;
    document = (await (await fetch(`${url}/openapi.json`)).json()) as ApiDocument;
    noteDocument(document);
    entries = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
    );
  });
  after(() => deployment.stop());

  it('is OpenAPI 3.1, of this deployment', () => {
    assert.match(document.openapi, /^3\.1\./);
    assert.deepEqual(document.servers, [{ url: 'https://leads.example' }]);
  });

  it('has the operations of the API', () => {
    const addresses = entries.map(({ method, path }) => `${method} ${path.replace(/\{\w+\}/g, '{}')}`);
    const expected = [
      'post /api/ping/{}',
      'post /api/post/{}',
      'post /api/lead/{}',
      'get /api/lead/{}',
      'get /api/status',
    ];
    for (const address of [...expected, 'get /healthz', 'get /readyz', 'get /openapi.json', 'get /docs/api']) {
      assert.ok(addresses.includes(address), address);
    }
    assert.equal(new Set(addresses).size, addresses.length);
    const ids = entries.map(({ operation }) => operation.operationId);
    assert.equal(new Set(ids).size, ids.length);
  });

  it('has one path for what OpenAPI takes for one path', () => {
    const shapes = Object.keys(document.paths).map((path) => path.replace(/\{\w+\}/g, '{}'));
    assert.equal(new Set(shapes).size, shapes.length);
  });

  it('declares every parameter of a path', () => {
    for (const { path, operation } of entries) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const declared = (operation.parameters ?? []).filter((one) => one.in === 'path' && one.required);
      assert.deepEqual(
        declared.map(({ name }) => name),
        named,
        path,
      );
    }
  });

  it('refers to nothing that is not there', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path);
    assert.ok(references.length > 0);
    for (const path of new Set(references)) {
      const found = path
        .split('/')
        .reduce<unknown>((part, name) => (part as Record<string, unknown>)?.[name], document);
      assert.ok(found, path);
    }
  });

  it('asks for a key where the API does, in the ways it takes', () => {
    for (const { path, operation } of entries) {
      const ways = operation.security;
      const open = ways.length === 0 || ways.some((way) => Object.keys(way).length === 0);
      const refuses = Object.keys(operation.responses['401']?.content?.['application/json']?.examples ?? {});
      // An operation that takes a key or none may still want one for what is asked.
      assert.ok(open || refuses.includes('missing_key'), path);
      for (const name of operation.security.flatMap((one) => Object.keys(one))) {
        assert.ok(document.components.securitySchemes[name], name);
      }
    }
  });

  it('gives each error the status and the message of the registry', () => {
    for (const [code, example] of Object.entries(document.components.examples)) {
      const { status, message } = ERRORS[code as keyof typeof ERRORS];
      assert.deepEqual(
        { ...(example['value'] as object), missingFields: 0, invalidFields: 0, errors: 0 },
        { status, type: 'error', code, message, missingFields: 0, invalidFields: 0, errors: 0 },
      );
    }
  });

  it('describes the tracking fields of a lead, and lets it have others', () => {
    const body = document.paths['/api/lead/{id}']?.post?.requestBody?.content['application/json']?.schema;
    const names = Object.keys(body?.['properties'] as object);
    const tracking = [
      'sub1',
      'sub5',
      'adv1',
      'utm_source',
      'clid',
      'external_clickid',
      'cost',
      'cost_operation',
      'adSpend',
    ];
    for (const name of [...tracking, 'min_price', 'tcpa_consent', 'tcpa_consent_date']) {
      assert.ok(names.includes(name), name);
    }
    assert.equal(body?.['additionalProperties'], true);
  });

  for (const path of ['/openapi.json', '/docs/api']) {
    it(`${path} is not sent again to whoever has it`, async () => {
      const first = await fetch(`${url}${path}`);
      const etag = first.headers.get('etag') ?? '';
      const again = await fetch(`${url}${path}`, { headers: { 'if-none-match': `"other", W/${etag}` } });
      assert.deepEqual([first.status, again.status, await again.text()], [200, 304, '']);
      const other = await fetch(`${url}${path}`, { headers: { 'if-none-match': '"other"' } });
      assert.equal(other.status, 200);
    });
  }

  it('is shown as a page that has every operation and error in it and loads nothing', async () => {
    const answer = await fetch(`${url}/docs/api`);
    const page = await answer.text();
    assert.match(answer.headers.get('content-type') ?? '', /^text\/html/);
    assert.match(answer.headers.get('content-security-policy') ?? '', /default-src 'none'/);
    for (const { operation } of entries)
      assert.ok(page.includes(`id="${operation.operationId}"`), operation.operationId);
    for (const code of Object.keys(document.components.examples)) assert.ok(page.includes(`id="error-${code}"`), code);
    const links = [...page.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, link = '']) => link);
    const anchors = new Set([...page.matchAll(/id="([^"]+)"/g)].map(([, id]) => `#${id}`));
    assert.deepEqual(
      links.filter((link) => !anchors.has(link) && link !== '/openapi.json'),
      [],
    );
    assert.ok(!/<script|<link|<img|@import|url\(/.test(page));
  });
});
