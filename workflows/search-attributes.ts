import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/** How operators find a lead in the Temporal UI. Plain text on the server: ids and outcomes only. */
export const CAMPAIGN = defineSearchAttributeKey('LeadCampaign', SearchAttributeType.KEYWORD);
export const SOURCE = defineSearchAttributeKey('LeadSource', SearchAttributeType.KEYWORD);
export const OUTCOME = defineSearchAttributeKey('LeadOutcome', SearchAttributeType.KEYWORD);
export const BUYER = defineSearchAttributeKey('LeadBuyer', SearchAttributeType.KEYWORD_LIST);
export const MODE = defineSearchAttributeKey('LeadMode', SearchAttributeType.KEYWORD);

export const SEARCH_ATTRIBUTES = [CAMPAIGN, SOURCE, OUTCOME, BUYER, MODE];
