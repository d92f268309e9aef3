import type { Issue } from '../../errors/leadwire-error.ts';

export { join, shapeIssues } from '../../schema/shape-issues.ts';

/** Collects the mistakes of one check. */
export interface Findings {
  readonly issues: Issue[];
  error(path: string, code: string, message: string): void;
  warn(path: string, code: string, message: string): void;
}

export function createFindings(): Findings {
  const issues: Issue[] = [];
  return {
    issues,
    error: (path, code, message) => void issues.push({ path, code, message }),
    warn: (path, code, message) => void issues.push({ path, code, message, severity: 'warning' }),
  };
}
