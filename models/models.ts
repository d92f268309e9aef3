import type { Connection } from 'mongoose';
import { createAlertModel } from './alert.ts';
import { createAuctionModel } from './auction.ts';
import { createBulkChunkModel, createBulkJobModel } from './bulk-job.ts';
import { createBuyerClaimModel } from './buyer-claim.ts';
import { createCapModel } from './cap.ts';
import { createClaimModel, createIdempotencyModel } from './claim.ts';
import { createClickModel } from './click.ts';
import { createDeliveryModel } from './delivery.ts';
import { createEventLockModel, createEventModel } from './event.ts';
import { createFiguresModel } from './figures.ts';
import { createHealthCountsModel, createHealthModel } from './health.ts';
import { createFollowUpModel } from './follow-up.ts';
import { createIntegrationHourModel } from './integration-hours.ts';
import { createLeadModel } from './lead.ts';
import { createLedgerCheckModel } from './ledger-check.ts';
import { createLedgerModel } from './ledger.ts';
import { createListingAskModel } from './listing-ask.ts';
import { createListingClickModel } from './listing-click.ts';
import { createListingOfferModel } from './listing-offer.ts';
import { createListEntryModel, createListModel } from './list.ts';
import { createOAuthTokenModel } from './oauth-token.ts';
import { createOutboxModel } from './outbox.ts';
import { createEndpointModel, createPostbackModel } from './postback.ts';
import { createPingModel } from './ping.ts';
import { createPortalModel } from './portal.ts';
import { createRateWindowModel } from './rate-window.ts';
import { createReturnModel } from './return.ts';
import { createRequestLogModel } from './request-log.ts';
import { createTurnModel } from './turn.ts';
import { createWithdrawalModel } from './withdrawal.ts';

/** The records of leads, on one connection. */
export function createLeadModels(connection: Connection) {
  return {
    leads: createLeadModel(connection),
    pings: createPingModel(connection),
    auctions: createAuctionModel(connection),
    deliveries: createDeliveryModel(connection),
    caps: createCapModel(connection),
    ledger: createLedgerModel(connection),
    ledgerChecks: createLedgerCheckModel(connection),
    returns: createReturnModel(connection),
    lists: createListModel(connection),
    listEntries: createListEntryModel(connection),
    outbox: createOutboxModel(connection),
    oauthTokens: createOAuthTokenModel(connection),
    claims: createClaimModel(connection),
    buyerClaims: createBuyerClaimModel(connection),
    clicks: createClickModel(connection),
    listingAsks: createListingAskModel(connection),
    listingOffers: createListingOfferModel(connection),
    listingClicks: createListingClickModel(connection),
    events: createEventModel(connection),
    eventLocks: createEventLockModel(connection),
    bulkJobs: createBulkJobModel(connection),
    bulkChunks: createBulkChunkModel(connection),
    idempotency: createIdempotencyModel(connection),
    figures: createFiguresModel(connection),
    health: createHealthModel(connection),
    healthCounts: createHealthCountsModel(connection),
    integrationHours: createIntegrationHourModel(connection),
    followUps: createFollowUpModel(connection),
    portal: createPortalModel(connection),
    postbacks: createPostbackModel(connection),
    endpoints: createEndpointModel(connection),
    rateWindows: createRateWindowModel(connection),
    requestLog: createRequestLogModel(connection),
    turns: createTurnModel(connection),
    alerts: createAlertModel(connection),
    withdrawals: createWithdrawalModel(connection),
  };
}
export type LeadModels = ReturnType<typeof createLeadModels>;

/** Creates the indexes that lookups and uniqueness rest on; safe to repeat. */
export async function ensureLeadIndexes(models: LeadModels): Promise<void> {
  await Promise.all(
    Object.values(models).map((model) => (model as { createIndexes(): Promise<unknown> }).createIndexes()),
  );
}
