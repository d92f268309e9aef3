import { IANAZone } from 'luxon';
import { checkFields } from '../../rules/fields.ts';
import type { Campaign } from '../../schema/campaign.ts';
import { momentOf } from '../moment.ts';
import type { Draft, Entry } from './draft.ts';
import { checkEvents } from './events.ts';
import { join, type Findings } from './issues.ts';
import { checkTracking } from './tracking.ts';

/** What a campaign says about itself and about the integration that takes what nobody buys. */
export function checkCampaigns(draft: Draft, findings: Findings): void {
  for (const entry of draft.campaigns) {
    checkDefaultBuyer(entry, draft, findings);
    if (!entry.isNew) continue;
    const { timezone } = entry.object;
    if (timezone !== undefined && !IANAZone.isValidZone(timezone)) {
      findings.error(join(entry.path, 'timezone'), 'unknown_timezone', `${timezone} is no IANA time zone`);
    }
    findings.issues.push(...checkFields(entry.object.fields ?? [], join(entry.path, 'fields')));
    checkDedupe(entry, findings);
    checkTracking(entry, findings);
    checkEvents(entry, draft, findings);
  }
}

function checkDedupe({ object, path, broken }: Entry<Campaign>, findings: Findings) {
  if (broken.has('fields')) return;
  const fields = new Set(object.fields?.map(({ name }) => name));
  object.dedupe?.fields.forEach((name, at) => {
    const where = join(path, 'dedupe', 'fields', at);
    if (!fields.has(name)) findings.error(where, 'unknown_field', `the campaign has no field ${name}`);
  });
}

function checkDefaultBuyer({ id, object, path, broken }: Entry<Campaign>, draft: Draft, findings: Findings) {
  const { noBuyer, defaultBuyer } = object.auction ?? {};
  const where = join(path, 'auction', 'defaultBuyer');
  if (defaultBuyer === undefined) {
    if (noBuyer === 'default' && !broken.has('auction')) {
      findings.error(where, 'missing', 'is missing: noBuyer is default');
    }
    return;
  }
  if (noBuyer !== 'default') findings.warn(where, 'unused', 'has no effect unless noBuyer is default');
  const taker = draft.integrations.find((integration) => integration.id === defaultBuyer);
  if (!taker) return; // A missing one is reported with the other references.
  if (taker.object.campaign && taker.object.campaign !== id) {
    findings.error(where, 'other_campaign', `${defaultBuyer} belongs to ${taker.object.campaign}`);
  }
  if (taker.object.category && momentOf(taker.object) !== 'buyer') {
    findings.error(where, 'wrong_moment', `${defaultBuyer} does not run as a buyer`);
  }
}
