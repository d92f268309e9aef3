import type { CompiledCampaign, CompiledIntegration } from '../config/compile.ts';
import type { StandingBid } from '../models/auction.ts';
import type { RenderedRequest } from '../rules/mapping/operation.ts';
import type { MappingContext } from '../rules/mapping/operation.ts';
import { toDecimal } from '../rules/money.ts';
import { LeadwireError } from '../errors/leadwire-error.ts';
import { ACCESS_TOKEN } from '../rules/connector/authentication.ts';
import { ConnectorFault } from '../rules/connector/fault.ts';
import { hashedContacts } from '../rules/postback/hashed.ts';
import type { OutboundRequest } from '../http/outbound.ts';
import type { ActivityDeps } from './deps.ts';
import type { LeadFacts } from './lead-records.ts';

interface Subject {
  lead: LeadFacts;
  campaign: CompiledCampaign;
  integration: CompiledIntegration;
  /** Values that integrations before the ping added to the lead. */
  captured: Record<string, unknown>;
  bid?: StandingBid;
  delivery?: { id: string; token: string; created_at?: string; lead_id?: string };
  /** What happened, for an integration that runs on events. */
  event?: MappingContext['event'];
}

/**
 * What a mapping of this integration sees. Values that another integration's bid brought are never part of it. Whatever
 * is asked of a connector passes here, so here is the last place to keep one from running.
 *
 * @throws LeadwireError `connector_blocked`, and those of `secretsOf`
 */
export async function mappingContext(
  deps: Pick<ActivityDeps, 'secrets' | 'publicUrl' | 'oauth' | 'config'>,
  { lead, campaign, integration, captured, bid, delivery, event }: Subject,
): Promise<MappingContext> {
  if (deps.config.live().blockOf(integration)) throw new LeadwireError('connector_blocked');
  return {
    lead: leadView(lead, withTags(captured, bid?.tags)),
    config: integration.integration.config ?? {},
    secrets: await secretsOf(deps, integration),
    campaign: { id: campaign.campaign.id, name: campaign.campaign.name },
    source: { id: lead.source },
    sandbox: lead.mode === 'test',
    now: new Date().toISOString(),
    ...(event ? { event, hashed: hashedContacts(lead.fields) } : {}),
    ...(bid ? { bid: bidView(bid) } : {}),
    ...(delivery
      ? {
          delivery: {
            ...delivery,
            // The same for every post of this delivery, whoever makes it.
            idempotency_key: delivery.id,
            postback_url: `${deps.publicUrl}/api/postback/${delivery.token}`,
          },
        }
      : {}),
  };
}

/** A bid as the mapping of its post sees it. */
function bidView({ private: kept, price, exclusive, id }: StandingBid): NonNullable<MappingContext['bid']> {
  return { ...kept, price: toDecimal(price), ...(exclusive ? { exclusive } : {}), ...(id ? { id } : {}) };
}

/**
 * The credentials of an integration, with its access token where it needs one.
 *
 * @throws LeadwireError `secret_missing`, `oauth_authorise_again`, `oauth_unavailable`
 */
async function secretsOf(
  deps: Pick<ActivityDeps, 'secrets' | 'oauth'>,
  { id, integration, grant }: CompiledIntegration,
): Promise<Record<string, string>> {
  const names = integration.secrets ?? [];
  const secrets = names.length > 0 ? await deps.secrets.forIntegration(id, names) : {};
  if (!grant) return secrets;
  const token = await deps.oauth.tokenFor(grant({ config: integration.config ?? {}, secrets }));
  return { ...secrets, [ACCESS_TOKEN]: token };
}

/** Forgets the access token that a service refused: the next request gets another one. */
export async function rejectToken(
  deps: Pick<ActivityDeps, 'oauth'>,
  { grant }: CompiledIntegration,
  context: MappingContext,
): Promise<void> {
  const token = context.secrets[ACCESS_TOKEN];
  // An answer is there: that the token could not be taken away must not lose it. The next 401 tries again.
  if (grant && token !== undefined) await deps.oauth.reject(grant(context), token).catch(() => undefined);
}

/** A lead as rules and mappings see it: its fields, its tracking values and what was captured. */
export function leadView(lead: LeadFacts, captured: Record<string, unknown>): Record<string, unknown> {
  return { ...lead.tracking, ...captured, ...lead.fields, transaction_id: lead._id };
}

/** What an integration sees of a lead that its rule tagged. */
export function withTags(captured: Record<string, unknown>, tags: readonly string[] = []): Record<string, unknown> {
  return tags.length > 0 ? { ...captured, tags } : captured;
}

/** The request as the outbound client takes it; the secrets it holds are named so that they can be masked. */
export function outboundRequest(
  rendered: RenderedRequest,
  context: MappingContext,
  limits: Pick<OutboundRequest, 'timeoutMs' | 'sendBy' | 'freshSocket' | 'lane' | 'delivery'>,
): OutboundRequest {
  const { token } = context.delivery ?? {};
  const secrets = Object.values(context.secrets);
  return {
    method: rendered.method as OutboundRequest['method'],
    url: rendered.url,
    headers: rendered.headers,
    body: rendered.body,
    // Whoever has the token of a delivery can settle it.
    secrets: token !== undefined && mentions(rendered, token) ? [...secrets, token] : secrets,
    ...limits,
  };
}

function mentions({ url, headers, body = '' }: RenderedRequest, text: string): boolean {
  return url.includes(text) || body.includes(text) || Object.values(headers).some((value) => value.includes(text));
}

/** Why a request could not be made, or an answer not be read: credentials, mapping, or the code of a connector. */
export function renderFault(error: unknown): string {
  if (error instanceof ConnectorFault) return error.reason;
  return error instanceof LeadwireError ? error.code : 'mapping_failed';
}
