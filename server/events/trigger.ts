import { randomUUID } from 'node:crypto';
import { bringsRevenue } from '../../activities/event/enter-revenue.ts';
import type { CompiledCampaign, CompiledConfiguration } from '../../config/compile.ts';
import { integrationsOnEvent, type CompiledEvent } from '../../config/events.ts';
import { endpointsFor } from '../../config/postbacks.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { EventRecord } from '../../models/event.ts';
import { insertFence, untilAnswered } from '../../models/fence.ts';
import type { LeadModels } from '../../models/models.ts';
import { native } from '../../models/native.ts';
import type { OutboxRecord } from '../../models/outbox.ts';
import { isGiven } from '../../rules/events/parameters.ts';
import { readEvent, type EventContents } from '../../rules/events/read.ts';
import { sweptForLead, type Outbox } from '../outbox.ts';
import { isOwn, requireStanding, signedBy, type Caller } from './caller.ts';
import { lockEvent } from './lock.ts';
import { findSubject } from './subject.ts';

export interface EventDeps {
  models: LeadModels;
  config: { current(): CompiledConfiguration };
  outbox: Pick<Outbox, 'write' | 'follow'>;
  now?: () => number;
}

export interface EventRequest {
  /** Everything as it was sent, parameters of an address among it. */
  body: Readonly<Record<string, unknown>>;
  /** It came in an address or a form, where everything is text. */
  textual: boolean;
  caller: Caller;
  /** Pages of other origins may fire a campaign's events when it lists them. */
  pageOrigin?: string;
  /**
   * Names the request where it may come again: the same is then taken in once and answered with its record. Such a
   * request takes no lock, since it may come again at once.
   */
  once?: string;
}

/** What is kept of an event as it was sent, in characters. */
const MAX_PAYLOAD = 32_768;

/**
 * Takes an event in: checks everything about it, locks it, makes it durable and updates its lead. Nothing is written
 * before everything about the request has been checked.
 *
 * @throws LeadwireError see docs/events.md
 */
export async function triggerEvent(deps: EventDeps, request: EventRequest): Promise<EventRecord> {
  const { models, config, now = Date.now } = deps;
  const { body, caller, once } = request;
  const configuration = config.current();
  const asked = readAddress(configuration, request);
  const contents = readContents(asked, request, now());
  const payload = JSON.stringify(body);
  if (payload.length > MAX_PAYLOAD) throw new LeadwireError('body_too_large', { message: 'An event is at most 32 kB' });
  const { campaign, event, pid } = asked;
  if (pid !== undefined) requireSource(configuration, pid);
  const key = `${asked.transactionId}:${event.id}`;
  const [subject, first] = await Promise.all([findSubject(models, asked.transactionId), firstFired(models, key)]);
  if (!subject || subject.campaign !== campaign.id || !isOwn(caller, subject)) {
    throw invalid('event_transaction_invalid', 'transaction_id', 'is no transaction of this campaign');
  }
  if (pid === undefined) requireSource(configuration, subject.source);
  if (once === undefined && !(await lockEvent(models, key, now))) {
    throw new LeadwireError('event_in_progress', { headers: { 'retry-after': '2' } });
  }
  const unique = once ?? randomUUID();
  const isRepeated = first !== null && first.request !== unique;
  if (isRepeated && !event.multiTrigger) throw new LeadwireError('event_duplicate');
  const record: EventRecord = {
    _id: isRepeated ? `${key}:${unique}` : key,
    event: event.id,
    lead: subject._id,
    campaign: campaign.id,
    seller: subject.seller,
    source: subject.source,
    pid: pid ?? ORGANIC,
    mode: subject.mode,
    revision: configuration.revision,
    conversion: event.conversion,
    affiliateConversion: event.affiliateConversion,
    ...(event.conversion ? { conversionId: `conv_${randomUUID()}` } : {}),
    ...signedBy(caller),
    ...contents,
    payload,
    request: unique,
    at: new Date(now()),
  };
  const stored = await store(deps, record, subject.isVisit);
  if (stored.request === unique) return stored;
  if (!event.multiTrigger) throw new LeadwireError('event_duplicate');
  // Another one came first; both fired.
  return store(deps, { ...record, _id: `${key}:${unique}` }, subject.isVisit);
}

const ORGANIC = 'organic';

interface Asked {
  campaign: CompiledCampaign;
  event: CompiledEvent;
  transactionId: string;
  /** The source that it names, if any. */
  pid: string | undefined;
}

