import { checkHolidays } from '../../rules/holidays.ts';
import { checkSchedule } from '../../rules/schedule.ts';
import type { Integration } from '../../schema/integration.ts';
import { momentOf } from '../moment.ts';
import { checkCounted } from './caps.ts';
import type { Draft, Readable } from './draft.ts';
import { checkAmount } from './filters.ts';
import { join, type Findings } from './issues.ts';

/** Fields that tell a consumer's time zone. */
const TELLING = new Set(['zip', 'state', 'phone']);

/** When an integration is open, what its slots hold and cost, and how often it may be asked. */
export function checkSchedules(draft: Draft, findings: Findings): void {
  for (const { object, path, isNew } of draft.integrations) {
    if (!isNew) continue;
    const { schedule, holidays } = object;
    if (schedule) {
      findings.issues.push(...checkSchedule(schedule, join(path, 'schedule')));
      checkSlots(object, join(path, 'schedule'), draft, findings);
    }
    if (holidays) findings.issues.push(...checkHolidays(holidays, join(path, 'holidays')));
    if (object.pingRate && !object.ping && !object.check && !object.enrich && !object.click && !object.connector) {
      findings.warn(join(path, 'pingRate'), 'unused', 'has no effect: it is asked nothing before a lead is sold');
    }
  }
}

function checkSlots(object: Readable<Integration>, path: string, draft: Draft, findings: Findings) {
  const fields = draft.campaigns.find(({ id }) => id === object.campaign)?.object.fields;
  object.schedule?.forEach((slot, at) => {
    const where = join(path, at);
    if (slot.clock === 'lead' && fields && !fields.some(({ type }) => TELLING.has(type))) {
      const message = 'is never open: no field of the campaign tells where a consumer is';
      findings.warn(join(where, 'clock'), 'never_matches', message);
    }
    slot.caps?.forEach((cap, nth) => checkCounted(cap, object, join(where, 'caps', nth), findings));
    if (slot.price === undefined) return;
    checkAmount(slot.price, 1, join(where, 'price'), findings);
    if (object.ping) {
      findings.warn(join(where, 'price'), 'unused', 'has no effect: its buyer names the price with the ping');
    } else if (object.category !== undefined && momentOf(object) !== 'buyer') {
      findings.warn(join(where, 'price'), 'unused', 'has no effect: this integration buys no leads');
    }
  });
}
