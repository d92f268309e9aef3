import type { IncomingHttpHeaders } from 'node:http';
import type { CompiledCampaign, CompiledConfiguration } from '../../config/compile.ts';
import type { BrowserKey, SellerKey } from '../../config/key-holder.ts';
import { sourceOf } from '../../config/sources.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { ClickRecord } from '../../models/click.ts';
import type { LeadModels } from '../../models/models.ts';
import { TRACKING_FIELDS } from '../../rules/tracking.ts';
import { newTransactionId } from '../../rules/transaction-id.ts';
import type { Source } from '../../schema/campaign.ts';
import { deviceOf, referrerOf } from './visitor.ts';

/** A lead says these of itself, whatever its link said. */
const NOT_OF_A_CLICK: ReadonlySet<string> = new Set(['min_price', 'tcpa_consent', 'tcpa_consent_date']);
/** What a link costs its seller is nobody else's business: it does not travel on to the landing page. */
const NOT_PASSED_ON: ReadonlySet<string> = new Set(['cost', 'cost_operation', 'adSpend']);

/** Tracking fields that a link may carry. */
export const CLICK_FIELDS: readonly string[] = TRACKING_FIELDS.fields
  .map(({ name }) => name)
  .filter((name) => !NOT_OF_A_CLICK.has(name));

/** What a link leads to: a campaign, and the source whose visit it is. */
export interface Link {
  campaign: CompiledCampaign;
  source: Source;
}

/**
 * Whose visit it is: that of the key's source, or without a key of the source that `pid` names. Without either it is
 * `src_organic`'s, or the only source's that the campaign takes leads from.
 *
 * @throws LeadwireError `unknown_campaign`, `campaign_paused`, `campaign_not_allowed`, and those of `sourceOf`.
 */
export function linkOf(
  configuration: CompiledConfiguration,
  cid: string,
  pid: string | undefined,
  key: BrowserKey | SellerKey | undefined,
): Link {
  const campaign = configuration.campaigns.get(cid);
  if (!campaign) throw new LeadwireError('unknown_campaign');
  const source = key ? sourceOf(configuration, key, pid) : publicSource(configuration, cid, pid);
  if (source.campaigns && !source.campaigns.includes(cid)) throw new LeadwireError('campaign_not_allowed');
  if (campaign.campaign.paused) throw new LeadwireError('campaign_paused');
  return { campaign, source };
}

function publicSource({ sources }: CompiledConfiguration, cid: string, pid: string | undefined): Source {
  const named = pid === undefined || pid === '' || pid === 'organic' ? undefined : pid;
  if (named !== undefined) {
    const source = sources.get(named);
    if (!source) throw new LeadwireError('source_not_allowed');
    if (source.paused) throw new LeadwireError('source_inactive');
    return source;
  }
  const takers = [...sources.values()].filter(
    ({ campaigns, paused }) => !paused && (!campaigns || campaigns.includes(cid)),
  );
  const source = takers.find(({ id }) => id === 'src_organic') ?? (takers.length === 1 ? takers[0] : undefined);
  if (!source) throw new LeadwireError('source_required');
  return source;
}

/** The tracking fields of a link. What cannot be read is left out: a visitor cannot mend the link. */
export function trackingOf(query: Readonly<Record<string, unknown>>): ClickRecord['tracking'] {
  const given = CLICK_FIELDS.map((name): [string, unknown] => {
    const value = query[name];
    return [name, Array.isArray(value) ? value[0] : value];
  });
  return TRACKING_FIELDS.normalise(Object.fromEntries(given), 'ping').values;
}

export interface Visit extends Link {
  mode: ClickRecord['mode'];
  tracking: ClickRecord['tracking'];
  headers: IncomingHttpHeaders;
  /** Where the visitor came from, when the page says it. Default the request's own referrer. */
  referrer: string | undefined;
}

/** Records a visit and hands out its transaction id. */
export async function recordClick({ clicks }: Pick<LeadModels, 'clicks'>, visit: Visit): Promise<ClickRecord> {
  const at = new Date();
  const referrer = referrerOf(visit.headers, visit.referrer);
  const click: ClickRecord = {
    _id: newTransactionId(at.getTime()),
    campaign: visit.campaign.id,
    seller: visit.source.seller,
    source: visit.source.id,
    mode: visit.mode,
    at,
    tracking: visit.tracking,
    device: deviceOf(visit.headers['user-agent']),
    ...(referrer ? { referrer } : {}),
  };
  await clicks.collection.insertOne({ ...click } as never);
  return click;
}

/** The landing page of a visit, with what it needs to know. Only configured pages are ever sent to. */
export function landingPageOf({ campaign, source }: Link, id: string | undefined, tracking: ClickRecord['tracking']) {
  const configured = source.landingUrl ?? campaign.campaign.tracking?.landingUrl;
  if (configured === undefined) return undefined;
  const page = new URL(configured);
  if (id !== undefined) page.searchParams.set('transaction_id', id);
  page.searchParams.set('pid', source.id);
  for (const [name, value] of Object.entries(tracking)) {
    if (!NOT_PASSED_ON.has(name)) page.searchParams.set(name, String(value));
  }
  return page.href;
}
