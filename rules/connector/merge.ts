import { bodyKinds, type Operation, type OperationPatch } from '../../schema/mapping.ts';
import { isForbiddenName } from '../mapping/path.ts';

type Plain = Record<string, unknown>;

/** Which properties are merged name by name, and how deep; every other one is replaced as a whole. */
interface Parts {
  [name: string]: Parts | 'rows';
}
const REQUEST: Parts = {
  headers: 'rows',
  query: 'rows',
  json: 'rows',
  form: 'rows',
  xml: { fields: 'rows' },
  csv: { columns: 'rows' },
};
const RESPONSE: Parts = { bid: { private: 'rows' }, capture: 'rows' };

/**
 * An operation with what differs from it filled in, property by property and row by row: what is named replaces, null
 * takes away, everything else stays. A body of another kind replaces the body. Neither argument is changed. The result
 * may lack what neither has: `operationSchema` tells.
 */
export function mergeOperation(base: Partial<Operation> | undefined, patch: OperationPatch | undefined): Plain {
  const request: Plain = { ...base?.request };
  const changes = patch?.request ?? {};
  if (bodyKinds(changes).length > 0)
    for (const kind of bodyKinds(request)) if (!(kind in changes)) delete request[kind];
  const merged = {
    request: merge(request, changes, REQUEST),
    response: merge(base?.response, patch?.response, RESPONSE),
  };
  return Object.fromEntries(Object.entries(merged).filter(([, half]) => Object.keys(half).length > 0));
}

function merge(base: Plain = {}, patch: Plain = {}, parts: Parts | 'rows'): Plain {
  const merged: Plain = { ...base };
  for (const [name, value] of Object.entries(patch)) {
    if (isForbiddenName(name)) continue;
    const inner = parts === 'rows' ? undefined : parts[name];
    if (value === null) delete merged[name];
    else if (inner !== undefined && isObject(value)) {
      merged[name] = merge(isObject(merged[name]) ? merged[name] : {}, value, inner);
    } else if (value !== undefined) merged[name] = value;
  }
  return merged;
}

function isObject(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
