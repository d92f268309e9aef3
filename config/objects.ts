import { createHash } from 'node:crypto';
import { COLLECTIONS, type CollectionName, type ConfigurationFile } from '../schema/configuration.ts';

/** Any object of the configuration: they all have an id. */
export interface ConfigObject {
  id: string;
}

export interface Placed {
  collection: CollectionName;
  id: string;
  object: ConfigObject;
  hash: string;
}

/** Every object of a file, in the file's order. */
export function objectsOf(file: ConfigurationFile): Placed[] {
  return COLLECTIONS.flatMap((collection) =>
    (file[collection] ?? []).map((object) => ({ collection, id: object.id, object, hash: hashOf(object) })),
  );
}

/**
 * SHA-256 of a value, hex. A checked file lists the properties of an object in the schema's order, so their order in
 * the text does not matter; the order of a mapping table's rows does, as it is the order of elements in an XML body.
 */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

/** The collections in the order in which the schema names them and an export shows them. */
const EXPORTED: readonly CollectionName[] = [
  ...(['campaigns', 'sellers', 'sources', 'buyers', 'rules'] as const),
  ...(['events', 'eventLists', 'integrations', 'alertChannels'] as const),
];

/** `current` with `put` in it and `removed` gone. Objects keep their place; new ones go to the end. */
export function mergeFiles(
  current: ConfigurationFile,
  put: ConfigurationFile,
  removed: (collection: CollectionName, id: string) => boolean,
): ConfigurationFile {
  const merged: Record<string, ConfigObject[]> = {};
  for (const collection of EXPORTED) {
    if (!current[collection] && !put[collection]) continue;
    const objects = new Map<string, ConfigObject>();
    for (const object of current[collection] ?? []) objects.set(object.id, object);
    for (const object of put[collection] ?? []) objects.set(object.id, object);
    merged[collection] = [...objects.values()].filter(({ id }) => !removed(collection, id));
  }
  return merged as ConfigurationFile;
}
