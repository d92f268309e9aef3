import type { CompiledCampaign, CompiledConfiguration, CompiledIntegration } from '../config/compile.ts';
import { LeadwireError } from '../errors/leadwire-error.ts';
import type { Mode } from '../models/origin.ts';
import { explainEligibility, type Explanation } from '../rules/explain.ts';
import type { RuleFacts } from '../rules/logic.ts';
import type { Score } from '../rules/score.ts';
import { TRACKING_FIELDS } from '../rules/tracking.ts';
import { newTransactionId } from '../rules/transaction-id.ts';
import type { Micros } from '../rules/money.ts';
import { agreementsOf } from './candidate.ts';
import { eligibilityOf, type EligibleDeps } from './eligible.ts';
import type { LeadFacts } from './lead-records.ts';
import { pingRatesUsed } from './ping-rate.ts';
import { isAsked, previewAuction, type Preview, type PreviewDeps } from './preview.ts';
import type { ActivityDeps } from './deps.ts';

export type DryRunDeps = EligibleDeps & PreviewDeps & { models: Pick<ActivityDeps['models'], 'rateWindows'> };

/** A lead to be explained: its fields as a seller would send them. */
export interface DryLead {
  campaign: string;
  fields: Record<string, unknown>;
  /** Default no source in particular. */
  source?: string | undefined;
  mode: Mode;
  at: Date;
  /** What buyers are supposed to bid, by integration. Absent: the ranking is not asked for. */
  bids?: ReadonlyMap<string, Micros>;
}

export interface DryRun {
  campaign: string;
  /** Configuration revision it goes by. */
  revision: number;
  at: Date;
  /** Required fields that are not there, and fields whose value was not understood: no seller could post it so. */
  missing: string[];
  invalid: Record<string, string>;
  facts: RuleFacts;
  score?: Score;
  integrations: Explained[];
  /** How the bids that are supposed, and the prices of those who are not asked, would rank. */
  ranking?: Preview;
}

/** What would become of the lead at one integration. */
export type Explained = Explanation &
  Pick<CompiledIntegration, 'id' | 'buyer' | 'category' | 'when'> & { name?: string };

/**
 * Checks a lead for every integration that works on it before its outcome, under the newest configuration. Nothing is
 * written and nobody is asked: values that integrations would capture are not there.
 *
 * @throws LeadwireError `unknown_campaign`, `no_configuration`; `invalid_body` for a bid of whom cannot bid
 */
export async function dryRun(
  deps: DryRunDeps,
  { campaign: cid, fields, source = '', mode, at, bids }: DryLead,
  isWanted: (integration: CompiledIntegration) => boolean = () => true,
): Promise<DryRun> {
  const configuration = deps.config.current();
  const campaign = configuration.campaigns.get(cid);
  if (!campaign) throw new LeadwireError('unknown_campaign');
  const stranger = [...(bids?.keys() ?? [])].find((id) => !campaign.buyers.some((buyer) => buyer.id === id));
  if (stranger !== undefined)
    throw new LeadwireError('invalid_body', { message: 'A bid is of no buyer of the campaign' });
  const read = campaign.fields.normalise(fields, 'post');
  const tracking = TRACKING_FIELDS.normalise(fields, 'post');
  const lead = leadOf(configuration, campaign, { source, mode, at }, { ...read, tracking: tracking.values });
  const all = [...campaign.prepareWaves.flat(), ...campaign.buyers];
  const eligible = await eligibilityOf(deps, lead, campaign, all, at);
  const agreements = agreementsOf(lead, campaign, eligible);
  const asked =
    mode === 'live' ? all.filter((one) => !one.buyer || isAsked(campaign, one, agreements.get(one.id))) : [];
  const rates = await pingRatesUsed(deps, asked, at);
  const explained = all.map((integration) => {
    const { id, buyer, category, when } = integration;
    const { name } = integration.integration;
    const [input, known] = [eligible.input(integration), eligible.facts(integration)];
    const explanation = explainEligibility(integration.integration, input, known, rates.get(id));
    return { id, ...(name === undefined ? {} : { name }), buyer, category, when, ...explanation };
  });
  const takers = new Set(explained.filter((one) => one.eligible).map(({ id }) => id));
  const mayBuy = (id: string) => takers.has(id);
  const ranking = bids && (await previewAuction(deps, lead, campaign, eligible, { bids, at, mayBuy }));
  const score = eligible.score();
  return {
    campaign: campaign.id,
    revision: configuration.revision,
    at,
    missing: read.missing,
    invalid: Object.fromEntries([...read.invalid, ...tracking.invalid].map(({ field, message }) => [field, message])),
    facts: eligible.leadFacts(),
    ...(score ? { score } : {}),
    integrations: explained.filter((_, index) => isWanted(all[index]!)),
    ...(ranking ? { ranking } : {}),
  };
}

function leadOf(
  { revision, sources }: CompiledConfiguration,
  { id, settings }: CompiledCampaign,
  { source, mode, at }: Pick<LeadFacts, 'source' | 'mode'> & { at: Date },
  { values, tracking }: { values: LeadFacts['fields']; tracking: LeadFacts['tracking'] },
): LeadFacts {
  return {
    _id: newTransactionId(),
    campaign: id,
    seller: sources.get(source)?.seller ?? '',
    source,
    mode,
    revision,
    fields: values,
    tracking,
    receivedAt: at,
    sellBy: new Date(at.getTime() + settings.sellWithinMs),
  };
}
