import { compileFields, type FieldSet } from '../rules/fields.ts';
import type { CompiledConfiguration, CompiledIntegration } from './compile.ts';
import type { Campaign } from '../schema/campaign.ts';
import type { ConfigurationFile } from '../schema/configuration.ts';
import type { CampaignEvent, EventRequirement, EventSettings } from '../schema/event.ts';

/** An event of a campaign with every default filled in. */
export interface CompiledEvent {
  id: string;
  name: string;
  conversion: boolean;
  affiliateConversion: boolean;
  multiTrigger: boolean;
  /** What it asks of whoever fires it; undefined: nothing. */
  requires: EventRequirement | undefined;
  /** Its own fields in this campaign. */
  fields: FieldSet;
}

type Events = Pick<ConfigurationFile, 'events' | 'eventLists'>;

/** Ids of the events that a campaign has: its own and those of its lists; when it names neither, all there are. */
export function eventIdsOf(
  { events, eventLists }: Partial<Pick<Campaign, 'events' | 'eventLists'>>,
  all: Events,
): string[] {
  if (!events && !eventLists) return (all.events ?? []).map(({ id }) => id);
  const own = (events ?? []).map((entry) => (typeof entry === 'string' ? entry : entry.event));
  const listed = (all.eventLists ?? []).filter(({ id }) => eventLists?.includes(id)).flatMap((list) => list.events);
  return [...new Set([...own, ...listed])];
}

/** The events of a campaign by their ids. */
export function compileEvents(campaign: Campaign, all: Events): ReadonlyMap<string, CompiledEvent> {
  const known = new Map((all.events ?? []).map((event) => [event.id, event]));
  const changes = new Map(
    (campaign.events ?? []).flatMap((entry) => (typeof entry === 'string' ? [] : [[entry.event, entry] as const])),
  );
  return new Map(
    eventIdsOf(campaign, all).flatMap((id) => {
      const event = known.get(id);
      return event ? [[id, compileEvent(event, changes.get(id))] as const] : [];
    }),
  );
}

function compileEvent(event: EventSettings, changes: Partial<CampaignEvent> = {}): CompiledEvent {
  const { id, name = id, requires = 'nothing', ...behaviour } = { ...event, ...changes };
  return {
    id,
    name,
    conversion: behaviour.conversion ?? false,
    affiliateConversion: behaviour.affiliateConversion ?? false,
    multiTrigger: behaviour.multiTrigger ?? false,
    requires: requires === 'nothing' ? undefined : requires,
    fields: compileFields(
      (changes.fields ?? []).map(({ required, ...field }) => ({ ...field, required: required ? 'post' : 'never' })),
    ),
  };
}

/** The integrations that run for an event of a campaign. */
export function integrationsOnEvent(
  campaigns: CompiledConfiguration['campaigns'],
  { campaign, event }: { campaign: string; event: string },
): readonly CompiledIntegration[] {
  const all = campaigns.get(campaign)?.onEvent ?? [];
  return all.filter(({ integration }) => !integration.paused && (integration.events?.includes(event) ?? true));
}
