import { randomUUID } from 'node:crypto';
import type { Audited, AuditModel } from '../models/audit.ts';

const COLLECTIONS = {
  secret: 'secrets',
  api_key: 'keys',
  delivery: 'deliveries',
  posting_link: 'posting_links',
  event: 'events',
  ledger: 'ledger',
  return: 'returns',
  health: 'health',
} as const;

/**
 * Records a change that is not a new version of the configuration: a credential set, a key made or revoked, a delivery
 * settled by hand.
 */
export async function recordChange(
  audit: AuditModel,
  entry: { at: Date; who: string; what: Exclude<Audited, 'configuration'>; kind: string; id: string },
): Promise<void> {
  const { at, who, what, kind, id } = entry;
  await audit.create({ _id: randomUUID(), at, who, what, changes: [{ kind, collection: COLLECTIONS[what], id }] });
}
