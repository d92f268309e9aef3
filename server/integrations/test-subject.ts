import { randomUUID } from 'node:crypto';
import type { exchangeOnce } from '../../activities/ask.ts';
import type { LeadFacts } from '../../activities/lead-records.ts';
import { soldView } from '../../activities/sold-view.ts';
import type { CompiledCampaign, CompiledConfiguration, CompiledIntegration } from '../../config/compile.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { AuctionRecord, StandingBid } from '../../models/auction.ts';
import type { DeliveryRecord } from '../../models/delivery.ts';
import { untilAnswered } from '../../models/fence.ts';
import { followUpId } from '../../models/follow-up.ts';
import { withdrawnFrom, type LeadRecord } from '../../models/lead.ts';
import type { LeadModels } from '../../models/models.ts';
import { native } from '../../models/native.ts';
import { CURRENCY, parsePrice, type Micros } from '../../rules/money.ts';
import { TRACKING_FIELDS } from '../../rules/tracking.ts';
import { isTransactionId } from '../../rules/transaction-id.ts';
import { NOTICES, type NoticeName, type OperationName } from '../../schema/integration.ts';
import { invalidFields } from '../ingress/submission.ts';
import { sampleLead } from '../postbacks/sample.ts';

export interface TestOrder {
  /** Id of the integration. */
  integration: string;
  /** Default the first that it makes. */
  operation?: OperationName | undefined;
  /** A real transaction of its campaign whose values are sent. Default sample values. */
  transactionId?: string | undefined;
  /** Values that replace those of the sample or the transaction; null leaves one out. */
  fields?: Readonly<Record<string, unknown>> | undefined;
  /** For a post: what its ping brought, `id`, `price` in dollars, and what its mapping keeps. */
  bid?: Readonly<Record<string, unknown>> | undefined;
  target: 'test' | 'production';
}

/** What a test's request is made of. */
export type TestSubject = Parameters<typeof exchangeOnce>[1];

type Models = Pick<LeadModels, 'auctions' | 'deliveries' | 'followUps'>;

const SAMPLE_PRICE: Micros = 45_000_000;

/**
 * The lead of a test, real or made up, with what else the operation is told. Nothing is written.
 *
 * @throws LeadwireError `unknown_lead`, `invalid_fields`
 */
export async function testSubject(
  models: LeadModels,
  configuration: CompiledConfiguration,
  integration: CompiledIntegration,
  operation: OperationName,
  order: TestOrder,
): Promise<TestSubject> {
  const campaign = configuration.campaigns.get(integration.campaign);
  if (!campaign) throw new LeadwireError('unknown_campaign');
  const { transactionId } = order;
  const found =
    transactionId === undefined
      ? madeUp(configuration, campaign, integration)
      : await transactionOf(models, integration, transactionId);
  const { fields, tracking, captured } = overlaid(campaign, found, order.fields);
  const mode = order.target === 'test' ? 'test' : 'live';
  const lead: LeadFacts = { ...found.lead, mode, fields, tracking };
  const about = { lead, campaign, integration, captured };
  if (isNotice(operation)) return { ...about, ...(await notice(models, integration, operation, order, captured)) };
  if (operation === 'post' || operation === 'status') {
    const { bid, delivery } = await sale(models, integration, order);
    const { lead_id: _, ...unanswered } = delivery;
    return { ...about, bid, delivery: operation === 'post' ? unanswered : delivery };
  }
  return { ...about, ...(integration.when === 'on_event' ? { event: sampleEvent(campaign, integration) } : {}) };
}

interface Known {
  lead: LeadFacts;
  captured: Record<string, unknown>;
}

function madeUp(
  { sources, revision }: CompiledConfiguration,
  campaign: CompiledCampaign,
  { when, buyer }: CompiledIntegration,
): Known {
  const source = [...sources.values()][0];
  const now = new Date();
  const sample = sampleLead(campaign, source?.seller ?? '', source?.id ?? '');
  const lead = {
    ...sample,
    revision,
    receivedAt: now,
    sellBy: new Date(now.getTime() + campaign.settings.sellWithinMs),
  };
  const isAfter = when === 'after_outcome' || when === 'on_event';
  const sold = { outcome: 'sold', reason: 'sold', price: SAMPLE_PRICE / 1_000_000, buyer: buyer ?? 'buy_sample' };
  return { lead, captured: isAfter ? sold : {} };
}

/** A transaction of the integration's campaign, as its buyers got it. One that was withdrawn goes to nobody any more. */
async function transactionOf(models: LeadModels, { campaign, when }: CompiledIntegration, id: string): Promise<Known> {
  if (!isTransactionId(id)) throw new LeadwireError('unknown_lead');
  const record = await untilAnswered(() => models.leads.findById(id).lean<LeadRecord>().exec());
  if (record?.campaign !== campaign || withdrawnFrom(record)) throw new LeadwireError('unknown_lead');
  const lead = { ...record, ...record.original };
  const isAfter = when === 'after_outcome' || when === 'on_event';
  return { lead, captured: isAfter ? await soldView({ models }, id) : (record.captured ?? {}) };
}

