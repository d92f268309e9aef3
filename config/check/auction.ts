import { taggedWith } from '../../rules/auction/plan.ts';
import type { AgreementSettings, GroupSettings, ModifierSettings } from '../../schema/auction.ts';
import type { Campaign } from '../../schema/campaign.ts';
import type { Integration } from '../../schema/integration.ts';
import { momentOf } from '../moment.ts';
import type { Draft, Entry } from './draft.ts';
import { checkAmount } from './filters.ts';
import { join, type Findings } from './issues.ts';

/** Groups, agreements and modifiers of every campaign: what they name is there, and can happen. */
export function checkAuctions(draft: Draft, findings: Findings): void {
  for (const entry of draft.campaigns) {
    const { auction } = entry.object;
    if (!auction) continue;
    const where = join(entry.path, 'auction');
    const { groups = [], agreements = [], modifiers = [], maxBuyers = 1, hybrid } = auction;
    checkGroups(entry, groups, join(where, 'groups'), draft, findings);
    checkAgreements(entry, agreements, join(where, 'agreements'), draft, findings);
    checkModifiers(modifiers, join(where, 'modifiers'), draft, findings);
    if (!entry.isNew) continue;
    if (hybrid && maxBuyers === 1) {
      findings.warn(join(where, 'hybrid'), 'unused', 'has no effect while maxBuyers is 1: nobody shares the lead');
    }
    checkAmounts(agreements, modifiers, where, findings);
    checkPrices(entry, draft, findings);
  }
  for (const { object, path, isNew } of [...draft.sources, ...draft.integrations]) {
    if (isNew) checkAmount(object.minPrice, 0, join(path, 'minPrice'), findings);
  }
}

/** An integration is in one group, and a group can sell something. */
function checkGroups(
  campaign: Entry<Campaign>,
  groups: readonly GroupSettings[],
  path: string,
  draft: Draft,
  findings: Findings,
): void {
  const taken = new Map<string, string>();
  const ids = new Set<string>();
  const places = campaign.object.auction?.maxBuyers ?? 1;
  const take = (id: string, group: string, where: string) => {
    const other = taken.get(id);
    if (other !== undefined) {
      findings.error(where, 'overlapping_groups', `${id} is in ${other} as well: an integration has one group`);
    }
    taken.set(id, group);
  };
  groups.forEach(({ id, integrations, tag, ifSold, maxBuyers }, at) => {
    const where = join(path, at);
    if (ids.has(id)) findings.error(join(where, 'id'), 'duplicate_id', `${id} is the id of a group before it`);
    ids.add(id);
    integrations?.forEach((name, index) => {
      const here = join(where, 'integrations', index);
      if (isBuyer(name, campaign, draft, here, findings)) take(name, id, here);
    });
    const tagged = taggedWith(tag, buyersOf(campaign, draft));
    for (const name of tagged) take(name, id, join(where, 'tag'));
    if (!campaign.isNew) return;
    if (tag !== undefined && tagged.length === 0) {
      findings.warn(join(where, 'tag'), 'never_matches', `no buyer's integration of the campaign has the tag ${tag}`);
    }
    if (ifSold === 'continue' && places === 1) {
      findings.warn(join(where, 'ifSold'), 'unused', 'has no effect while maxBuyers is 1: a sold lead goes nowhere');
    }
    if (maxBuyers !== undefined && maxBuyers > places) {
      findings.warn(join(where, 'maxBuyers'), 'unused', `has no effect: the auction's maxBuyers is ${places}`);
    }
  });
}

/** Who has an agreement can buy, and no two have one about the same lead. */
function checkAgreements(
  campaign: Entry<Campaign>,
  agreements: readonly AgreementSettings[],
  path: string,
  draft: Draft,
  findings: Findings,
): void {
  agreements.forEach(({ integration, sources, states, price }, at) => {
    const where = join(path, at);
    isBuyer(integration, campaign, draft, join(where, 'integration'), findings);
    sources?.forEach((id, index) => known(draft, 'sources', id, join(where, 'sources', index), findings));
    if (!campaign.isNew) return;
    const rival = agreements.slice(0, at).findIndex((other) => {
      const same = other.integration === integration && other.price === price;
      return !same && meet(other.sources, sources) && meet(other.states, states);
    });
    if (rival >= 0) {
      findings.warn(where, 'overlapping_agreements', `is about leads that agreements[${rival}] is about as well`);
    }
  });
}

