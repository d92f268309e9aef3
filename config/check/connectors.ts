import { checkAuthentication, checkHosts, secretsSeen } from '../../rules/connector/check.ts';
import { checkConfig, secretNames } from '../../rules/connector/config.ts';
import type { Connector } from '../../schema/connector.ts';
import { OPERATIONS, type Integration } from '../../schema/integration.ts';
import { halvesSchema, operationSchema } from '../../schema/mapping.ts';
import type { ConnectorCatalog } from '../connectors/catalog.ts';
import { isCodeAllowed } from '../connectors/code.ts';
import { expandIntegration, hostsOf } from '../connectors/expand.ts';
import { momentOf, OPERATIONS_AT } from '../moment.ts';
import type { Draft, Entry, Readable } from './draft.ts';
import { join, shapeIssues, type Findings } from './issues.ts';

/**
 * Fills in what integrations take from their connectors, so that every other check sees what will run, and checks what
 * the connectors want of them.
 */
export function connectDraft(
  draft: Draft,
  connectors: Pick<ConnectorCatalog, 'find'>,
  codeConnectors: readonly string[],
  findings: Findings,
): void {
  draft.integrations = draft.integrations.map((entry) => {
    const { connector: reference = 'custom', authentication } = entry.object;
    if (reference === 'custom') {
      if (entry.isNew && authentication) {
        const secrets = secretsSeen(entry.object.secrets ?? [], authentication);
        findings.issues.push(...checkAuthentication(authentication, join(entry.path, 'authentication'), secrets));
      }
      return entry;
    }
    const connector = connectors.find(reference);
    if (connector?.code && entry.isNew && !isCodeAllowed(reference, codeConnectors)) {
      const message = 'has code: LEADWIRE_CODE_CONNECTORS names the packages whose code may run';
      findings.error(join(entry.path, 'connector'), 'code_not_allowed', message);
    }
    if (connector) return connect(entry, connector, findings);
    if (entry.isNew) findings.error(join(entry.path, 'connector'), 'unknown_connector', 'is not installed');
    return entry;
  });
}

function connect(entry: Entry<Integration>, connector: Connector, findings: Findings): Entry<Integration> {
  const { object, path, isNew, broken } = entry;
  const whole = expandIntegration(object as Partial<Integration>, connector) as Readable<Integration>;
  const { all: credentials } = secretNames(connector.config);
  const hasCode = connector.code !== undefined;
  const connected = { ...entry, object: whole, own: object, credentials, hasCode };
  if (!isNew) return connected;
  if (!broken.has('config'))
    findings.issues.push(...checkConfig(connector.config, object.config, join(path, 'config')));
  const declared = new Set(credentials);
  object.secrets?.forEach((name, at) => {
    if (!declared.has(name) && !isMentioned(object, name)) {
      findings.warn(
        join(path, 'secrets', at),
        'unused',
        'is a credential that neither the connector nor a mapping uses',
      );
    }
  });
  checkMerged(connected, connector, findings);
  if (object.authentication) {
    const secrets = secretsSeen(whole.secrets ?? [], whole.authentication);
    findings.issues.push(...checkAuthentication(object.authentication, join(path, 'authentication'), secrets));
  }
  return connected;
}

/** What an integration changes must leave operations that can run, at hosts that are allowed. */
function checkMerged({ object, path, broken }: Entry<Integration>, connector: Connector, findings: Findings): void {
  for (const name of OPERATIONS) {
    const operation = object[name];
    if (!operation || broken.has(name)) continue;
    const schema = connector.code === undefined ? operationSchema : halvesSchema;
    const parsed = schema.safeParse(operation, { reportInput: true });
    if (!parsed.success && !OPERATIONS_AT[momentOf(object)].includes(name)) continue;
    if (!parsed.success) {
      findings.issues.push(...shapeIssues(parsed.error.issues, join(path, name)));
      delete object[name];
    } else {
      const hosts = hostsOf(object as Pick<Integration, 'hosts'>, connector);
      const { request } = parsed.data;
      if (request) findings.issues.push(...checkHosts(request, join(path, name), hosts, object.config ?? {}));
    }
  }
}

function isMentioned(object: object, secret: string): boolean {
  return JSON.stringify(object).includes(`secrets.${secret}`);
}
