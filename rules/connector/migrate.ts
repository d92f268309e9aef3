import semver from 'semver';
import type { Issue } from '../../errors/leadwire-error.ts';
import type { Connector, Migration } from '../../schema/connector.ts';
import { isSecret, type ConfigValues } from './config.ts';

/** The part of an integration that a connector's migrations change. */
export interface Migrating {
  config: ConfigValues;
  /** Names of credentials that it lists itself. */
  secrets: readonly string[];
}

export interface Migrated {
  config: ConfigValues;
  secrets: string[];
  /** Every change in the order in which it was made, by the names of properties. */
  changes: MigrationChange[];
}

export type MigrationChange =
  { kind: 'renamed'; name: string; to: string } | { kind: 'set'; name: string } | { kind: 'removed'; name: string };

/**
 * The configuration of an integration that moves from one version of its connector to a newer one: each migration on
 * the way is applied in the order of versions. What is there already is never overwritten.
 *
 * @param from the version that it runs on
 */
export function migrate({ config, secrets }: Migrating, from: string, connector: Connector): Migrated {
  const values: Record<string, ConfigValues[string]> = { ...config };
  const names = new Set(secrets);
  const changes: MigrationChange[] = [];
  for (const { rename = {}, set = {}, remove = [] } of migrationsBetween(from, connector)) {
    for (const [name, to] of Object.entries(rename)) {
      const isListed = names.delete(name);
      if (isListed) names.add(to);
      const isValue = Object.hasOwn(values, name);
      if (isValue) {
        if (!Object.hasOwn(values, to)) values[to] = values[name];
        delete values[name];
      }
      // A credential that the connector needs is listed nowhere: whoever moves it sees whether it has a value.
      if (isListed || isValue || isCredential(connector, to)) changes.push({ kind: 'renamed', name, to });
    }
    for (const [name, value] of Object.entries(set)) {
      if (Object.hasOwn(values, name)) continue;
      values[name] = structuredClone(value);
      changes.push({ kind: 'set', name });
    }
    for (const name of remove) {
      const isListed = names.delete(name);
      if (Object.hasOwn(values, name)) delete values[name];
      else if (!isListed) continue;
      changes.push({ kind: 'removed', name });
    }
  }
  return { config: values, secrets: [...names], changes };
}

/** Mistakes in its migrations. Paths lead into `connector.json`. */
export function checkMigrations({ migrations = [], version, config }: Connector): Issue[] {
  const issues: Issue[] = [];
  const say = (path: string, code: string, message: string) => void issues.push({ path, code, message });
  migrations.forEach(({ to, rename = {}, set = {}, remove = [] }, at) => {
    const path = `migrations[${at}]`;
    if (semver.gt(to, version)) say(`${path}.to`, 'unknown_version', `is later than the version ${version}`);
    if (migrations.findIndex((other) => other.to === to) !== at) say(`${path}.to`, 'duplicate', 'is there twice');
    // What a migration makes is there, unless a later one takes it away again.
    const later = migrations.filter((other) => semver.gt(other.to, to));
    const isGone = (name: string) =>
      later.some((one) => Object.hasOwn(one.rename ?? {}, name) || one.remove?.includes(name));
    for (const [property, names] of [
      ['rename', Object.values(rename)],
      ['set', Object.keys(set)],
    ] as const) {
      for (const name of names) {
        if (Object.hasOwn(config.properties, name) || isGone(name)) continue;
        say(`${path}.${property}`, 'unknown_property', `${name} is no property of the configuration`);
      }
    }
    for (const name of Object.keys(set)) {
      const known = config.properties[name];
      if (known && isSecret(known)) say(`${path}.set`, 'secret_in_config', `${name} is a credential`);
    }
    for (const name of remove) {
      const isBack = Object.hasOwn(config.properties, name) && !later.some((one) => makes(one, name));
      if (isBack) say(`${path}.remove`, 'unknown_property', `${name} is a property of the configuration`);
    }
  });
  return issues;
}

function migrationsBetween(from: string, { migrations = [], version }: Connector): Migration[] {
  return migrations
    .filter(({ to }) => semver.gt(to, from) && semver.lte(to, version))
    .sort((a, b) => semver.compare(a.to, b.to));
}

function isCredential({ config }: Connector, name: string): boolean {
  const property = Object.hasOwn(config.properties, name) ? config.properties[name] : undefined;
  return property !== undefined && isSecret(property);
}

function makes({ rename = {}, set = {} }: Migration, name: string): boolean {
  return Object.values(rename).includes(name) || Object.hasOwn(set, name);
}
