import { randomUUID } from 'node:crypto';
import { exchangeOnce } from '../../activities/ask.ts';
import type { ActivityDeps } from '../../activities/deps.ts';
import { mappingContext, outboundRequest, renderFault } from '../../activities/mapping-context.ts';
import { resultOf, type RequestResult } from '../../activities/performance.ts';
import { recordChange } from '../../config/audit.ts';
import type { CompiledIntegration } from '../../config/compile.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { MASK } from '../../http/masking.ts';
import { previewOf } from '../../http/exchange.ts';
import type { Exchange } from '../../http/outbound.ts';
import type { AuditModel } from '../../models/audit.ts';
import { lookedAt } from '../../rules/connector/suggest.ts';
import type { CompiledOperation, Interpretation } from '../../rules/mapping/operation.ts';
import { NOTICES, OPERATIONS, type OperationName } from '../../schema/integration.ts';
import { testSubject, type TestOrder, type TestSubject } from './test-subject.ts';

export type { TestOrder } from './test-subject.ts';
export type TryIntegrationDeps = Parameters<typeof exchangeOnce>[0] &
  Pick<ActivityDeps, 'models'> & { audit: AuditModel };

/** Something that an operator should look at. */
export interface TestIssue {
  code: string;
  /** Field of the lead that it is about. */
  field?: string;
}

/** What came of a test. */
export interface IntegrationTried {
  operation: OperationName;
  target: TestOrder['target'];
  transactionId: string;
  sent: boolean;
  /** Secrets are masked; absent when it could not be made. */
  request?: Pick<Exchange, 'method' | 'url' | 'requestHeaders' | 'requestBody'>;
  /** The request and its answer, trimmed and masked. Absent unless it was sent. */
  exchange?: Exchange;
  /** What Leadwire makes of the answer. */
  result?: RequestResult;
  interpretation?: Interpretation;
  issues: TestIssue[];
}

const TIMEOUT_MS = 15_000;
const KEYED: readonly OperationName[] = ['post', 'deliver', 'retain', ...NOTICES];

/**
 * Makes one request of an integration as a test and, unless it is only to be shown, sends it. No cap, figure, claim or
 * ledger hears of it; that it went to the service's real address stands in the audit log, before it goes.
 *
 * @param order `send: false` makes the request without credentials and shows it; `by` as in the audit log
 * @throws LeadwireError `unknown_integration`, `unknown_operation`, `no_test_address`, `unknown_lead`, `invalid_fields`
 */
export async function tryIntegration(
  deps: TryIntegrationDeps,
  order: TestOrder & { send: boolean; by: string },
): Promise<IntegrationTried> {
  const { target, send } = order;
  const configuration = deps.config.current();
  const integration = configuration.integrations.get(order.integration);
  if (!integration) throw new LeadwireError('unknown_integration');
  const name = order.operation ?? OPERATIONS.find((one) => integration.operations[one]);
  const operation = name && integration.operations[name];
  if (!name || !operation) throw new LeadwireError('unknown_operation');
  if (send && target === 'test' && !operation.hasTestUrl) {
    throw new LeadwireError('no_test_address', { message: 'The operation has no testUrl' });
  }
  const subject = await testSubject(deps.models, configuration, integration, name, order);
  const about = { operation: name, target, transactionId: subject.lead._id, sent: send };
  const empty = emptyFields(integration, name, subject);
  const headers = keyOf(name, subject);
  if (!send) {
    const shown = await preview(deps, subject, operation, headers);
    return { ...about, ...shown, issues: [...shown.issues, ...empty] };
  }
  if (target === 'production') await note(deps.audit, order, 'test_sent', { operation: name });
  const { interpretation, fault, exchange } = await exchangeOnce(deps, subject, operation, TIMEOUT_MS, headers);
  const result = resultOf(name, interpretation);
  if (target === 'production')
    await note(deps.audit, order, 'test_ended', { operation: name, outcome: fault ?? result });
  const made = exchange === undefined ? undefined : (JSON.parse(exchange) as Exchange);
  return {
    ...about,
    sent: made !== undefined,
    ...(made ? { request: made, exchange: made } : {}),
    result,
    ...(interpretation ? { interpretation } : {}),
    issues: [...issuesOf(name, interpretation, fault), ...empty],
  };
}

/** Requests that are tried again have a key by which the service knows them again. Of a test it is its own. */
function keyOf(name: OperationName, { delivery }: TestSubject): Record<string, string> {
  if (!KEYED.includes(name)) return {};
  return { 'idempotency-key': delivery?.id ?? `test_${randomUUID()}` };
}

/** The request as it would be made. No credential is read and no access token got for it. */
async function preview(
  deps: TryIntegrationDeps,
  subject: TestSubject,
  operation: CompiledOperation,
  headers: Record<string, string>,
): Promise<Pick<IntegrationTried, 'request' | 'issues'>> {
  const placeholders = {
    secrets: {
      ...deps.secrets,
      forIntegration: (_: string, names: readonly string[]) =>
        Promise.resolve(Object.fromEntries(names.map((secret) => [secret, MASK]))),
    },
    oauth: { ...deps.oauth, tokenFor: () => Promise.resolve(MASK) },
  };
  try {
    const context = await mappingContext({ ...deps, ...placeholders }, subject);
    const rendered = await operation.render(context);
    const whole = { ...rendered, headers: { ...headers, ...rendered.headers } };
    const request = outboundRequest(whole, context, { timeoutMs: TIMEOUT_MS });
    // Nothing in it is secret.
    return { request: previewOf({ ...request, secrets: [] }), issues: [] };
  } catch (error) {
    return { issues: [{ code: renderFault(error) }] };
  }
}

function issuesOf(name: OperationName, said: Interpretation | undefined, fault: string | undefined): TestIssue[] {
  if (!said) return [{ code: fault ?? 'no_answer' }];
  const priceless = name === 'ping' && said.outcome === 'accepted' && said.bids.length === 0;
  const codes = [
    ...(said.outcome === 'unrecognised' ? ['unrecognised_answer'] : []),
    ...(said.priceInvalid || said.invalidBids.length > 0 ? ['price_invalid'] : []),
    ...(priceless && said.invalidBids.length === 0 ? ['no_price'] : []),
  ];
  return codes.map((code) => ({ code }));
}

/** What the request looks at of the lead, and the lead has no value for. */
function emptyFields(
  { integration }: CompiledIntegration,
  name: OperationName,
  { lead, captured }: TestSubject,
): TestIssue[] {
  const mapped = integration[name];
  if (!mapped) return [];
  const known: Record<string, unknown> = { ...lead.tracking, ...captured, ...lead.fields, transaction_id: lead._id };
  const names = [...new Set(lookedAt(mapped.request).map(({ wants }) => wants))];
  return names
    .filter((field) => [undefined, null, ''].includes(known[field] as string | null | undefined))
    .map((field) => ({ code: 'field_empty', field }));
}

async function note(
  audit: AuditModel,
  { integration, by }: { integration: string; by: string },
  kind: string,
  details: Record<string, string>,
): Promise<void> {
  await recordChange(audit, { at: new Date(), who: by, what: 'integration', kind, id: integration, details });
}