/** What was given counts: fields of the campaign, tracking values, and whatever else as if it had been captured. */
function overlaid(
  campaign: CompiledCampaign,
  { lead, captured }: Known,
  given: TestOrder['fields'] = {},
): Pick<LeadFacts, 'fields' | 'tracking'> & Pick<Known, 'captured'> {
  const fields = campaign.fields.normalise({ ...lead.fields, ...given }, 'post');
  const tracking = TRACKING_FIELDS.normalise({ ...lead.tracking, ...given }, 'post');
  // What a lead was taken in with is not questioned.
  const invalid = [...fields.invalid, ...tracking.invalid].filter(({ field }) => Object.hasOwn(given, field));
  if (invalid.length > 0) {
    throw invalidFields({ invalid: Object.fromEntries(invalid.map(({ field, message }) => [field, message])) });
  }
  const isKnown = (name: string) =>
    [campaign.fields, TRACKING_FIELDS].some((set) => set.fields.some((one) => one.name === name));
  const others = Object.entries(given).filter(([name]) => !isKnown(name));
  return { fields: fields.values, tracking: tracking.values, captured: { ...captured, ...Object.fromEntries(others) } };
}

/** The bid and the delivery that a post is about: those of the transaction, where it came that far, or made-up ones. */
async function sale(
  models: Models,
  integration: CompiledIntegration,
  { transactionId, bid: given = {} }: TestOrder,
): Promise<Required<Pick<TestSubject, 'bid' | 'delivery'>>> {
  const real = transactionId === undefined ? undefined : await saleOf(models, integration.id, transactionId);
  const sample: StandingBid = {
    integration: integration.id,
    buyer: integration.buyer ?? '',
    price: integration.price ?? SAMPLE_PRICE,
    expiresAt: Date.now() + 60_000,
    private: {},
  };
  const { id, price, ...kept } = given;
  const bid = real?.bid ?? sample;
  const priced = price === undefined ? undefined : parsePrice(price);
  return {
    bid: {
      ...bid,
      ...(typeof id === 'string' ? { id } : {}),
      ...(priced === undefined ? {} : { price: priced }),
      private: { ...bid.private, ...kept },
    },
    // Of its own: no buyer may take the test for the delivery that was made, and its postback finds nothing.
    delivery: {
      id: `test_${randomUUID()}`,
      token: `test_${randomUUID()}`,
      created_at: new Date().toISOString(),
      lead_id: real?.buyerLeadId ?? 'test',
    },
  };
}

/** What is told later: what became of the lead, and by which id the service knows it. */
async function notice(
  models: Models,
  integration: CompiledIntegration,
  operation: NoticeName,
  order: TestOrder,
  captured: Record<string, unknown>,
): Promise<Pick<TestSubject, 'event' | 'captured'> & Partial<TestSubject>> {
  const { transactionId: lead } = order;
  const id = lead === undefined ? undefined : followUpId({ lead, integration: integration.id });
  const before = id === undefined ? null : await untilAnswered(() => models.followUps.findById(id).lean().exec());
  const sold = integration.when === 'buyer' ? await sale(models, integration, order) : undefined;
  const [reason] = operation === 'return' ? (integration.integration.returns?.reasons ?? []) : [];
  const event = {
    ...{ id: `test_${randomUUID()}`, name: operation, time: new Date().toISOString() },
    ...(reason === undefined ? {} : { reason }),
    lead_id: before?.leadId ?? sold?.delivery.lead_id ?? 'test',
  };
  return { ...sold, event, captured: { ...captured, ...before?.captured } };
}

function isNotice(operation: OperationName): operation is NoticeName {
  return (NOTICES as readonly OperationName[]).includes(operation);
}

async function saleOf(
  { auctions, deliveries }: Models,
  integration: string,
  id: string,
): Promise<{ bid: StandingBid; buyerLeadId?: string } | undefined> {
  // ';' is the character after ':'.
  const _id = { $gte: `${id}:`, $lt: `${id};` };
  const posted = await untilAnswered(() =>
    native<DeliveryRecord>(deliveries).findOne({ _id, integration }, { sort: { createdAt: -1 } }),
  );
  if (posted) return posted;
  const asked = await untilAnswered(() => native<AuctionRecord>(auctions).find({ _id }).sort({ at: -1 }).toArray());
  const bid = asked.flatMap(({ ranked }) => ranked).find((one) => one.integration === integration);
  return bid && { bid };
}

function sampleEvent(
  campaign: CompiledCampaign,
  { integration }: CompiledIntegration,
): NonNullable<TestSubject['event']> {
  const [name = [...campaign.events.keys()][0] ?? 'sample'] = integration.events ?? [];
  const time = new Date().toISOString();
  const conversion = `conv_${randomUUID()}`;
  return {
    ...{ id: `test_${randomUUID()}`, name, event_id: name, time, happened: time },
    ...{ conversion: true, conversion_id: conversion, transaction: conversion, revenue: 45, currency: CURRENCY },
  };
}
