import { createHash } from 'node:crypto';
import { z } from 'zod';
import { documentOf } from '../api/openapi.ts';
import { operation, type ApiAnswer, type ApiRequest, type Operation } from '../api/operation.ts';
import { referencePage } from '../reference/page.ts';

const CACHED = 'public, max-age=300';
/** The page has its style in it and nothing else: no script, nothing from elsewhere. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const cached = { 'cache-control': 'How long it may be kept', etag: 'Names this version' };
const headers = z.object({ 'if-none-match': z.string().optional().describe('An `etag`: 304 when it is still that') });
const unchanged = { 304: { description: 'It is what `if-none-match` names' } };

/** `GET /openapi.json` and `GET /docs/api`: what these operations are, to programs and to people. */
export function referenceOperations(others: readonly Operation[], publicUrl: string): Operation[] {
  const answers = lazily(() => {
    const document = documentOf(all, { publicUrl });
    return { document: served(JSON.stringify(document)), page: served(referencePage(document)) };
  });
  const own = [
    operation(
      {
        id: 'getOpenApi',
        method: 'get',
        path: '/openapi.json',
        tag: 'Service',
        summary: 'This API as an OpenAPI 3.1 document',
        access: [],
        headers,
        answers: {
          200: {
            description: 'The document',
            headers: cached,
            schema: z.looseObject({ openapi: z.string(), paths: z.record(z.string(), z.unknown()) }),
          },
          ...unchanged,
        },
        errors: [],
      },
      async (request) => answers().document(request, 'application/json; charset=utf-8', {}),
    ),
    operation(
      {
        id: 'getReference',
        method: 'get',
        path: '/docs/api',
        tag: 'Service',
        summary: 'This API as a page for people',
        access: [],
        headers,
        answers: {
          200: { description: 'The page', headers: cached, contentType: 'text/html', schema: z.string() },
          ...unchanged,
        },
        errors: [],
      },
      async (request) =>
        answers().page(request, 'text/html; charset=utf-8', {
          'content-security-policy': PAGE_POLICY,
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
        }),
    ),
  ];
  const all = [...others, ...own];
  return own;
}

type Serve = (request: ApiRequest, type: string, headers: Record<string, string>) => ApiAnswer;

/** Answers with a text, or with 304 to whoever has it. */
function served(body: string): Serve {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return ({ header }, type, own) => {
    const caching = { etag, 'cache-control': CACHED };
    const known = (header('if-none-match') ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
    if (known.includes(etag) || known.includes('*')) return { status: 304, headers: caching };
    return { status: 200, type, headers: { ...caching, ...own }, body };
  };
}

function lazily<Made>(make: () => Made): () => Made {
  let made: Made | undefined;
  return () => (made ??= make());
}
