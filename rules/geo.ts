import type { Issue } from '../errors/leadwire-error.ts';
import type { Geo } from '../schema/filters.ts';
import { isStateCode } from './fields/states.ts';
import type { Places } from './geo/places.ts';

/** Where a lead is: two-letter state and five-digit ZIP code, as far as they are known. */
export interface Place {
  state?: string;
  zip?: string;
  /** Of its ZIP code: `CA/Los Angeles`. */
  county?: string;
  /** From its ZIP code to another one; absent where either has no place. */
  milesFrom?: (zip: string) => number | undefined;
}

export type GeoReason = 'geo_state' | 'geo_county' | 'geo_zip' | 'geo_radius' | 'geo_excluded' | 'geo_unknown';
export type GeoAnswer = { pass: true; reason?: undefined } | { pass: false; reason: GeoReason };

interface Area {
  states?: ReadonlySet<string>;
  /** In lower case. */
  counties?: ReadonlySet<string>;
  within?: readonly { miles: number; of: string }[];
  zips?: ReadonlySet<string>;
  /** Prefixes by their length. */
  prefixes?: ReadonlyMap<number, ReadonlySet<string>>;
}

/** A geo filter prepared for looking leads up in constant time. */
export interface CompiledGeo {
  include?: Area;
  exclude?: Area;
}

export function compileGeo({ include, exclude }: Geo): CompiledGeo {
  return { include: include && compilePlaces(include), exclude: exclude && compilePlaces(exclude) };
}

/**
 * Whether a lead is in an area. Being in any one of the included places is enough: a state, a county, a ZIP
 * code, a prefix or a circle. A place that cannot be decided since the lead lacks its state or ZIP code, or nobody knows
 * where that is, is `geo_unknown`, for exclusions too:
 * a buyer who may not take leads from somewhere gets none that might be from there.
 */
export function inArea({ include, exclude }: CompiledGeo, place: Place): GeoAnswer {
  if (exclude) {
    if (contains(exclude, place)) return { pass: false, reason: 'geo_excluded' };
    if (isUndecided(exclude, place)) return { pass: false, reason: 'geo_unknown' };
  }
  if (!include || contains(include, place)) return { pass: true };
  if (isUndecided(include, place)) return { pass: false, reason: 'geo_unknown' };
  return { pass: false, reason: outside(include) };
}

/** The widest kind of place that the lead is in none of. */
function outside({ states, counties, zips, prefixes }: Area): GeoReason {
  if (states) return 'geo_state';
  if (counties) return 'geo_county';
  return (zips ?? prefixes) ? 'geo_zip' : 'geo_radius';
}

/** What is wrong with a geo filter, beyond its shape. Of places that the data does not know only a warning is made. */
export function checkGeo(geo: Geo, path: string, known: Pick<Places, 'find' | 'hasCounty'>): Issue[] {
  return (['include', 'exclude'] as const).flatMap((side) => {
    const places = geo[side];
    if (!places) return [];
    const issues: Issue[] = [];
    places.states?.forEach((state, at) => {
      if (isStateCode(state)) return;
      issues.push({ path: `${path}.${side}.states[${at}]`, code: 'unknown_state', message: `${state} is no state` });
    });
    const warn = (where: string, code: string, message: string) =>
      void issues.push({ path: `${path}.${side}.${where}`, code, message, severity: 'warning' });
    places.counties?.forEach((county, at) => {
      if (!known.hasCounty(county)) warn(`counties[${at}]`, 'unknown_county', `no ZIP code is in ${county}`);
    });
    places.within?.forEach(({ of }, at) => {
      if (!known.find(of)) warn(`within[${at}].of`, 'unknown_zip', `nobody knows where ${of} is`);
    });
    const named = Object.values(places).some((list) => list.length > 0);
    if (!named) issues.push({ path: `${path}.${side}`, code: 'empty', message: 'names no place' });
    return issues;
  });
}

function compilePlaces({ states, counties, within, zips, zipPrefixes }: NonNullable<Geo['include']>): Area {
  const lengths = [...new Set(zipPrefixes?.map(({ length }) => length))];
  return {
    states: states?.length ? new Set(states) : undefined,
    counties: counties?.length ? new Set(counties.map((county) => county.toLowerCase())) : undefined,
    within: within?.length ? within : undefined,
    zips: zips?.length ? new Set(zips) : undefined,
    prefixes: lengths.length
      ? new Map(lengths.map((length) => [length, new Set(zipPrefixes?.filter((prefix) => prefix.length === length))]))
      : undefined,
  };
}

function contains({ states, counties, within, zips, prefixes }: Area, place: Place): boolean {
  const { state, zip } = place;
  if (state !== undefined && states?.has(state)) return true;
  if (zip === undefined) return false;
  if (zips?.has(zip)) return true;
  for (const [length, known] of prefixes ?? []) if (known.has(zip.slice(0, length))) return true;
  if (counties && place.county !== undefined && counties.has(place.county.toLowerCase())) return true;
  return within?.some(({ miles, of }) => (place.milesFrom?.(of) ?? Infinity) <= miles) ?? false;
}

function isUndecided({ states, counties, within, zips, prefixes }: Area, place: Place): boolean {
  const { state, zip } = place;
  if (states !== undefined && state === undefined) return true;
  if ((zips ?? prefixes) !== undefined && zip === undefined) return true;
  if (counties !== undefined && place.county === undefined) return true;
  return within?.some(({ of }) => place.milesFrom?.(of) === undefined) ?? false;
}
