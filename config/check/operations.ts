import { OPERATIONS, type Integration } from '../../schema/integration.ts';
import { momentOf, OPERATIONS_AT } from '../moment.ts';
import type { Entry } from './draft.ts';
import { join, type Findings } from './issues.ts';
import { checkListing, checkListingOnly } from './listings.ts';

/** An integration has what its moment needs, and nothing that never runs. Its answers can mean yes and no. */
export function checkMoment(
  { object, path, broken, hasCode = false }: Entry<Integration>,
  findings: Findings,
  isTakenUnasked = false,
): void {
  if (object.category === undefined || broken.has('when')) return;
  const moment = momentOf(object);
  const has = (name: keyof Integration) => object[name] !== undefined || broken.has(name);
  const need = (name: keyof Integration, why: string) => {
    if (!has(name)) findings.error(join(path, name), 'missing', `is missing: ${why}`);
  };

  if (moment === 'buyer') {
    need('buyer', 'a lead is sold to someone');
    need('post', 'a buyer is sent the lead with it');
    if (!has('ping')) need('price', 'a buyer without a ping has a fixed price');
    else if (has('price') && !isTakenUnasked)
      findings.warn(join(path, 'price'), 'unused', 'has no effect beside a ping: its bid counts');
  } else if (moment === 'before_ping') {
    if (object.category === 'Compliance') need('check', 'it says whether the lead may be sold');
    else if (object.category === 'Enrichment') need('enrich', 'it adds to the lead');
    else if (!has('check')) need('enrich', 'before the ping an integration has a check or enriches');
  } else if (moment === 'listing') checkListing(object, path, broken, findings);
  else if (!has('retain') || moment === 'on_event') need('deliver', 'it is what this integration sends');

  checkAnswers(object, path, broken, hasCode, findings);
  for (const name of OPERATIONS) {
    if (object[name] && !OPERATIONS_AT[moment].includes(name)) {
      findings.warn(join(path, name), 'unused', `is never made by an integration that runs ${moment}`);
    }
  }
  if (object.outcomes && moment !== 'after_outcome') {
    findings.warn(join(path, 'outcomes'), 'unused', 'has no effect unless the integration runs after the outcome');
  }
  if (object.stages && moment !== 'before_ping') {
    findings.warn(join(path, 'stages'), 'unused', 'has no effect unless the integration runs before the ping');
  }
  if (moment !== 'listing') checkListingOnly(object, path, findings);
  if (object.events && moment !== 'on_event') {
    findings.warn(join(path, 'events'), 'unused', 'has no effect unless the integration runs on events');
  }
}

/** An answer that nothing recognises is never a yes; after a post it is not a no either, and the lead stays there. */
function checkAnswers(
  object: Entry<Integration>['object'],
  path: string,
  broken: ReadonlySet<string>,
  /** What the mapping does not say of an answer, code may. */
  hasCode: boolean,
  findings: Findings,
) {
  for (const name of OPERATIONS) {
    const response = object[name]?.response;
    if (!response || broken.has(name)) continue;
    const where = join(path, name, 'response');
    const isMissing = (part: keyof typeof response) => response[part] === undefined && !hasCode;
    if (name === 'ping' || name === 'click') {
      if (response.capture) {
        const message = `has no effect in a ${name}: many services answer one; keep values in bid.private`;
        findings.error(join(where, 'capture'), 'unused', message);
      }
      if (isMissing('bid'))
        findings.error(join(where, 'bid'), 'missing', 'is missing: without a price there is no bid');
    } else if (name !== 'status' && isMissing('accepted')) {
      findings.error(join(where, 'accepted'), 'missing', 'is missing: no answer would ever be a yes');
    }
    if (name === 'post' && isMissing('rejected')) {
      const message = 'is missing: an answer that is not accepted is then unknown, and the lead goes to no other buyer';
      findings.warn(join(where, 'rejected'), 'missing', message);
    }
  }
}
