import type { Connection } from 'mongoose';
import { createAuctionModel } from './auction.ts';
import { createCapModel } from './cap.ts';
import { createClaimModel, createIdempotencyModel } from './claim.ts';
import { createDeliveryModel } from './delivery.ts';
import { createFollowUpModel } from './follow-up.ts';
import { createLeadModel } from './lead.ts';
import { createLedgerModel } from './ledger.ts';
import { createOutboxModel } from './outbox.ts';

/** The records of leads, on one connection. */
export function createLeadModels(connection: Connection) {
  return {
    leads: createLeadModel(connection),
    auctions: createAuctionModel(connection),
    deliveries: createDeliveryModel(connection),
    caps: createCapModel(connection),
    ledger: createLedgerModel(connection),
    outbox: createOutboxModel(connection),
    claims: createClaimModel(connection),
    idempotency: createIdempotencyModel(connection),
    followUps: createFollowUpModel(connection),
  };
}
export type LeadModels = ReturnType<typeof createLeadModels>;

/** Creates the indexes that lookups and uniqueness rest on; safe to repeat. */
export async function ensureLeadIndexes(models: LeadModels): Promise<void> {
  await Promise.all(
    Object.values(models).map((model) => (model as { createIndexes(): Promise<unknown> }).createIndexes()),
  );
}
