import type { CompiledCampaign, CompiledIntegration } from '../config/compile.ts';
import type { ExchangeText } from '../models/auction.ts';
import { ConnectorFault } from '../rules/connector/fault.ts';
import type { CompiledOperation, Interpretation, MappingContext } from '../rules/mapping/operation.ts';
import type { ActivityDeps } from './deps.ts';
import type { LeadFacts } from './lead-records.ts';
import { mappingContext, outboundRequest, rejectToken, renderFault } from './mapping-context.ts';
import { operationName, resultOf } from './performance.ts';

/** A buyer's or service's answer to a question that commits nobody: a ping, a check, an enrichment. */
export interface Asked {
  interpretation?: Interpretation;
  /** Why there is no interpretation: a code such as `timeout`, `http_503`, `mapping_failed`. */
  fault?: string;
  exchange?: ExchangeText;
  durationMs: number;
  /** There was an answer, of whatever kind. */
  answered?: true;
  /** Its status, and its `Retry-After`. */
  status?: number;
  retryAfter?: string;
  /** The connector says that asking again cannot help. */
  isFinal?: true;
}

/** Why a question came to nothing, as far as the integration is to blame; undefined: it was answered. */
export function failureOf({ fault, interpretation }: Asked): string | undefined {
  return fault ?? (interpretation?.outcome === 'error' ? 'buyer_error' : undefined);
}

/** Whom an integration is asked about. */
export interface AskSubject {
  lead: LeadFacts;
  campaign: CompiledCampaign;
  integration: CompiledIntegration;
  captured: Record<string, unknown>;
  event?: MappingContext['event'];
}

/** Asks one integration. A timeout, a reset or an answer in error is a value, never an exception. */
export async function ask(
  deps: ActivityDeps,
  subject: Parameters<typeof exchangeOnce>[1],
  operation: CompiledOperation,
  timeoutMs: number,
  headers?: Readonly<Record<string, string>>,
): Promise<Asked> {
  const asked = await exchangeOnce(deps, subject, operation, timeoutMs, headers);
  const { lead, integration } = subject;
  if (lead.mode === 'live') {
    const name = operationName(integration, operation);
    const { interpretation, durationMs, answered } = asked;
    const time = answered ? durationMs : undefined;
    deps.performance.asked(integration.id, name, resultOf(name, interpretation), time);
  }
  return asked;
}

/**
 * One request and its answer, counted nowhere.
 *
 * @param timeoutMs where the operation has no limit of its own
 * @param headers beside those of the mapping
 */
export async function exchangeOnce(
  deps: Parameters<typeof mappingContext>[0] & Pick<ActivityDeps, 'outbound'>,
  subject: AskSubject & Pick<Parameters<typeof mappingContext>[1], 'bid' | 'delivery'>,
  operation: CompiledOperation,
  timeoutMs: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<Asked> {
  let request, context;
  try {
    context = await mappingContext(deps, subject);
    const rendered = await operation.render(context);
    request = outboundRequest({ ...rendered, headers: { ...headers, ...rendered.headers } }, context, {
      timeoutMs: operation.timeoutMs ?? timeoutMs,
      lane: subject.integration.id,
    });
  } catch (error) {
    return { ...faultIn(error), durationMs: 0 };
  }
  const result = await deps.outbound.send(request);
  const { durationMs } = result;
  const exchange = JSON.stringify(result.exchange());
  if (result.kind !== 'response') return { fault: result.code, exchange, durationMs };
  const wait = result.headers['retry-after'];
  const heard = { answered: true as const, status: result.status, ...(wait === undefined ? {} : { retryAfter: wait }) };
  if (result.status === 401) await rejectToken(deps, subject.integration, context);
  if (result.status >= 500) return { fault: `http_${result.status}`, exchange, durationMs, ...heard };
  try {
    const { status, headers: received, body } = result;
    const interpretation = await operation.interpret({ status, headers: received, body }, context);
    return { interpretation, exchange, durationMs, ...heard };
  } catch (error) {
    return { ...faultIn(error), exchange, durationMs, ...heard };
  }
}

function faultIn(error: unknown): Pick<Asked, 'fault' | 'isFinal'> {
  const isFinal = error instanceof ConnectorFault && !error.retryable;
  return { fault: renderFault(error), ...(isFinal ? { isFinal } : {}) };
}
