import type { ClickRecord } from '../../models/click.ts';
import type { EventRecord } from '../../models/event.ts';
import { untilAnswered } from '../../models/fence.ts';
import { withdrawnFrom } from '../../models/lead.ts';
import type { MappingContext } from '../../rules/mapping/operation.ts';
import { CURRENCY, toDecimal } from '../../rules/money.ts';
import type { DeliverySubject } from '../delivery/subject.ts';
import type { ActivityDeps } from '../deps.ts';
import { soldViewOf } from '../sold-view.ts';

/**
 * What an integration sees after an event: the lead as events have changed it, or the visit without one, and the event.
 * Undefined: the integration, or what the event is about, is not there any more. `withdrawn`: it must not be passed on.
 */
export async function eventSubject(
  deps: Pick<ActivityDeps, 'models' | 'config'>,
  id: string,
  integration: string,
): Promise<(DeliverySubject & { event: NonNullable<MappingContext['event']> }) | { withdrawn: string } | undefined> {
  const { models, config } = deps;
  const record = await untilAnswered(() => models.events.findById(id).lean<EventRecord>().exec());
  const campaign = record && config.current().campaigns.get(record.campaign);
  const found = campaign?.integrations.get(integration);
  if (!record || !campaign || !found) return undefined;
  const [lead, visit] = await Promise.all([
    untilAnswered(() => models.leads.findById(record.lead).lean().exec()),
    untilAnswered(() => models.clicks.findById(record.lead).lean<ClickRecord>().exec()),
  ]);
  const event = eventView(record);
  const withdrawn = withdrawnFrom(lead ?? visit ?? {});
  if (withdrawn) return { withdrawn };
  if (lead) return { lead, campaign, integration: found, captured: soldViewOf(lead), event };
  if (!visit) return undefined;
  const { at } = visit;
  const facts = { ...visit, revision: record.revision, fields: {}, receivedAt: at, sellBy: at };
  return { lead: facts, campaign, integration: found, captured: {}, event };
}

function eventView(record: EventRecord): NonNullable<MappingContext['event']> {
  const { _id: id, event: name, conversion, conversionId, revenue, verified, conversionDate, fields, at, pid } = record;
  const time = at.toISOString();
  return {
    ...{ id, name, event_id: name, pid, conversion, verified, fields, time },
    conversion_id: conversionId ?? '',
    // As in postbacks: what a platform may know of a conversion to tell it from another one, and when it was.
    ...{ transaction: conversionId ?? id, happened: conversionDate?.toISOString() ?? time, currency: CURRENCY },
    ...(revenue === undefined ? {} : { revenue: toDecimal(revenue) }),
    ...(conversionDate ? { conversion_date: conversionDate.toISOString() } : {}),
  };
}
