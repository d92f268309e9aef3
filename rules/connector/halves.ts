import type { Operation } from '../../schema/mapping.ts';
import type { CompiledOperation } from '../mapping/operation.ts';
import { compileRequest } from '../mapping/request.ts';
import { compileResponse } from '../mapping/response.ts';

/** Compiles what there is of an operation; the rest is a function's. */
export function compileHalves({ request, response }: Partial<Operation>): Partial<CompiledOperation> {
  return {
    ...(request
      ? {
          render: compileRequest(request),
          hasTestUrl: request.testUrl !== undefined,
          ...(request.timeoutMs === undefined ? {} : { timeoutMs: request.timeoutMs }),
        }
      : {}),
    ...(response ? { interpret: compileResponse(response) } : {}),
  };
}
