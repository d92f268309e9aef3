import type { Issue } from '../errors/leadwire-error.ts';
import type { Geo } from '../schema/filters.ts';
import { isStateCode } from './fields/states.ts';

/** Where a lead is: two-letter state and five-digit ZIP code, as far as they are known. */
export interface Place {
  state?: string;
  zip?: string;
}

export type GeoReason = 'geo_state' | 'geo_zip' | 'geo_excluded' | 'geo_unknown';
export type GeoAnswer = { pass: true; reason?: undefined } | { pass: false; reason: GeoReason };

interface Places {
  states?: ReadonlySet<string>;
  zips?: ReadonlySet<string>;
  /** Prefixes by their length. */
  prefixes?: ReadonlyMap<number, ReadonlySet<string>>;
}

/** A geo filter prepared for looking leads up in constant time. */
export interface CompiledGeo {
  include?: Places;
  exclude?: Places;
}

export function compileGeo({ include, exclude }: Geo): CompiledGeo {
  return { include: include && compilePlaces(include), exclude: exclude && compilePlaces(exclude) };
}

/**
 * Whether a lead is in an area. Being in any one of the included places is enough: a state, a ZIP code or a prefix.
 * A place that cannot be decided since the lead lacks its state or ZIP code is `geo_unknown`, for exclusions too:
 * a buyer who may not take leads from somewhere gets none that might be from there.
 */
export function inArea({ include, exclude }: CompiledGeo, place: Place): GeoAnswer {
  if (exclude) {
    if (contains(exclude, place)) return { pass: false, reason: 'geo_excluded' };
    if (isUndecided(exclude, place)) return { pass: false, reason: 'geo_unknown' };
  }
  if (!include || contains(include, place)) return { pass: true };
  if (isUndecided(include, place)) return { pass: false, reason: 'geo_unknown' };
  return { pass: false, reason: include.states ? 'geo_state' : 'geo_zip' };
}

/** What is wrong with a geo filter, beyond its shape. */
export function checkGeo(geo: Geo, path: string): Issue[] {
  return (['include', 'exclude'] as const).flatMap((side) => {
    const places = geo[side];
    if (!places) return [];
    const issues: Issue[] = [];
    places.states?.forEach((state, at) => {
      if (isStateCode(state)) return;
      issues.push({ path: `${path}.${side}.states[${at}]`, code: 'unknown_state', message: `${state} is no state` });
    });
    const named = [places.states, places.zips, places.zipPrefixes].some((list) => list && list.length > 0);
    if (!named) issues.push({ path: `${path}.${side}`, code: 'empty', message: 'names no place' });
    return issues;
  });
}

function compilePlaces({ states, zips, zipPrefixes }: NonNullable<Geo['include']>): Places {
  const lengths = [...new Set(zipPrefixes?.map(({ length }) => length))];
  return {
    states: states?.length ? new Set(states) : undefined,
    zips: zips?.length ? new Set(zips) : undefined,
    prefixes: lengths.length
      ? new Map(lengths.map((length) => [length, new Set(zipPrefixes?.filter((prefix) => prefix.length === length))]))
      : undefined,
  };
}

function contains({ states, zips, prefixes }: Places, { state, zip }: Place): boolean {
  if (state !== undefined && states?.has(state)) return true;
  if (zip === undefined) return false;
  if (zips?.has(zip)) return true;
  for (const [length, known] of prefixes ?? []) if (known.has(zip.slice(0, length))) return true;
  return false;
}

function isUndecided({ states, zips, prefixes }: Places, { state, zip }: Place): boolean {
  return (states !== undefined && state === undefined) || ((zips ?? prefixes) !== undefined && zip === undefined);
}
