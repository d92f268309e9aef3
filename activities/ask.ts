import type { CompiledCampaign, CompiledIntegration } from '../config/compile.ts';
import type { ExchangeText } from '../models/auction.ts';
import type { CompiledOperation, Interpretation, MappingContext } from '../rules/mapping/operation.ts';
import type { ActivityDeps } from './deps.ts';
import type { LeadFacts } from './lead-records.ts';
import { mappingContext, outboundRequest, rejectToken, renderFault } from './mapping-context.ts';

/** A buyer's or service's answer to a question that commits nobody: a ping, a check, an enrichment. */
export interface Asked {
  interpretation?: Interpretation;
  /** Why there is no interpretation: a code such as `timeout`, `http_503`, `mapping_failed`. */
  fault?: string;
  exchange?: ExchangeText;
  durationMs: number;
}

/** Why a question came to nothing, as far as the integration is to blame; undefined: it was answered. */
export function failureOf({ fault, interpretation }: Asked): string | undefined {
  return fault ?? (interpretation?.outcome === 'error' ? 'buyer_error' : undefined);
}

/** Asks one integration. A timeout, a reset or an answer in error is a value, never an exception. */
export async function ask(
  deps: ActivityDeps,
  subject: {
    lead: LeadFacts;
    campaign: CompiledCampaign;
    integration: CompiledIntegration;
    captured: Record<string, unknown>;
    event?: MappingContext['event'];
  },
  operation: CompiledOperation,
  timeoutMs: number,
): Promise<Asked> {
  let request, context;
  try {
    context = await mappingContext(deps, subject);
    request = outboundRequest(await operation.render(context), context, {
      timeoutMs: operation.timeoutMs ?? timeoutMs,
      lane: subject.integration.id,
    });
  } catch (error) {
    return { fault: renderFault(error), durationMs: 0 };
  }
  const result = await deps.outbound.send(request);
  const { durationMs } = result;
  const exchange = JSON.stringify(result.exchange());
  if (result.kind !== 'response') return { fault: result.code, exchange, durationMs };
  if (result.status === 401) await rejectToken(deps, subject.integration, context);
  if (result.status >= 500) return { fault: `http_${result.status}`, exchange, durationMs };
  try {
    const { status, headers, body } = result;
    return { interpretation: await operation.interpret({ status, headers, body }, context), exchange, durationMs };
  } catch {
    return { fault: 'mapping_failed', exchange, durationMs };
  }
}
