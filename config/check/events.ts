import { isEventParameter } from '../../rules/events/parameters.ts';
import { TRACKING_FIELDS } from '../../rules/tracking.ts';
import type { Campaign } from '../../schema/campaign.ts';
import type { EventField } from '../../schema/event.ts';
import { eventIdsOf } from '../events.ts';
import type { Draft, Entry } from './draft.ts';
import { join, type Findings } from './issues.ts';

/** The events of a campaign: each once, their fields, and those that its pages fire. */
export function checkEvents({ object, path, broken }: Entry<Campaign>, draft: Draft, findings: Findings): void {
  const seen = new Set<string>();
  object.events?.forEach((entry, at) => {
    const where = join(path, 'events', at);
    const id = typeof entry === 'string' ? entry : entry.event;
    if (seen.has(id)) findings.error(where, 'duplicate', `${id} is there twice`);
    seen.add(id);
    if (typeof entry !== 'string') checkFieldsOf(entry.fields ?? [], join(where, 'fields'), findings);
  });
  if (!broken.has('tracking') && !broken.has('events') && !broken.has('eventLists')) {
    checkFired(object, path, draft, findings);
  }
}

function checkFieldsOf(fields: readonly EventField[], path: string, findings: Findings) {
  const seen = new Set<string>();
  fields.forEach(({ name }, at) => {
    const where = join(path, at, 'name');
    if (seen.has(name)) findings.error(where, 'duplicate', 'is already a field of this event');
    seen.add(name);
    if (isEventParameter(name) || name === 'constructor') findings.error(where, 'reserved', 'is reserved');
    else if (TRACKING_FIELDS.fields.some((field) => field.name === name)) {
      findings.error(where, 'tracking_field', 'is a tracking field: every event may carry it');
    }
  });
}

/** A deployment without events has pages that fire none of them yet. */
function checkFired(object: Entry<Campaign>['object'], path: string, draft: Draft, findings: Findings) {
  if (draft.events.length === 0) return;
  const all = {
    events: draft.events.map(({ id }) => ({ id })),
    eventLists: draft.eventLists.map((list) => ({ id: list.id, events: list.object.events ?? [] })),
  };
  const known = eventIdsOf(object, all);
  object.tracking?.events?.forEach(({ event }, at) => {
    if (known.includes(event)) return;
    const message = `the campaign has no event ${event}: firing it will be refused`;
    findings.warn(join(path, 'tracking', 'events', at, 'event'), 'unknown_event', message);
  });
}