/** What happened to what: the parameters that everything else hangs on. */
function readAddress(configuration: CompiledConfiguration, { body, caller, pageOrigin }: EventRequest): Asked {
  const { cid, event_id: eventId, transaction_id: transactionId, pid } = body;
  const missing = Object.fromEntries(
    (['cid', 'event_id', 'transaction_id'] as const)
      .filter((name) => !isGiven(body[name]))
      .map((name) => [name, 'is required']),
  );
  const absent = (code: 'cid_required' | 'event_id_required' | 'transaction_id_required') =>
    new LeadwireError(code, { body: { missingFields: missing, invalidFields: {} } });
  if (!isGiven(cid)) throw absent('cid_required');
  const campaign = configuration.campaigns.get(String(cid));
  if (!campaign) throw invalid('cid_invalid', 'cid', 'is no campaign');
  if (pageOrigin !== undefined && !campaign.campaign.tracking?.allowedOrigins?.includes(pageOrigin)) {
    throw new LeadwireError('origin_not_allowed');
  }
  if (!isGiven(eventId)) throw absent('event_id_required');
  if (!isGiven(transactionId)) throw absent('transaction_id_required');
  const event = campaign.events.get(String(eventId));
  if (!event) throw invalid('event_unknown', 'event_id', 'is no event of this campaign');
  requireStanding(caller, event);
  const named = isGiven(pid) && pid !== ORGANIC ? String(pid) : undefined;
  return { campaign, event, transactionId: String(transactionId), pid: named };
}

/** @throws LeadwireError `revenue_required` when nothing else is wrong, otherwise `invalid_fields`. */
function readContents({ campaign, event }: Asked, { body, textual }: EventRequest, now: number): EventContents {
  const form = {
    conversion: event.conversion,
    fields: event.fields,
    leadFields: campaign.fields,
    timezone: campaign.campaign.timezone,
    textual,
  };
  const read = readEvent(body, form, now);
  if (!('missing' in read)) return read;
  const names = [...Object.keys(read.missing), ...Object.keys(read.invalid)];
  const members = { body: { missingFields: read.missing, invalidFields: read.invalid } };
  if (names.length === 1 && 'revenue' in read.missing) throw new LeadwireError('revenue_required', members);
  throw new LeadwireError('invalid_fields', { ...members, message: `Missing or invalid: ${names.join(', ')}` });
}

/** A source that does not exist and one that is paused look the same from outside. */
function requireSource({ sources }: CompiledConfiguration, id: string): void {
  const source = sources.get(id);
  if (!source || source.paused) throw new LeadwireError('source_inactive');
}

function invalid(code: 'cid_invalid' | 'event_unknown' | 'event_transaction_invalid', name: string, message: string) {
  return new LeadwireError(code, { body: { missingFields: {}, invalidFields: { [name]: message } } });
}

/** The first time an event of a transaction was fired has the plain id, whether or not it may fire again. */
async function firstFired({ events }: LeadModels, key: string): Promise<Pick<EventRecord, 'request'> | null> {
  return untilAnswered(() => native<EventRecord>(events).findOne({ _id: key }, { projection: { request: 1 } }));
}

/** Writes the record, or finds that of whoever came first: inserting it is what tells them apart. */
async function store(
  { models, config, outbox }: EventDeps,
  record: EventRecord,
  isVisit: boolean,
): Promise<EventRecord> {
  const row: OutboxRecord = {
    _id: `event:${record._id}`,
    kind: 'event',
    lead: record.lead,
    event: record._id,
    at: isVisit && hasWork(record) ? sweptForLead(record.at) : record.at,
  };
  const { endpoints, campaigns } = config.current();
  const told = endpointsFor(endpoints, record, record.mode).length + integrationsOnEvent(campaigns, record).length;
  const works = hasWork(record) || told > 0;
  if (works) await outbox.write(row);
  const fenced = await insertFence(models.events, record, () => false);
  const stored = fenced.ours ? record : fenced.record;
  // Else it is our own earlier success, whose answer was lost, or the same request come again.
  if (works && stored.request === record.request) await outbox.follow(row, stored);
  return stored;
}

/** Whether something has to follow from an event, so that it must start even when this node dies. */
function hasWork(event: EventRecord): boolean {
  return event.updates !== undefined || bringsRevenue(event);
}
