import type { CompiledEndpoint } from '../../config/postbacks.ts';
import { untilAnswered } from '../../models/fence.ts';
import type { LeadRecord, Sale, Told } from '../../models/lead.ts';
import type { OutboxRecord } from '../../models/outbox.ts';
import { newsOf, type News } from '../../rules/postback/status.ts';
import type { ActivityDeps } from '../deps.ts';
import type { LeadFacts } from '../lead-records.ts';

type Conclusion = Required<Pick<LeadRecord, 'outcome' | 'reason' | 'open' | 'sales'>>;

export interface NewsToTell {
  /** Set in the lead together with its outcome: what has not happened is never told. */
  told: Record<`told.${string}`, Told>;
  /** Written before the outcome, one for each endpoint that is told. */
  rows: OutboxRecord[];
}

/**
 * What the lead's source is to be told after this conclusion, and was not told yet. A source without endpoints costs
 * nothing; endpoints are those of now, not those of when the lead came.
 */
export async function newsFor(deps: ActivityDeps, lead: LeadFacts, conclusion: Conclusion): Promise<NewsToTell> {
  const endpoints = (deps.config.current().endpoints.ofSource.get(lead.source) ?? []).filter((endpoint) =>
    isTold(endpoint, lead),
  );
  // A seller that is asked which bid to take has not been answered yet.
  if (endpoints.length === 0 || conclusion.reason === 'awaiting_seller') return { told: {}, rows: [] };
  const before = await untilAnswered(() =>
    deps.models.leads.findById(lead._id, { told: 1, open: 1 }).lean<Pick<LeadRecord, 'told' | 'open'>>().exec(),
  );
  const { outcome, reason, open, sales } = conclusion;
  const returned = sales.filter(({ returnedAt }) => returnedAt).map(roundOf);
  const news = newsOf({ outcome, open, wasOpen: before?.open === true, returned });
  const at = new Date();
  const told: NewsToTell['told'] = {};
  const rows: OutboxRecord[] = [];
  for (const item of news) {
    const wanting = endpoints.filter(({ wants }) => wants(item.status, lead.campaign));
    if (wanting.length === 0 || before?.told?.[item.name]) continue;
    const payout = payoutFor(item, sales);
    told[`told.${item.name}`] = { at, outcome, reason, ...(payout === undefined ? {} : { payout }) };
    rows.push(...wanting.map((endpoint) => rowFor(lead, endpoint, item, at)));
  }
  return { told, rows };
}

/** Sandbox leads are told to test addresses only. */
function isTold({ paused, hasTestUrl }: CompiledEndpoint, { mode }: LeadFacts): boolean {
  return !paused && (mode === 'live' || hasTestUrl);
}

function rowFor(lead: LeadFacts, { id }: CompiledEndpoint, { name }: News, at: Date): OutboxRecord {
  return { _id: `postback:${lead._id}:${name}:${id}`, kind: 'postback', lead: lead._id, endpoint: id, event: name, at };
}

/** What the seller gets in all, or for the one sale that was returned, would have got. */
function payoutFor({ status, round }: News, sales: readonly Sale[]): number | undefined {
  if (sales.length === 0) return undefined;
  const counted = sales.filter((sale) =>
    status === 'returned' ? roundOf(sale) === round : !sale.returnedAt || sale.kept,
  );
  return counted.reduce((sum, { payout, price }) => sum + (payout ?? price), 0);
}

function roundOf({ delivery }: Sale): number {
  return Number(delivery.slice(delivery.lastIndexOf(':') + 1));
}
