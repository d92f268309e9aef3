import { randomUUID } from 'node:crypto';
import type { Audited, AuditModel } from '../models/audit.ts';
import type { KeyHolder } from './key-holder.ts';

const COLLECTIONS = {
  secret: 'secrets',
  api_key: 'keys',
  delivery: 'deliveries',
  posting_link: 'posting_links',
  event: 'events',
  ledger: 'ledger',
  return: 'returns',
  health: 'health',
  integration: 'integrations',
  connector: 'connectors',
  lead: 'leads',
  follow_up: 'follow_ups',
} as const;

/**
 * Records a change that is not a new version of the configuration: a credential set, a key made or revoked, a delivery
 * settled by hand.
 *
 * @param entry `who`: `cli:<user>`, or `key:<public start>` of an operator's key; `details` holds codes alone
 */
export async function recordChange(
  audit: AuditModel,
  entry: {
    at: Date;
    who: string;
    what: Exclude<Audited, 'configuration'>;
    kind: string;
    id: string;
    details?: Record<string, string>;
  },
): Promise<void> {
  const { at, who, what, kind, id, details } = entry;
  const changes = [{ kind, collection: COLLECTIONS[what], id }];
  await audit.create({ _id: randomUUID(), at, who, what, changes, ...(details ? { details } : {}) });
}

/** Who an operator's key is, for the audit log. */
export function authorOf(key: Pick<KeyHolder, 'id'>): string {
  return `key:${key.id}`;
}
