import { COLLECTIONS, type CollectionName } from '../../schema/configuration.ts';
import type { Draft } from './draft.ts';
import { join, type Findings } from './issues.ts';

const NOUNS: Record<CollectionName, string> = {
  sellers: 'seller',
  sources: 'source',
  buyers: 'buyer',
  rules: 'rule',
  events: 'event',
  eventLists: 'event_list',
  alertChannels: 'alert_channel',
  campaigns: 'campaign',
  integrations: 'integration',
};

/** Ids are unique, and whatever one object names exists. */
export function checkReferences(draft: Draft, findings: Findings): void {
  for (const collection of COLLECTIONS) checkUnique(collection, draft, findings);

  const known = (collection: CollectionName, id: string | undefined, path: string) => {
    if (id === undefined || draft[collection].some((entry) => entry.id === id)) return;
    const noun = NOUNS[collection];
    findings.error(path, `unknown_${noun}`, `no ${noun.replaceAll('_', ' ')} has the id ${id}`);
  };

  for (const { object, path } of draft.sources) {
    known('sellers', object.seller, join(path, 'seller'));
    object.campaigns?.forEach((id, at) => known('campaigns', id, join(path, 'campaigns', at)));
  }
  for (const { object, path } of draft.campaigns) {
    known('integrations', object.auction?.defaultBuyer, join(path, 'auction', 'defaultBuyer'));
    object.events?.forEach((own, at) => {
      if (typeof own === 'string') known('events', own, join(path, 'events', at));
      else known('events', own.event, join(path, 'events', at, 'event'));
    });
    object.eventLists?.forEach((id, at) => known('eventLists', id, join(path, 'eventLists', at)));
    object.alerts?.forEach(({ to }, at) =>
      to.forEach((id, index) => known('alertChannels', id, join(path, 'alerts', at, 'to', index))),
    );
  }
  for (const { object, path } of draft.eventLists) {
    object.events?.forEach((id, at) => known('events', id, join(path, 'events', at)));
  }
  for (const { object, path } of draft.integrations) {
    known('campaigns', object.campaign, join(path, 'campaign'));
    known('buyers', object.buyer, join(path, 'buyer'));
    if (typeof object.rule === 'string') known('rules', object.rule, join(path, 'rule'));
    object.after?.forEach((id, at) => known('integrations', id, join(path, 'after', at)));
    object.events?.forEach((id, at) => known('events', id, join(path, 'events', at)));
  }
}

function checkUnique(collection: CollectionName, draft: Draft, findings: Findings) {
  const first = new Map<string, string>();
  for (const { id, path } of draft[collection]) {
    const earlier = first.get(id);
    if (earlier === undefined || id === '') first.set(id, path);
    else findings.error(join(path, 'id'), 'duplicate_id', `${id} is already used by ${earlier}`);
  }
}
