import type { Place } from '../geo.ts';
import type { Places } from './places.ts';

/** The place of a lead with what its ZIP code tells beyond its own fields, found out when somebody asks. */
export function locate({ state, zip }: Pick<Place, 'state' | 'zip'>, places: Places): Place {
  return {
    get state() {
      return state ?? (zip === undefined ? undefined : places.find(zip)?.state);
    },
    zip,
    get county() {
      const found = zip === undefined ? undefined : places.find(zip);
      return found?.county ? `${found.state}/${found.county}` : undefined;
    },
    milesFrom: (other) => (zip === undefined ? undefined : places.miles(other, zip)),
  };
}
