import { z } from 'zod';
import type { ActivityDeps } from '../../activities/deps.ts';
import { countClick } from '../../activities/listing/count-click.ts';
import { showOffers, type ShownOffer } from '../../activities/listing/show-offers.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { untilAnswered } from '../../models/fence.ts';
import type { ListingAskRecord } from '../../models/listing-ask.ts';
import type { ListingOfferRecord } from '../../models/listing-offer.ts';
import { native } from '../../models/native.ts';
import { isOfferId } from '../../rules/listing.ts';
import { toDecimal } from '../../rules/money.ts';
import { campaignId, integrationId, sourceId } from '../../schema/ids.ts';
import { pageName } from '../../schema/listing.ts';
import { clientAddress } from '../access/client-address.ts';
import { operation, type ApiAnswer, type Operation } from '../api/operation.ts';
import { pageOf } from '../api/pages.ts';
import { GONE_HEADERS, gonePage } from '../listings/gone-page.ts';
import { searchAsks } from '../listings/search.ts';
import { visitorOf } from '../listings/visitor.ts';
import { deviceOf, isPrefetch } from '../tracking/visitor.ts';

const DEFAULT_OFFERS = 10;
const NO_STORE = { 'cache-control': 'no-store' };

const query = z.looseObject({
  page: pageName,
  transaction_id: z.string().max(100).optional().describe('Of the lead, or of a visit without one yet'),
  pid: z
    .union([sourceId, z.literal(['', 'organic'])])
    .optional()
    .describe('Without a transaction_id: the source. Default organic'),
  limit: z.coerce.number().int().min(1).max(50).optional().describe(`Offers at most. Default ${DEFAULT_OFFERS}`),
  ip_address: z.string().max(64).optional().describe("Seller keys: the visitor's address"),
  user_agent: z.string().max(1000).optional().describe("Seller keys: the visitor's browser"),
});

const shownOffer = z.object({
  rank: z.int().min(1).describe('Its place among the offers'),
  position: z.int().min(1).describe('Of its listing, as configured'),
  title: z.string().optional(),
  description: z.string().optional(),
  company: z.string().optional(),
  image: z.url().optional(),
  url: z.url().describe('Where a click on it goes; it is counted there, once'),
  expires_at: z.iso.datetime(),
  price: z.number().optional().describe('What a click brings, in dollars. Seller keys only'),
});

const asked = z.object({
  id: z.string(),
  campaign: z.string(),
  source: z.string(),
  transaction_id: z.string().optional(),
  page: z.string(),
  at: z.iso.datetime(),
  shown: z.int().min(0).describe('Offers that were shown'),
  sandbox: z.literal(true).optional(),
  networks: z.array(
    z.object({
      listing: z.string(),
      result: z.string().describe('`offers`, `no_offers`, or why it was not asked or did not answer'),
      offers: z.int().min(0),
      dropped: z.array(z.object({ reason: z.string(), offers: z.int().min(1) })).optional(),
      duration_ms: z.number().optional(),
    }),
  ),
});

/** Offers of click networks for pages of a funnel, and where clicks on them go. */
export function listingOperations(deps: ActivityDeps): Operation[] {
  return [offers(deps), follow(deps), log(deps)];
}

function offers(deps: ActivityDeps): Operation {
  return operation(
    {
      id: 'getListings',
      method: 'get',
      path: '/api/listings/{cid}',
      tag: 'Click listings',
      summary: 'The offers that a page of the funnel shows',
      description:
        'Asks the click networks of the page, all at once, and ranks what they offer. Without a `transaction_id` fields ' +
        'of the campaign that are no personal data may stand in the query.',
      access: ['seller', 'browser'],
      pages: true,
      params: z.object({ cid: campaignId }),
      query,
      answers: {
        200: {
          description: 'The offers in their order; none where no network has any',
          schema: z.object({
            status: z.literal(200),
            type: z.literal('success'),
            page: z.string(),
            transaction_id: z.string().optional(),
            offers: z.array(shownOffer),
            sandbox: z.literal(true).optional(),
          }),
        },
      },
      errors: [
        ...(['unknown_campaign', 'campaign_paused', 'campaign_not_allowed', 'unknown_lead'] as const),
        ...(['source_required', 'source_not_allowed', 'source_inactive'] as const),
      ],
    },
    async ({ params: { cid }, query: wanted, key, context }) => {
      const { page, transaction_id: transactionId, pid, limit: most = DEFAULT_OFFERS } = wanted;
      const browser = { address: clientAddress(context), userAgent: context.headers['user-agent'] };
      const visitor = await visitorOf(deps, { cid, key, pid, transactionId, said: wanted, browser });
      const shown = await showOffers(deps, { ...visitor, page, most });
      const show = (one: ShownOffer) => shownAs(one, deps.publicUrl, key.kind === 'seller');
      return {
        status: 200,
        headers: NO_STORE,
        body: {
          ...{ status: 200, type: 'success', page },
          ...(visitor.transactionId === undefined ? {} : { transaction_id: visitor.transactionId }),
          offers: shown.map(show),
          ...(key.mode === 'test' ? { sandbox: true } : {}),
        },
      };
    },
  );
}

