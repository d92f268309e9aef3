import type { AddressPolicy } from '../../http/address.ts';
import { NEEDS_THRESHOLD, STANDING, WITHOUT_THRESHOLD } from '../../rules/alerts.ts';
import type { Report } from '../../rules/mapping/check-report.ts';
import { checkRequest } from '../../rules/mapping/check-request.ts';
import type { AlertChannel, ChannelKind } from '../../schema/alert.ts';
import type { Campaign } from '../../schema/campaign.ts';
import { checkFixedAddress } from './addresses.ts';
import type { Entry } from './draft.ts';
import { join, type Findings } from './issues.ts';

/** What a campaign's alerts say about themselves. */
export function checkAlerts({ object, path, broken }: Entry<Campaign>, findings: Findings): void {
  if (broken.has('alerts')) return;
  const seen = new Set<string>();
  object.alerts?.forEach((alert, at) => {
    const where = join(path, 'alerts', at);
    const { when, above, over, min, id = when } = alert;
    if (seen.has(id)) findings.error(join(where, 'id'), 'duplicate_id', `${id} is there twice`);
    seen.add(id);
    const many = NEEDS_THRESHOLD.has(when);
    if (above === undefined && many) findings.error(join(where, 'above'), 'missing', 'is missing');
    if (above !== undefined && above > 1 && (when.endsWith('_rate') || when === 'cap_reached')) {
      findings.error(join(where, 'above'), 'wrong_value', 'must be a part of 1, such as 0.5');
    }
    const unused = (name: 'above' | 'over' | 'min', value: unknown, isUsed: boolean) => {
      if (value === undefined || isUsed) return;
      findings.warn(join(where, name), 'unused', `has no effect on ${when}`);
    };
    unused('above', above, !WITHOUT_THRESHOLD.has(when));
    unused('over', over, !STANDING.has(when));
    unused('min', min, many);
  });
}

/** The properties that a kind of channel needs, and those that it may have. */
const NEEDS: Record<ChannelKind, 'to' | 'url'> = { email: 'to', slack: 'url', webhook: 'url' };
const MAY_HAVE: Record<ChannelKind, readonly string[]> = {
  email: [],
  slack: ['secrets'],
  webhook: ['secrets', 'sign'],
};

/** Where alerts are sent: what its kind needs, and its address. */
export function checkChannel(
  { object, path, broken }: Entry<AlertChannel>,
  policy: AddressPolicy,
  findings: Findings,
): void {
  const { kind, url, secrets = [], sign } = object;
  if (kind === undefined) return;
  const needed = NEEDS[kind];
  if (object[needed] === undefined && !broken.has(needed)) {
    findings.error(join(path, needed), 'missing', `is missing: the kind is ${kind}`);
  }
  for (const name of ['to', 'url', 'secrets', 'sign'] as const) {
    if (object[name] === undefined || name === needed || MAY_HAVE[kind].includes(name)) continue;
    findings.warn(join(path, name), 'unused', `has no effect on a channel of the kind ${kind}`);
  }
  if (needed !== 'url' || url === undefined) return;
  const report: Report = (at, code, message, severity) => {
    const issue = { path: join(path, at.replace(/^request\./, '')), code, message };
    findings.issues.push(severity ? { ...issue, severity } : issue);
  };
  checkRequest({ url }, { secrets, roots: ['secrets'] }, report);
  checkFixedAddress(url, join(path, 'url'), policy, findings);
  if (kind === 'slack' && !url.includes('{{')) {
    const message = 'holds its own credential: keep its last part as a secret, {{secrets.<name>}}';
    findings.warn(join(path, 'url'), 'plain_secret', message);
  }
  if (kind === 'webhook' && !sign) {
    findings.warn(join(path, 'sign'), 'unsigned', 'is missing: the receiver cannot tell that an alert is ours');
  }
}
