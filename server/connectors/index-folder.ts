import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { isVersionRange } from '../../config/connectors/blocks.ts';
import { isConnectorPackage } from '../../config/connectors/registry.ts';
import { indexEntrySchema, OWN_PACKAGE, factsOf, type IndexEntry } from './entry.ts';

const FORMAT = 'leadwire-connector-index';
const MOST_ENTRIES = 10_000;

const listSchema = z.object({
  format: z.literal(FORMAT),
  formatVersion: z.literal(1),
  builtAt: z.iso.datetime(),
  connectors: z
    .array(
      z.object({
        id: z.string(),
        version: z.string(),
        file: z.string().regex(/^connectors\/@?[a-z0-9~][a-z0-9._~-]*\.json$/),
        sha256: z.string(),
      }),
    )
    .max(MOST_ENTRIES),
  blocked: z.object({ file: z.literal('blocked.json'), sha256: z.string() }),
});

const blockSchema = z.strictObject({
  package: z.string().min(1).max(214),
  versions: z.string().max(200).refine(isVersionRange, 'must be a range of versions such as <1.4.2').optional(),
  reason: z.string().min(1).max(500),
  at: z.iso.datetime(),
});
export type IndexedBlock = z.infer<typeof blockSchema>;

/** A whole index: what is in its folder, or at its address. */
export interface ConnectorIndex {
  builtAt: Date;
  entries: IndexEntry[];
  blocks: IndexedBlock[];
}

/** Why a folder or an address holds no index. */
export class DamagedIndex extends Error {
  override readonly name = 'DamagedIndex';
}

/**
 * Writes one JSON file for each connector, and last `index.json` that names them with their checksums: until then the
 * folder holds what it held before, or nothing that can be loaded. `blocked.json` is its keeper's: it stays.
 */
export function writeIndex(folder: string, { builtAt, entries }: Omit<ConnectorIndex, 'blocks'>): ConnectorIndex {
  const connectors = join(folder, 'connectors');
  mkdirSync(connectors, { recursive: true });
  const blockList = join(folder, 'blocked.json');
  if (!existsSync(blockList)) put(blockList, textOf([]));
  const blockText = readFileSync(blockList, 'utf8');
  const blocks = parse(z.array(blockSchema), blockText, 'blocked.json');
  const rows = entries.map((entry) => {
    const file = `connectors/${entry.id.replace('/', '__')}.json`;
    const text = textOf(entry);
    put(join(folder, file), text);
    return { id: entry.id, version: entry.version, file, sha256: hashOf(text) };
  });
  const blocked = { file: 'blocked.json' as const, sha256: hashOf(blockText) };
  const list = { format: FORMAT, formatVersion: 1, builtAt: builtAt.toISOString(), connectors: rows, blocked };
  put(join(folder, 'index.json'), textOf(list));
  const named = new Set(rows.map(({ file }) => file));
  for (const name of readdirSync(connectors)) {
    if (!named.has(`connectors/${name}`)) rmSync(join(connectors, name), { recursive: true });
  }
  return { builtAt, entries, blocks };
}

/**
 * Reads an index whole, and proves that its files are those that `index.json` names.
 *
 * @param read one of its files, by its path in it
 * @throws DamagedIndex
 */
export async function readIndex(read: (file: string) => Promise<string>): Promise<ConnectorIndex> {
  const list = parse(listSchema, await read('index.json'), 'index.json');
  const proven = async (file: string, sha256: string) => {
    const text = await read(file);
    if (hashOf(text) !== sha256) throw new DamagedIndex(`${file} is not the file that index.json names`);
    return text;
  };
  const blocks = parse(z.array(blockSchema), await proven('blocked.json', list.blocked.sha256), 'blocked.json');
  const entries: IndexEntry[] = [];
  for (const { id, version, file, sha256 } of list.connectors) {
    const entry = parse(indexEntrySchema, await proven(file, sha256), file);
    if (entry.id !== id || entry.manifest.version !== version)
      throw new DamagedIndex(`${file} is about another connector`);
    const isNamedRight =
      entry.package === OWN_PACKAGE ? !isConnectorPackage(id) : entry.package === id && isConnectorPackage(id);
    if (!isNamedRight) throw new DamagedIndex(`${file} names no package of a connector`);
    // What its manifest says counts, whatever stands beside it.
    entries.push({ ...entry, ...factsOf(entry.manifest) });
  }
  return { builtAt: new Date(list.builtAt), entries, blocks };
}

function parse<Schema extends z.ZodType>(schema: Schema, text: string, file: string): z.output<Schema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new DamagedIndex(`${file} is no JSON`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  throw new DamagedIndex(`${file}: ${first?.path.join('.') ?? ''} ${first?.message ?? ''}`);
}

function put(path: string, text: string): void {
  writeFileSync(`${path}.partial`, text);
  renameSync(`${path}.partial`, path);
}

function textOf(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
