import { z } from 'zod';

const id = (prefix: string, what: string) =>
  z
    .string()
    .regex(new RegExp(`^${prefix}_[A-Za-z0-9][A-Za-z0-9_-]{0,59}$`), `must look like ${prefix}_name`)
    .describe(`Id of a ${what}: ${prefix}_ and up to 60 letters, digits, _ or -`);

export const campaignId = id('cmp', 'campaign');
export const sellerId = id('sel', 'seller');
export const sourceId = id('src', 'source');
export const buyerId = id('buy', 'buyer');
export const integrationId = id('int', 'integration');
export const ruleId = id('rul', 'rule');
export const listId = id('lst', 'list');
export const eventListId = id('evl', 'event list');

/** Channels of alerts go by plain names. */
export const channelId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'must be lower case letters, digits, _ and -')
  .describe('Id of an alert channel, such as ops-mail');

/** Events go by names of their own: callers and postback addresses carry them. */
export const eventId = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,59}$/, 'must be up to 60 letters, digits, _ or -, starting with a letter')
  .describe('Id of an event: up to 60 letters, digits, _ or -, such as sale_completed');
