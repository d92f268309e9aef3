import type { Place } from '../geo.ts';
import { areaCodeOf, stateOfAreaCode, zoneOfAreaCode } from './area-codes.ts';
import type { Places } from './places.ts';
import { zoneOfState } from './state-zones.ts';

/**
 * The consumer's time zone (IANA name): by the ZIP code, else by the state, else by the area code of the phone number,
 * which says least, since people take their number along. Undefined: nobody knows.
 */
export function zoneOfLead(
  { state, zip }: Pick<Place, 'state' | 'zip'>,
  phone: string | undefined,
  places: Pick<Places, 'timezone'>,
): string | undefined {
  const byZip = zip === undefined ? undefined : places.timezone(zip);
  return byZip ?? zoneOfState(state ?? '') ?? byPhone(areaCodeOf(phone));
}

function byPhone(code: string | undefined): string | undefined {
  return code === undefined ? undefined : (zoneOfAreaCode(code) ?? zoneOfState(stateOfAreaCode(code) ?? ''));
}
