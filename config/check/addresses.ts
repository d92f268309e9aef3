import type { AddressPolicy } from '../../http/address.ts';
import { OPERATIONS, type Integration } from '../../schema/integration.ts';
import type { Entry } from './draft.ts';
import { join, type Findings } from './issues.ts';

const MACRO = /\{\{\{?[\s\S]*?\}?\}\}/g;

/** The fixed addresses an integration calls are not in a private network. Their form is checked with the mapping. */
export function checkAddresses({ object, path }: Entry<Integration>, policy: AddressPolicy, findings: Findings): void {
  for (const name of OPERATIONS) {
    const request = object[name]?.request;
    for (const property of ['url', 'testUrl'] as const) {
      checkFixedAddress(request?.[property], join(path, name, 'request', property), policy, findings);
    }
  }
}

/** One address as configured. */
export function checkFixedAddress(
  url: string | undefined,
  path: string,
  policy: AddressPolicy,
  findings: Findings,
): void {
  if (url === undefined || !isRefused(url, policy)) return;
  const message = 'is not on the public internet; LEADWIRE_ALLOW_NETWORKS can allow its network';
  findings.error(path, 'address_refused', message);
}

/** A host that only a macro completes is vetted when it is called, like every name. */
function isRefused(template: string, policy: AddressPolicy): boolean {
  const host = /^\s*[a-z]+:\/\/([^/?#]*)/i.exec(template)?.[1];
  if (host === undefined || host.includes('{{')) return false;
  const checked = policy.checkUrl(template.replace(MACRO, 'x').trim());
  if (!checked.ok) return checked.code === 'address_refused';
  return /(^|\.)localhost\.?$/.test(checked.url.hostname) && !policy.allows('127.0.0.1');
}
