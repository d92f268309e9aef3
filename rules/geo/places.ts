import timezoneOf from '@photostructure/tz-lookup';

/** Where a ZIP code is: that of the middle of its area, by which it has one state and one county. */
export interface ZipPlace {
  /** Two letters. */
  state: string;
  /** Without "County", "Parish" and the like; `Baltimore (city)` beside the county of that name. Empty: unknown. */
  county: string;
  latitude: number;
  longitude: number;
}

/** What is known about ZIP codes of the United States. */
export interface Places {
  /** Territories, military post and codes newer than the data have no place. */
  find(zip: string): ZipPlace | undefined;
  /** IANA name. */
  timezone(zip: string): string | undefined;
  /** As the crow flies. `undefined` when either has no place. */
  miles(from: string, to: string): number | undefined;
  /** Whether there is a county of that name: `CA/Los Angeles`, in any case. */
  hasCounty(county: string): boolean;
}

const EARTH_RADIUS_MILES = 3958.8;
/** Columns of GeoNames' postal code files: https://download.geonames.org/export/zip/readme.txt */
const COLUMN = { state: 4, county: 5, latitude: 9, longitude: 10 };

/**
 * Places from a postal code file of GeoNames, which `read` gives when the first one is asked for. Lines are indexed by
 * their ZIP code and read one by one: 41,000 of them cost 3 MB and some milliseconds so.
 */
export function createPlaces(read: () => string): Places {
  let known: { text: string; lines: ReadonlyMap<string, number> } | undefined;
  let counties: ReadonlySet<string> | undefined;

  function find(zip: string): ZipPlace | undefined {
    known ??= indexed(read());
    const start = known.lines.get(zip);
    const place = start === undefined ? undefined : placeAt(known.text, start);
    // Military post has lines without a state.
    return place?.state ? place : undefined;
  }

  return {
    find,
    timezone(zip) {
      const place = find(zip);
      return place && timezoneOf(place.latitude, place.longitude);
    },
    miles(from, to) {
      const [a, b] = [find(from), find(to)];
      return a && b ? distance(a, b) : undefined;
    },
    hasCounty(county) {
      known ??= indexed(read());
      const { text, lines } = known;
      counties ??= new Set([...lines.values()].map((start) => countyKey(placeAt(text, start))));
      return counties.has(county.toLowerCase());
    },
  };
}

/** How a county is written in a filter, in lower case: `ca/los angeles`. */
export function countyKey({ state, county }: Pick<ZipPlace, 'state' | 'county'>): string {
  return `${state}/${county}`.toLowerCase();
}

function indexed(text: string) {
  const lines = new Map<string, number>();
  for (let start = 0; start < text.length;) {
    const zip = text.indexOf('\t', start) + 1;
    const end = text.indexOf('\n', zip);
    lines.set(text.slice(zip, zip + 5), start);
    if (end < 0) break;
    start = end + 1;
  }
  return { text, lines };
}

function placeAt(text: string, start: number): ZipPlace {
  const end = text.indexOf('\n', start);
  const cells = text.slice(start, end < 0 ? undefined : end).split('\t');
  return {
    state: cells[COLUMN.state] ?? '',
    county: countyName(cells[COLUMN.county] ?? ''),
    latitude: Number(cells[COLUMN.latitude]),
    longitude: Number(cells[COLUMN.longitude]),
  };
}

/** One form for the ways in which the data writes counties, cities that are none, and Alaska. */
function countyName(written: string): string {
  const city = /^City of (.+)$/.exec(written) ?? /^(.+) \(city\)?$/.exec(written);
  if (city) return `${city[1]} (city)`;
  return written
    .replace(/^City and (?:County|Borough) of /, '')
    .replace(/ (?:\(CA\)|Census Area|Municipality|City and Borough|Borough|Parish|County)$/, '');
}

/** The haversine formula. */
function distance(a: ZipPlace, b: ZipPlace): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const [north, east] = [radians(b.latitude - a.latitude), radians(b.longitude - a.longitude)];
  const chord =
    Math.sin(north / 2) ** 2 + Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * Math.sin(east / 2) ** 2;
  return 2 * EARTH_RADIUS_MILES * Math.asin(Math.min(1, Math.sqrt(chord)));
}
