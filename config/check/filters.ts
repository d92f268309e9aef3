import { checkGeo } from '../../rules/geo.ts';
import { parsePrice } from '../../rules/money.ts';
import type { Draft } from './draft.ts';
import { createZipCodes } from '../zip-codes.ts';
import { join, type Findings } from './issues.ts';
import { checkRules } from './rules.ts';

/** Rules, schedules, areas and amounts. */
export function checkFilters(draft: Draft, findings: Findings): void {
  for (const { object, path, isNew } of draft.campaigns) {
    if (isNew) checkAmount(object.auction?.minPrice, 0, join(path, 'auction', 'minPrice'), findings);
  }
  checkRules(draft, findings);
  const places = createZipCodes();
  for (const { object, path, isNew } of draft.integrations) {
    if (!isNew) continue;
    const { geo } = object;
    if (geo) findings.issues.push(...checkGeo(geo, join(path, 'geo'), places));
    checkAmount(object.price, 1, join(path, 'price'), findings);
  }
}

/** Amounts are kept in millionths: what is less than one, or beyond all sense, cannot be kept. */
export function checkAmount(dollars: number | undefined, leastMicros: number, path: string, findings: Findings) {
  if (dollars === undefined) return;
  const micros = parsePrice(dollars);
  if (micros === undefined || micros < leastMicros) {
    findings.error(path, 'wrong_value', 'must be an amount from 0.000001 to 1000000000');
  }
}
