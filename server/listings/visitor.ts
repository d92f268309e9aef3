import { isIP } from 'node:net';
import { soldViewOf } from '../../activities/sold-view.ts';
import type { LeadFacts } from '../../activities/lead-records.ts';
import type { PageView } from '../../activities/listing/show-offers.ts';
import type { ActivityDeps } from '../../activities/deps.ts';
import type { CompiledCampaign } from '../../config/compile.ts';
import { mayRead, type BrowserKey, type SellerKey } from '../../config/key-holder.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { ClickRecord } from '../../models/click.ts';
import { untilAnswered } from '../../models/fence.ts';
import { withdrawnFrom, type LeadRecord } from '../../models/lead.ts';
import { native } from '../../models/native.ts';
import { fieldClass } from '../../rules/fields.ts';
import { isTransactionId, newTransactionId } from '../../rules/transaction-id.ts';
import type { Source } from '../../schema/campaign.ts';
import { linkOf } from '../tracking/clicks.ts';

export type VisitorDeps = Pick<ActivityDeps, 'models' | 'config'>;

/** What a page asks. */
export interface PageQuestion {
  cid: string;
  key: SellerKey | BrowserKey;
  pid: string | undefined;
  transactionId: string | undefined;
  /** The whole query: it may say what is known of a visitor before there is a lead. */
  said: Readonly<Record<string, unknown>>;
  /** Who looks at the page, as its own browser says it. */
  browser: { address: string; userAgent: string | undefined };
}

/**
 * Whom a page shows offers to: a lead; a visit; or somebody of whom only the query says something. The lead has to be
 * the campaign's and the key's.
 *
 * @throws LeadwireError `unknown_lead` and those of `linkOf`
 */
export async function visitorOf(
  deps: VisitorDeps,
  question: PageQuestion,
): Promise<Omit<PageView, 'page' | 'most'> & { source: Source }> {
  const { cid, key, pid, transactionId, said } = question;
  const configuration = deps.config.current();
  if (!configuration.campaigns.has(cid)) throw new LeadwireError('unknown_campaign');
  const found = transactionId === undefined ? undefined : await findOwn(deps, cid, key, transactionId);
  const { campaign, source } = linkOf(configuration, cid, found?.source ?? pid, key);
  const now = new Date();
  const lead: LeadFacts = {
    _id: found?._id ?? newTransactionId(now.getTime()),
    ...{ campaign: cid, seller: source.seller, source: source.id, mode: key.mode },
    ...{ revision: configuration.revision, receivedAt: found?.at ?? now, sellBy: now },
    tracking: found?.tracking ?? {},
    fields: { ...(found?.lead?.fields ?? fieldsSaid(campaign, said)), ...browserOf(question) },
  };
  const captured = found?.lead ? soldViewOf(found.lead) : {};
  return { lead, campaign, source, captured, transactionId: found?._id };
}

interface Found extends Pick<ClickRecord, '_id' | 'source' | 'tracking'> {
  at: Date;
  /** Absent of a visit, which has no lead yet. */
  lead?: LeadRecord;
}

async function findOwn({ models }: VisitorDeps, cid: string, key: PageQuestion['key'], id: string): Promise<Found> {
  // Another source's lead does not exist for this key.
  if (!isTransactionId(id)) throw new LeadwireError('unknown_lead');
  const [lead, visit] = await Promise.all([
    untilAnswered(() => native<LeadRecord>(models.leads).findOne({ _id: id })),
    untilAnswered(() => native<ClickRecord>(models.clicks).findOne({ _id: id })),
  ]);
  const found = lead ?? visit;
  const own = found && (key.kind === 'seller' ? mayRead(key, found) : isOfPage(key, found));
  // One that was withdrawn is shown to nobody.
  if (!own || found.campaign !== cid || withdrawnFrom(found)) throw new LeadwireError('unknown_lead');
  const { source, tracking } = found;
  return lead ? { _id: id, source, tracking, at: lead.receivedAt, lead } : { _id: id, source, tracking, at: visit!.at };
}

function isOfPage({ source, mode }: BrowserKey, record: Pick<LeadRecord, 'source' | 'mode'>): boolean {
  return record.source === source && record.mode === mode;
}

/** Fields of the campaign that an address may hold: no name, phone, e-mail or the like, but where somebody is. */
function fieldsSaid({ fields }: CompiledCampaign, said: PageQuestion['said']): LeadFacts['fields'] {
  const open = fields.fields.filter((field) => fieldClass(field) === 'other' || isPlace(field.type));
  const given = open.flatMap(({ name }) => (typeof said[name] === 'string' ? [[name, said[name]] as const] : []));
  return fields.normalise(Object.fromEntries(given), 'ping').values;
}

function isPlace(type: string): boolean {
  return type === 'zip' || type === 'state';
}

/** The visitor's own address and browser: as the request has them, or as the seller whose server asks says them. */
function browserOf({ key, said, browser }: PageQuestion): Record<string, string> {
  const { ip_address: ip, user_agent: agent } = said;
  const address = key.kind === 'browser' ? browser.address : ip;
  const userAgent = key.kind === 'browser' ? browser.userAgent : agent;
  return {
    ...(typeof address === 'string' && isIP(address) > 0 ? { ip_address: address } : {}),
    ...(typeof userAgent === 'string' && userAgent !== '' ? { user_agent: userAgent.slice(0, 500) } : {}),
  };
}
