import { untilAnswered } from '../../models/fence.ts';
import type { ClickRecord } from '../../models/click.ts';
import type { EventRecord } from '../../models/event.ts';
import type { LeadRecord } from '../../models/lead.ts';
import type { LeadModels } from '../../models/models.ts';
import { native } from '../../models/native.ts';
import { joinTracking } from '../../rules/cost.ts';

/** Events a record remembers to have been updated by; only the newest can still be repeated. */
const REMEMBERED = 200;

/** What was updated: the lead, the visit that has no lead yet, or nothing because neither is there any more. */
export type Updated = 'lead' | 'visit' | 'nothing';

/**
 * Updates a lead with what came with an event, or a visit with its tracking fields, from which its lead will take them.
 * Each event changes a record once, however often this runs; the record as it came is kept beside it.
 */
export async function updateLead(
  { leads, clicks }: Pick<LeadModels, 'leads' | 'clicks'>,
  { _id: event, lead: id, updates }: Pick<EventRecord, '_id' | 'lead' | 'updates'>,
): Promise<Updated> {
  if (!updates) return 'nothing';
  for (;;) {
    const [lead, click] = await Promise.all([
      untilAnswered(() => native<LeadRecord>(leads).findOne({ _id: id })),
      untilAnswered(() => native<ClickRecord>(clicks).findOne({ _id: id })),
    ]);
    if (lead) {
      if (lead.changedBy?.includes(event)) return 'lead';
      const { fields, tracking, original = { fields, tracking } } = lead;
      const changes = {
        ...{ fields: { ...fields, ...updates.fields }, tracking: joinTracking(tracking, updates.tracking), original },
        ...noted(lead, event),
      };
      const changed = await untilAnswered(() =>
        native<LeadRecord>(leads).updateOne({ _id: id, ...unchangedSince(lead) }, { $set: changes }),
      );
      if (changed.matchedCount > 0) return 'lead';
      continue; // Another event was faster, or this update was made and its answer lost.
    }
    if (!click) return 'nothing';
    if (!click.changedBy?.includes(event)) {
      const { tracking, original = { tracking } } = click;
      const changes = { tracking: joinTracking(tracking, updates.tracking), original, ...noted(click, event) };
      const changed = await untilAnswered(() =>
        native<ClickRecord>(clicks).updateOne({ _id: id, ...unchangedSince(click) }, { $set: changes }),
      );
      if (changed.matchedCount === 0) continue;
    }
    // Its lead may have come meanwhile, from the visit as it was before.
    const come = await untilAnswered(() => native<LeadRecord>(leads).findOne({ _id: id }, { projection: { _id: 1 } }));
    if (!come) return 'visit';
  }
}

interface Changeable {
  changedBy?: string[];
  edits?: number;
}

function noted({ changedBy = [], edits = 0 }: Changeable, event: string): Required<Changeable> {
  return { changedBy: [...changedBy, event].slice(-REMEMBERED), edits: edits + 1 };
}

/** A filter that matches while nobody else has changed the record. */
function unchangedSince({ edits }: Changeable): { edits: number | { $exists: false } } {
  return { edits: edits ?? { $exists: false } };
}
