import type { Issue } from '../../errors/leadwire-error.ts';
import type { Operation } from '../../schema/mapping.ts';
import { checkRequest } from './check-request.ts';
import { checkResponse } from './check-response.ts';
import type { Known, Report } from './check-report.ts';

/** Every mistake in an operation at once, that its schema cannot see. `path` is where the operation stands. */
export function checkOperation(operation: Operation, path: string, known: Known): Issue[] {
  const issues: Issue[] = [];
  const report: Report = (at, code, message, severity) => {
    issues.push({ path: path === '' ? at : `${path}.${at}`, code, message, ...(severity ? { severity } : {}) });
  };
  checkRequest(operation.request, known, report);
  checkResponse(operation.response, report);
  return issues;
}