function checkModifiers(modifiers: readonly ModifierSettings[], path: string, draft: Draft, findings: Findings): void {
  modifiers.forEach(({ buyer, integration, source, multiply, add, margin }, at) => {
    const where = join(path, at);
    if (buyer !== undefined) known(draft, 'buyers', buyer, join(where, 'buyer'), findings);
    if (integration !== undefined) known(draft, 'integrations', integration, join(where, 'integration'), findings);
    if (source !== undefined) known(draft, 'sources', source, join(where, 'source'), findings);
    if (multiply === undefined && add === undefined && margin === undefined) {
      findings.warn(where, 'empty', 'does nothing');
    }
  });
}

function checkAmounts(
  agreements: readonly AgreementSettings[],
  modifiers: readonly ModifierSettings[],
  path: string,
  findings: Findings,
): void {
  agreements.forEach(({ price }, at) => checkAmount(price, 1, join(path, 'agreements', at, 'price'), findings));
  modifiers.forEach(({ margin }, at) => {
    if (margin && 'amount' in margin) {
      checkAmount(margin.amount, 0, join(path, 'modifiers', at, 'margin', 'amount'), findings);
    }
  });
}

/** Whoever is taken without being asked needs a price from somewhere. */
function checkPrices(campaign: Entry<Campaign>, draft: Draft, findings: Findings): void {
  for (const { id, object, path } of draft.integrations) {
    if (object.campaign !== campaign.id || object.price !== undefined || !isFixed(id, object, campaign)) continue;
    const priced = Array.isArray(object.rule) || typeof object.rule === 'string' || object.schedule !== undefined;
    if (!priced) findings.warn(join(path, 'price'), 'missing', 'is missing: its strategy fixed_price asks for no bid');
  }
}

/** Whether a price has effect beside a ping: it is what the buyer is taken at without being asked. */
export function isTakenUnasked({ id, object }: Pick<Entry<Integration>, 'id' | 'object'>, draft: Draft): boolean {
  const campaign = draft.campaigns.find((entry) => entry.id === object.campaign);
  return campaign !== undefined && isFixed(id, object, campaign);
}

function isFixed(id: string, { tags }: Entry<Integration>['object'], { object }: Pick<Entry<Campaign>, 'object'>) {
  const { groups = [], strategy } = object.auction ?? {};
  const group = groups.find(
    ({ integrations, tag }) => integrations?.includes(id) ?? (tag !== undefined && tags?.includes(tag)),
  );
  return (group?.strategy ?? strategy) === 'fixed_price';
}

function buyersOf({ id }: Pick<Entry<Campaign>, 'id'>, draft: Draft): { id: string; tags: string[] | undefined }[] {
  return draft.integrations
    .filter(({ object }) => object.campaign === id && object.category && momentOf(object) === 'buyer')
    .map((entry) => ({ id: entry.id, tags: entry.object.tags }));
}

/** Whether the name is that of an integration which buys in the campaign. */
function isBuyer(name: string, campaign: Entry<Campaign>, draft: Draft, path: string, findings: Findings): boolean {
  const object = draft.integrations.find(({ id }) => id === name)?.object;
  if (!object) {
    findings.error(path, 'unknown_integration', `no integration has the id ${name}`);
  } else if (object.campaign && object.campaign !== campaign.id) {
    findings.error(path, 'other_campaign', `${name} belongs to ${object.campaign}`);
  } else if (object.category && momentOf(object) !== 'buyer') {
    findings.error(path, 'wrong_moment', `${name} does not run as a buyer`);
  } else return true;
  return false;
}

function known(
  draft: Draft,
  collection: 'sources' | 'buyers' | 'integrations',
  id: string,
  path: string,
  findings: Findings,
): void {
  if (draft[collection].some((entry) => entry.id === id)) return;
  const noun = collection.slice(0, -1);
  findings.error(path, `unknown_${noun}`, `no ${noun} has the id ${id}`);
}

function meet(some: readonly string[] | undefined, others: readonly string[] | undefined): boolean {
  return !some || !others || some.some((one) => others.includes(one));
}
