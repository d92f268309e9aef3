import type { Connection } from '@temporalio/client';

/** Custom search attributes by name. */
export type SearchAttributes = Record<string, keyof typeof INDEXED_VALUE_TYPES>;

/** The numbers of Temporal's IndexedValueType. */
const INDEXED_VALUE_TYPES = { Text: 1, Keyword: 2, Int: 3, Double: 4, Bool: 5, Datetime: 6, KeywordList: 7 } as const;

/** Registers the search attributes the namespace `default` does not have yet. */
export async function registerSearchAttributes(connection: Connection, wanted: SearchAttributes): Promise<void> {
  const known = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
  const missing = Object.entries(wanted).filter(([name]) => known.customAttributes?.[name] === undefined);
  if (missing.length === 0) return;
  await connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: Object.fromEntries(missing.map(([name, type]) => [name, INDEXED_VALUE_TYPES[type]])),
  });
}
