import type { Context } from 'koa';
import type { z } from 'zod';
import type { KeyHolder, KeyKind } from '../../config/api-keys.ts';
import type { LeadwireError } from '../../errors/leadwire-error.ts';
import type { ErrorCode } from '../../errors/registry.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** An answer that is no error, as the reference describes it. */
export interface DescribedAnswer {
  description: string;
  /** Shape of the body: a schema of ours, or a JSON Schema of what the configuration defines. Default: no body. */
  schema?: z.ZodType | JsonSchema;
  /** Default application/json. */
  contentType?: string;
  /** Further media types that the same answer can have, each with its shape. */
  also?: Readonly<Record<string, z.ZodType | JsonSchema>>;
  /** Headers of its own with what they mean. */
  headers?: Readonly<Record<string, string>>;
}

/** Everything a request to an address can be and can be answered with: what is served, checked and documented. */
export interface OperationSpec<
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Headers extends z.ZodObject = z.ZodObject,
  Kind extends KeyKind = KeyKind,
> {
  /** Unique, camelCase; generated clients name their function so. */
  id: string;
  method: 'get' | 'post' | 'put' | 'delete';
  /** As OpenAPI writes it: `/api/lead/{cid}`. */
  path: string;
  /** Heading in the reference. */
  tag: string;
  summary: string;
  description?: string;
  /** Kinds of keys it takes; empty: everybody may ask. */
  access: readonly Kind[];
  /** It may come without a key as well; one that comes has to be good. */
  keyless?: boolean;
  /** Describes the path's parameters; the handler answers for those that do not exist. */
  params?: Params;
  /** Checked before the handler runs. */
  query?: Query;
  /** Describes request headers of its own, by their lower case names. */
  headers?: Headers;
  /** A JSON or form body; absent: none is read. */
  body?: {
    schema: z.ZodType | JsonSchema;
    description?: string;
    /** Of any type, or none: the handler reads it from `raw`. */
    raw?: true;
    /** With `raw`: not read before the handler is asked, which reads it from the context and checks its signature. */
    streamed?: true;
  };
  /** Answers pages of the origins that the campaign in the path allows (CORS), or without one any campaign. */
  pages?: boolean;
  /** Takes a lead's place among those in flight, and is shed when there is none. */
  sheds?: boolean;
  /** For load balancers and monitoring: neither limited nor in the request log. */
  internal?: boolean;
  /** Members that its error answers have beside ours. */
  errorMembers?: (error: LeadwireError) => Readonly<Record<string, unknown>>;
  /** Its answers tell the status as a text, errors too: see `errorMembers`. */
  statusText?: boolean;
  answers: Readonly<Record<number, DescribedAnswer>>;
  /** Errors of its own; those of access, body, query and load are added to them. */
  errors: readonly ErrorCode[];
}

/** A request that has passed everything its operation asks for. */
export interface ApiRequest<
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Kind extends KeyKind = KeyKind,
> {
  params: z.output<Params>;
  query: z.output<Query>;
  /** The body as read, and as sent; empty when the operation takes none. */
  body: Record<string, unknown>;
  raw: Buffer;
  /** Whose key it came with. Only operations that take keys may ask. */
  key: KeyHolder & { kind: Kind };
  /** The same, where it need not have come with one. */
  optionalKey: (KeyHolder & { kind: Kind }) | undefined;
  header(name: string): string | undefined;
  context: Context;
}

export interface ApiAnswer {
  status: number;
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  /** Media type of a body that is no JSON. */
  type?: string;
}

export interface Operation {
  spec: OperationSpec;
  handle(request: ApiRequest): Promise<ApiAnswer>;
}

/** Pairs what an operation is with what it does; the handler's parameters have the types of its schemas. */
export function operation<
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Headers extends z.ZodObject = z.ZodObject,
  Kind extends KeyKind = KeyKind,
>(
  spec: OperationSpec<Params, Query, Headers, Kind>,
  handle: (request: ApiRequest<Params, Query, Kind>) => Promise<ApiAnswer>,
): Operation {
  return { spec, handle } as unknown as Operation;
}
