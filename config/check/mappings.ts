import { secretsSeen } from '../../rules/connector/check.ts';
import type { Known } from '../../rules/mapping/check-report.ts';
import { CONTEXT_ROOTS } from '../../rules/mapping/context.ts';
import { checkOperation } from '../../rules/mapping/operation.ts';
import { NOTICES, OPERATIONS, type Integration } from '../../schema/integration.ts';
import { requestSchema, responseSchema } from '../../schema/mapping.ts';
import type { Entry, PartialOperation } from './draft.ts';
import { join, type Findings } from './issues.ts';

/** What the mappings of an integration say, beyond their shape. */
export function checkMappings({ object, path, own, credentials = [] }: Entry<Integration>, findings: Findings): void {
  // A credential that a connector can do without may be absent: its rows are then left out.
  const secrets = secretsSeen([...(object.secrets ?? []), ...credentials], object.authentication);
  // On a connector, addresses are compared with its hosts.
  const gated = own !== undefined;
  for (const name of OPERATIONS) {
    const operation = object[name];
    const tells = object.when === 'on_event' || (NOTICES as readonly string[]).includes(name);
    const roots = tells ? { roots: [...CONTEXT_ROOTS, 'event', 'hashed'] } : {};
    if (operation) checkWhatIsWhole(operation, join(path, name), { secrets, gated, ...roots }, findings);
  }
}

/** A half that has the wrong shape, which was reported, does not keep the other half from being checked. */
function checkWhatIsWhole(operation: PartialOperation, path: string, known: Known, findings: Findings) {
  const request = requestSchema.safeParse(operation.request);
  const response = responseSchema.safeParse(operation.response);
  const issues = checkOperation(
    {
      request: request.success ? request.data : { url: 'https://unread.example' },
      response: response.success ? response.data : { accepted: 'true' },
    },
    path,
    known,
  );
  const unread = [...(request.success ? [] : ['request']), ...(response.success ? [] : ['response'])];
  findings.issues.push(...issues.filter((issue) => !unread.some((half) => issue.path.startsWith(`${path}.${half}`))));
}