function shownAs({ offer, record }: ShownOffer, publicUrl: string, withPrice: boolean) {
  const { title, description, company, image, price } = offer;
  return {
    rank: record.rank,
    position: record.position,
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...(company === undefined ? {} : { company }),
    ...(image === undefined ? {} : { image }),
    url: `${publicUrl}/c/${record._id}`,
    expires_at: record.expiresAt.toISOString(),
    ...(withPrice ? { price: toDecimal(price) } : {}),
  };
}

function follow(deps: ActivityDeps): Operation {
  const { config, models } = deps;
  const page = { contentType: 'text/html', schema: z.string() };
  return operation(
    {
      id: 'followOffer',
      method: 'get',
      path: '/c/{token}',
      tag: 'Click listings',
      summary: 'Count a click on an offer and send the visitor on',
      description:
        'Sends the visitor to the address that the network gave, which was checked then, and nowhere else. An offer ' +
        'counts once. Programs that say what they are, and browsers that look ahead, are not counted.',
      access: [],
      params: z.object({ token: z.string().describe('From the address of an offer') }),
      answers: {
        204: { description: 'A browser looked ahead' },
        302: { description: 'On to the offer' },
        404: { description: 'For a browser a page that says so', ...page },
        410: { description: 'For a browser a page that says so', ...page },
      },
      errors: ['unknown_offer', 'offer_expired'],
    },
    async ({ params: { token }, context }) => {
      const asPage = context.accepts('json', 'html') === 'html';
      const offer = isOfferId(token) ? await findOffer(token) : null;
      if (!offer) return gone('unknown_offer', asPage);
      if (offer.expiresAt.getTime() <= Date.now() || isWithdrawn(offer)) return gone('offer_expired', asPage);
      const on: ApiAnswer = { status: 302, headers: { ...NO_STORE, location: offer.url } };
      if (context.method === 'HEAD') return on;
      // Sent on, the browser would show the visitor what it found ahead, and the click would never come here.
      if (isPrefetch(context.headers)) return { status: 204, headers: NO_STORE };
      if (deviceOf(context.headers['user-agent']) === 'bot') return on;
      return (await countClick(deps, offer)) === 'refused' ? gone('offer_expired', asPage) : on;
    },
  );

  function findOffer(token: string) {
    return untilAnswered(() => native<ListingOfferRecord>(models.listingOffers).findOne({ _id: token }));
  }

  /** Its listing was paused or taken away, or its connector blocked, since it was shown. */
  function isWithdrawn({ listing }: ListingOfferRecord): boolean {
    const live = config.live();
    const integration = live.integrations.get(listing);
    return !integration || live.isPaused('integrations', listing) || live.blockOf(integration) !== undefined;
  }
}

function gone(code: 'unknown_offer' | 'offer_expired', asPage: boolean): ApiAnswer {
  const error = new LeadwireError(code);
  if (!asPage) throw error;
  const headers = { ...NO_STORE, ...GONE_HEADERS };
  return { status: error.status, headers, type: 'text/html; charset=utf-8', body: gonePage() };
}

function log({ models }: Pick<ActivityDeps, 'models'>): Operation {
  return operation(
    {
      id: 'listListingRequests',
      method: 'get',
      path: '/api/listings',
      tag: 'Click listings',
      summary: 'What click networks were asked, and why some offered nothing',
      description: 'The newest first.',
      access: ['operator'],
      query: z.strictObject({
        campaign: campaignId.optional(),
        listing: integrationId.optional().describe('Only where this integration was to be asked'),
        transaction_id: z.string().max(100).optional(),
        empty: z.enum(['true', 'false']).optional().describe('true: only where it, or one of them, offered nothing'),
        limit: z.coerce.number().int().min(1).max(200).optional().describe('Default 50'),
        cursor: z.string().max(100).optional().describe('`next_cursor` of the page before'),
      }),
      answers: {
        200: {
          description: 'One page of them',
          schema: pageOf({ requests: z.array(asked) }),
        },
      },
      errors: [],
    },
    async ({ query: { campaign, listing, transaction_id: lead, empty, limit = 50, cursor } }) => {
      const search = { campaign, listing, lead, empty: empty === 'true', limit, before: cursor };
      const { records, before } = await searchAsks(models, search);
      return {
        status: 200,
        headers: NO_STORE,
        body: {
          ...{ status: 200, type: 'success', requests: records.map(askedAs) },
          ...(before ? { next_cursor: before } : {}),
        },
      };
    },
  );
}

function askedAs({ _id, campaign, source, lead, page, at, shown, mode, asked: networks }: ListingAskRecord) {
  return {
    ...{ id: _id, campaign, source },
    ...(lead === undefined ? {} : { transaction_id: lead }),
    ...{ page, at: at.toISOString(), shown },
    ...(mode === 'test' ? { sandbox: true } : {}),
    networks: networks.map(({ listing, result, offers: count, dropped, durationMs }) => ({
      ...{ listing, result, offers: count },
      ...(dropped ? { dropped } : {}),
      ...(durationMs === undefined ? {} : { duration_ms: Math.round(durationMs) }),
    })),
  };
}
