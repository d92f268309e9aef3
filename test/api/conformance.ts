import type { Context } from 'koa';
import { z } from 'zod';
import { documentOf, type ApiDocument, type DocumentedAnswer } from '../../server/api/openapi.ts';
import type { JsonSchema, OperationSpec } from '../../server/api/operation.ts';
import { noteAnswer } from './answers-seen.ts';

/** What an answer gave that its description does not say. */
export interface Conformance {
  /** Compares an answer with what its operation says of it. */
  watch(context: Context): void;
  /** Everything that was answered and is not in the document, each once. */
  contradictions(): string[];
}

/**
 * Holds a node's answers to its OpenAPI document: the status and its code are there, the media type too, and the body
 * has the shape, without a member that is not described.
 */
export function createConformance(): Conformance {
  const found = new Set<string>();
  const documents = new Map<OperationSpec, ApiDocument>();
  const shapes = new Map<string, z.ZodType>();

  function documentFor(spec: OperationSpec): ApiDocument {
    const known = documents.get(spec);
    const document = known ?? documentOf([{ spec, handle: neverCalled }], { publicUrl: 'http://here', closed: true });
    documents.set(spec, document);
    return document;
  }

  function shapeOf(key: string, document: ApiDocument, schema: JsonSchema): z.ZodType {
    const known = shapes.get(key);
    const shape = known ?? z.fromJSONSchema(selfContained(document, schema) as z.core.JSONSchema.JSONSchema);
    shapes.set(key, shape);
    return shape;
  }

  function faultOf(spec: OperationSpec, status: number, type: string, body: unknown): string | undefined {
    const document = documentFor(spec);
    const answer = document.paths[spec.path]?.[spec.method]?.responses[String(status)];
    if (!answer) return 'the status is not documented';
    if (!answer.content) return body === null ? undefined : 'a body is not documented';
    if (body === null) return 'the body is missing';
    const content = contentOf(answer, type);
    if (!content) return `the media type ${type} is not documented`;
    if (!type.endsWith('json')) return undefined;
    const read = shapeOf(`${spec.id} ${status} ${type}`, document, content.schema).safeParse(body);
    return read.success ? undefined : z.prettifyError(read.error).replaceAll('\n', '; ');
  }

  return {
    watch(context) {
      const { status, method } = context;
      const spec = context.state['operation'] as OperationSpec | undefined;
      if (!spec || method === 'HEAD' || method === 'OPTIONS') return;
      const type = context.response.type;
      const body = type.endsWith('json') ? asSent(context.body) : (context.body ?? null);
      const code = status >= 400 ? String((body as { code?: unknown } | null)?.code ?? '') : '';
      noteAnswer(spec.id, status, code);
      const fault = faultOf(spec, status, type, body);
      if (fault) found.add(`${spec.id} answered ${status} ${code}: ${fault}`);
    },
    contradictions: () => [...found],
  };
}

function contentOf(answer: DocumentedAnswer, type: string) {
  return answer.content?.[type];
}

/** What the client gets to read. */
function asSent(body: unknown): unknown {
  if (typeof body === 'string' || Buffer.isBuffer(body)) return parsed(String(body));
  return body === null || body === undefined ? null : JSON.parse(JSON.stringify(body));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { unreadable: text.slice(0, 100) };
  }
}

function selfContained({ components }: ApiDocument, schema: JsonSchema): unknown {
  const text = JSON.stringify({ ...schema, $defs: components.schemas });
  return JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/'));
}

function neverCalled(): never {
  throw new Error('only described here');
}
