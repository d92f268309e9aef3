import type { Integration } from '../../schema/integration.ts';
import type { Readable } from './draft.ts';
import { join, type Findings } from './issues.ts';

const LONGEST_WAIT_MS = 5_000;

/** A click listing asks for offers, shows them somewhere, and knows where they may lead. */
export function checkListing(
  object: Readable<Integration>,
  path: string,
  broken: ReadonlySet<string>,
  findings: Findings,
): void {
  const need = (name: keyof Integration, why: string) => {
    if (object[name] === undefined && !broken.has(name))
      findings.error(join(path, name), 'missing', `is missing: ${why}`);
  };
  need('placement', 'it says on which page the offers are shown');
  need('click', 'it asks the network for offers');
  if (object.connector === undefined || object.connector === 'custom') {
    need('hosts', 'offers lead to hosts that are named, and to no others');
  }
  if ((object.click?.request?.timeoutMs ?? 0) > LONGEST_WAIT_MS) {
    const message = `is more than a page can wait for: at most ${LONGEST_WAIT_MS}`;
    findings.error(join(path, 'click', 'request', 'timeoutMs'), 'wrong_value', message);
  }
  const bid = object.click?.response?.bid;
  if (bid && bid.private?.['url'] === undefined && !broken.has('click')) {
    const message = 'is missing: an offer has an address';
    findings.error(join(path, 'click', 'response', 'bid', 'private', 'url'), 'missing', message);
  }
}

/** What only a click listing has. */
export function checkListingOnly(object: Readable<Integration>, path: string, findings: Findings): void {
  for (const name of ['placement', 'payout'] as const) {
    if (object[name] === undefined) continue;
    findings.warn(join(path, name), 'unused', 'has no effect unless the integration is a click listing');
  }
}
