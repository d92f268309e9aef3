import { Client } from '@temporalio/client';
import type { SearchAttributeType as AttributeType } from '@temporalio/common';
import { NativeConnection } from '@temporalio/worker';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes.ts';

/** Temporal's wire values of the attribute types that Leadwire uses. */
const INDEXED_VALUE_TYPES: Partial<Record<AttributeType, number>> = { KEYWORD: 2, KEYWORD_LIST: 7 };

/**
 * One connection for client and worker: an eager start hands the workflow's first task to the worker in the same
 * process only when both share it. Compression costs more than it saves on a local network.
 */
export async function connectTemporal(address: string, namespace: string) {
  const connection = await NativeConnection.connect({ address, grpcCompression: { codec: 'none' } });
  await registerSearchAttributes(connection, namespace);
  return { connection, client: new Client({ connection, namespace }) };
}

async function registerSearchAttributes(connection: NativeConnection, namespace: string): Promise<void> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = SEARCH_ATTRIBUTES.filter(({ name }) => !(name in customAttributes));
  if (missing.length === 0) return;
  const searchAttributes = Object.fromEntries(missing.map(({ name, type }) => [name, INDEXED_VALUE_TYPES[type]!]));
  try {
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  } catch (error) {
    // Another node was faster.
    if (!/already exist/i.test(String(error))) throw error;
  }
}
