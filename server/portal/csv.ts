import { toText } from '../../rules/mapping/plain.ts';
import { toDecimal } from '../../rules/money.ts';
import type { PortalLead } from './search.ts';

const OWN = ['transaction_id', 'campaign', 'price', 'kept_at'] as const;

/** What every lead has, then each field that one of them has. */
export function csvColumns(leads: readonly PortalLead[]): string[] {
  return [...OWN, ...new Set(leads.flatMap(({ payload }) => Object.keys(flat(payload))))];
}

/** Figures stay figures. A field of the lead that is called like one of ours does not replace it. */
export function csvRow({ lead, campaign, price, keptAt, payload }: PortalLead): Record<string, unknown> {
  const own = { transaction_id: lead, campaign, price: toDecimal(price), kept_at: keptAt.toISOString() };
  return { ...flat(payload), ...own };
}

/** Objects within become columns such as `contact.phone`; a list is one cell. */
function flat(value: Readonly<Record<string, unknown>>, above = ''): Record<string, unknown> {
  const cells: Record<string, unknown> = {};
  for (const [name, part] of Object.entries(value)) {
    const column = `${above}${name}`;
    if (Array.isArray(part)) cells[column] = part.map(toText).join('; ');
    else if (typeof part === 'object' && part !== null) Object.assign(cells, flat(part as typeof value, `${column}.`));
    else cells[column] = typeof part === 'number' ? part : toText(part);
  }
  return cells;
}
