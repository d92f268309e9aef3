import { checkBuyerPostback, checkEndpoint } from '../../rules/postback/check.ts';
import { LEAD_NAMES } from '../../rules/postback/macros.ts';
import type { AddressPolicy } from '../../http/address.ts';
import type { Campaign, Source } from '../../schema/campaign.ts';
import type { Integration } from '../../schema/integration.ts';
import type { EventPostback } from '../../schema/postback.ts';
import { momentOf } from '../moment.ts';
import { eventNamesOf } from '../postbacks.ts';
import { checkFixedAddress } from './addresses.ts';
import type { Draft, Entry } from './draft.ts';
import { join, type Findings } from './issues.ts';
import { namesInTables } from './lead-names.ts';

/** The endpoints of a source: their mappings, addresses, names, and the campaigns and events they are for. */
export function checkEndpoints(
  { object, path }: Entry<Source>,
  draft: Draft,
  policy: AddressPolicy,
  findings: Findings,
): void {
  const names = namesOf(draft);
  checkUnique(object.postbacks ?? [], join(path, 'postbacks'), findings);
  object.postbacks?.forEach((postback, at) => {
    const where = join(path, 'postbacks', at);
    const { on, events, campaigns, request = {} } = postback;
    findings.issues.push(...checkEndpoint(postback, where, events && names, on !== undefined));
    checkAddresses(postback, where, policy, findings);
    campaigns?.forEach((id, index) => {
      if (draft.campaigns.some((campaign) => campaign.id === id)) return;
      findings.error(join(where, 'campaigns', index), 'unknown_campaign', `no campaign has the id ${id}`);
    });
    if (events !== 'all') {
      events?.forEach((id, index) => {
        if (draft.events.some((event) => event.id === id)) return;
        findings.error(join(where, 'events', index), 'unknown_event', `no event has the id ${id}`);
      });
    }
    for (const [name, table] of namesInTables(request, join(where, 'request'))) {
      if (LEAD_NAMES.includes(name) || (on === undefined && names.lead.has(name))) continue;
      findings.warn(
        table,
        'unknown_field',
        `a postback sees no ${name}: only tracking fields and what became of the lead`,
      );
    }
  });
}

/** The endpoints of an event: everywhere, or in one campaign. */
export function checkEventEndpoints(
  postbacks: readonly EventPostback[],
  path: string,
  draft: Draft,
  policy: AddressPolicy,
  findings: Findings,
): void {
  const names = namesOf(draft);
  checkUnique(postbacks, path, findings);
  postbacks.forEach((postback, at) => {
    const where = join(path, at);
    findings.issues.push(...checkEndpoint(postback, where, names, false));
    checkAddresses(postback, where, policy, findings);
  });
}

function checkUnique(postbacks: readonly { id: string }[], path: string, findings: Findings) {
  const seen = new Set<string>();
  postbacks.forEach(({ id }, at) => {
    if (seen.has(id)) findings.error(join(path, at, 'id'), 'duplicate_id', `${id} is there twice`);
    seen.add(id);
  });
}

function checkAddresses({ request, oauth }: EventPostback, path: string, policy: AddressPolicy, findings: Findings) {
  checkFixedAddress(oauth?.tokenUrl, join(path, 'oauth', 'tokenUrl'), policy, findings);
  for (const property of ['url', 'testUrl'] as const) {
    checkFixedAddress(request?.[property], join(path, 'request', property), policy, findings);
  }
}

function namesOf({ campaigns }: Draft) {
  return eventNamesOf({
    campaigns: campaigns.map(({ object, broken }) => ({
      ...(object as Campaign),
      fields: broken.has('fields') ? [] : (object.fields ?? []),
      events: broken.has('events') ? [] : (object.events ?? []),
    })),
  });
}

/** How the buyer of an integration posts back, and whether it has one. */
export function checkPostbacksOf({ object, path }: Entry<Integration>, findings: Findings): void {
  if (object.postback) {
    findings.issues.push(...checkBuyerPostback(object.postback, join(path, 'postback'), object.secrets ?? []));
  }
  if (object.category === undefined || momentOf(object) === 'buyer') return;
  for (const name of ['postback', 'returns'] as const) {
    if (object[name]) findings.warn(join(path, name), 'unused', 'has no effect unless the integration runs as a buyer');
  }
}
