import type { Operation } from '../../schema/mapping.ts';
import type { Answer } from './answer.ts';
import type { MappingContext } from './context.ts';
import { compileRequest, type RenderedRequest } from './request.ts';
import { compileResponse, type Interpretation } from './response.ts';

export type { Answer } from './answer.ts';
export type { MappedBid } from './bids.ts';
export { checkOperation } from './check-operation.ts';
export type { MappingContext } from './context.ts';
export { MappingError } from './mapping-error.ts';
export type { RenderedRequest } from './request.ts';
export type { AnswerOutcome, Interpretation } from './response.ts';

/** A request mapping and its response mapping, compiled once for a configuration version. */
export interface CompiledOperation {
  /** Rejects with a MappingError when the mapping fails for this lead. Leaves the context as it is. */
  render(context: MappingContext): Promise<RenderedRequest>;
  /**
   * What an answer means. Of mappings it never fails, whatever the answer holds.
   *
   * @param context what the request was rendered from, for connectors with code
   */
  interpret(answer: Answer, context?: MappingContext): Promise<Interpretation>;
  /** The request's own limit in milliseconds, where it has one. */
  timeoutMs?: number;
  /** Whether sandbox leads have an address of their own. */
  hasTestUrl: boolean;
}

/** Compiles an operation in which `checkOperation` found no error. */
export function compileOperation(operation: Operation): CompiledOperation {
  const { timeoutMs, testUrl } = operation.request;
  return {
    render: compileRequest(operation.request),
    interpret: compileResponse(operation.response),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    hasTestUrl: testUrl !== undefined,
  };
}
