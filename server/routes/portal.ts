import { z } from 'zod';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { PORTAL_STATES } from '../../models/portal.ts';
import { toDecimal } from '../../rules/money.ts';
import { csvFile } from '../api/csv-file.ts';
import { operation, type ApiAnswer, type Operation } from '../api/operation.ts';
import { pageOf } from '../api/pages.ts';
import { csvColumns, csvRow } from '../portal/csv.ts';
import { portalLeadsOf, searchForgotten, searchPortal, type PortalLead, type PortalModels } from '../portal/search.ts';
import { takeLeads } from '../portal/take.ts';

export interface PortalRouteDeps {
  models: PortalModels;
}

const limit = z.coerce.number().int().min(1).max(1000).optional().describe('Default 100');
const cursor = z.string().max(100).optional().describe('`next_cursor` of the page before');

const query = z.strictObject({
  state: z.enum(PORTAL_STATES).optional().describe('Default new: those that were not taken yet'),
  ...{ limit, cursor },
  format: z.enum(['json', 'csv']).optional().describe('Default by the Accept header, or json'),
  take: z.enum(['true', 'false']).optional().describe('With CSV: marks the leads of this file as taken. Default false'),
});

const shown = z.object({
  transaction_id: z.string(),
  campaign: z.string(),
  state: z.enum(PORTAL_STATES),
  price: z.number().describe('What it was sold for'),
  kept_at: z.iso.datetime(),
  expires_at: z.iso.datetime().optional().describe('When it counts as forgotten; it can be taken all the same'),
  taken_at: z.iso.datetime().optional(),
  taken_by: z.string().optional().describe('Id of the key that took it'),
  fields: z.record(z.string(), z.unknown()).describe('The lead, as its integration maps it'),
});

const forgotten = z.object({
  transaction_id: z.string(),
  campaign: z.string(),
  buyer: z.string(),
  integration: z.string(),
  price: z.number(),
  kept_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
});

const success = { status: z.literal(200), type: z.literal('success') };
const NOT_STORED = { 'cache-control': 'no-store' };

/** `/api/portal/…`: the leads that buyers without an API fetch. */
export function portalOperations({ models }: PortalRouteDeps): Operation[] {
  return [
    operation(
      {
        id: 'listPortalLeads',
        method: 'get',
        path: '/api/portal/leads',
        tag: 'Buyers',
        summary: 'The leads you bought that wait here for you',
        description:
          'The oldest first. With `format=csv`, or `Accept: text/csv`, they come as CSV; with `take=true` they are ' +
          'then marked as taken, and the file holds those alone that nobody took before. What you gave back is not shown.',
        access: ['buyer'],
        query,
        answers: {
          200: {
            description: 'One page of them',
            schema: pageOf({ leads: z.array(shown) }),
            also: { 'text/csv': z.string().describe('A header row, then the leads') },
            headers: { 'x-next-cursor': 'Of CSV: there are more, ask again with it as `cursor`' },
          },
        },
        errors: [],
      },
      async ({ query: asked, key: { id, buyer, mode }, context }) => {
        const { state = 'new', limit = 100 } = asked;
        const { leads, after } = await searchPortal(models, { buyer, mode, state, limit, after: asked.cursor });
        if ((asked.format ?? context.accepts('json', 'csv')) === 'csv') {
          return csvAnswer(asked.take === 'true' ? await takenNow(leads, id) : leads, after);
        }
        return {
          status: 200,
          headers: NOT_STORED,
          body: {
            ...{ status: 200, type: 'success', leads: leads.map(forBuyer) },
            ...(after === undefined ? {} : { next_cursor: after }),
          },
        };
      },
    ),
    operation(
      {
        id: 'takePortalLead',
        method: 'post',
        path: '/api/portal/leads/{transaction_id}/taken',
        tag: 'Buyers',
        summary: 'Say that you have a lead from the portal',
        description: 'It is no longer among the new ones. Saying it again changes nothing.',
        access: ['buyer'],
        params: z.object({ transaction_id: z.string().max(100) }),
        answers: { 200: { description: 'The lead', schema: z.object({ ...success, lead: shown }) } },
        errors: ['unknown_delivery'],
      },
      async ({ params, key: { id, buyer, mode } }) => {
        const whose = { lead: params.transaction_id, buyer, mode };
        const kept = await portalLeadsOf(models, whose);
        await takeLeads(models.portal, idsOf(kept), id, new Date());
        const [lead] = await portalLeadsOf(models, whose);
        // What somebody else bought looks like what nobody did.
        if (!lead) throw new LeadwireError('unknown_delivery');
        return { status: 200, headers: NOT_STORED, body: { status: 200, type: 'success', lead: forBuyer(lead) } };
      },
    ),
    operation(
      {
        id: 'listForgottenPortalLeads',
        method: 'get',
        path: '/api/portal/forgotten',
        tag: 'Operators',
        summary: 'Leads in the portal that their buyers have not taken in time',
        description: 'The oldest first. They stay sold, and can still be taken.',
        access: ['operator'],
        query: z.strictObject({ limit, cursor }),
        answers: {
          200: {
            description: 'One page of them',
            schema: pageOf({ leads: z.array(forgotten) }),
          },
        },
        errors: [],
      },
      async ({ query: { limit = 100, cursor }, key: { mode } }) => {
        const { leads, after } = await searchForgotten(models, { mode, now: new Date(), limit, after: cursor });
        return {
          status: 200,
          headers: NOT_STORED,
          body: {
            ...{ status: 200, type: 'success', leads: leads.map(forOperator) },
            ...(after === undefined ? {} : { next_cursor: after }),
          },
        };
      },
    ),
  ];

  /** Of these the ones that nobody took before, as they are now. */
  async function takenNow(leads: readonly PortalLead[], key: string): Promise<PortalLead[]> {
    const now = new Date();
    const own = await takeLeads(models.portal, idsOf(leads), key, now);
    return leads.flatMap((lead) =>
      own.has(lead._id) ? [{ ...lead, state: 'taken', takenAt: now, takenBy: key } as const] : [],
    );
  }
}

function csvAnswer(leads: readonly PortalLead[], after: string | undefined): ApiAnswer {
  const file = csvFile(`leads-${new Date().toISOString().slice(0, 10)}`, csvColumns(leads), leads.map(csvRow));
  return after === undefined ? file : { ...file, headers: { ...file.headers, 'x-next-cursor': after } };
}

function idsOf(leads: readonly PortalLead[]): string[] {
  return leads.map(({ _id }) => _id);
}

function forBuyer({ lead, campaign, state, price, keptAt, expiresAt, takenAt, takenBy, payload }: PortalLead) {
  return {
    ...{ transaction_id: lead, campaign, state, price: toDecimal(price), kept_at: keptAt.toISOString() },
    ...(expiresAt ? { expires_at: expiresAt.toISOString() } : {}),
    ...(takenAt ? { taken_at: takenAt.toISOString() } : {}),
    ...(takenBy === undefined ? {} : { taken_by: takenBy }),
    fields: payload,
  };
}

/** Whose it is and since when: what is in it is the buyer's. */
function forOperator({ lead, campaign, buyer, integration, price, keptAt, expiresAt = keptAt }: PortalLead) {
  return {
    ...{ transaction_id: lead, campaign, buyer, integration, price: toDecimal(price) },
    ...{ kept_at: keptAt.toISOString(), expires_at: expiresAt.toISOString() },
  };
}
