import type { Context } from 'koa';
import { z } from 'zod';
import { mayRead, type BrowserKey, type SellerKey } from '../../config/key-holder.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { ErrorCode } from '../../errors/registry.ts';
import { EVENT_ORIGINS, type EventRecord } from '../../models/event.ts';
import { POSTBACK_RECORD_STATES } from '../../models/postback.ts';
import { untilAnswered } from '../../models/fence.ts';
import { CONVERSION_TIMEZONES } from '../../rules/events/conversion-date.ts';
import { isTransactionId } from '../../rules/transaction-id.ts';
import { campaignId, eventId } from '../../schema/ids.ts';
import { leadBody } from '../api/lead-body.ts';
import { operation, type ApiRequest, type Operation, type OperationSpec } from '../api/operation.ts';
import { moment, pageOf, timeRange } from '../api/pages.ts';
import { fired, firedAnswer, firedErrorMembers, triggered, triggeredAnswer } from '../events/answer.ts';
import type { Caller } from '../events/caller.ts';
import { eventShown, postbacksOf, searchEvents } from '../events/log.ts';
import { triggerEvent, type EventDeps } from '../events/trigger.ts';

const text = z.string().optional();
const timezones = Object.keys(CONVERSION_TIMEZONES) as [string, ...string[]];

/** What an event says of itself, beside fields of its own and of the lead. */
const contents = {
  event_id: text.describe('The event, as the campaign has it'),
  pid: text.describe('Source. Default organic'),
  revenue: z.number().min(0).optional().describe('Of a conversion, in dollars: needed there'),
  amount: z.number().min(0).optional().describe('The same as revenue'),
  conversion_date: text.describe('YYYY-MM-DD or YYYY-MM-DD HH:MM:SS; not in the future'),
  conversion_timezone: z
    .enum(timezones)
    .optional()
    .describe("Time zone of conversion_date, at its fixed offset. Default the campaign's"),
};
const transactionId = text.describe('Of the lead, or of a visit without one yet');
const cid = text.describe('The campaign');
const inAddress = (names: Record<string, z.ZodType>) =>
  z.looseObject({ ...names, transaction_id: transactionId, ...contents, revenue: text, amount: text });

const EXAMPLE = {
  cid: 'cmp_auto',
  event_id: 'sale_completed',
  transaction_id: 'txn_0199f3a2-5c1e-7d20-9a41-3f6f0c1d2e4b',
  pid: 'src_media_search',
  revenue: 45,
};
const { cid: _cid, ...FIRED_EXAMPLE } = EXAMPLE;
const { transaction_id: _transactionId, ...LEAD_EXAMPLE } = FIRED_EXAMPLE;

const ERRORS_OF_CONTENTS = [
  ...(['event_id_required', 'event_unknown', 'revenue_required', 'invalid_fields'] as const),
  ...(['event_duplicate', 'event_in_progress', 'source_inactive'] as const),
] as const satisfies readonly ErrorCode[];
const ERRORS = [
  'event_key_required',
  'cid_invalid',
  'transaction_id_required',
  'event_transaction_invalid',
  ...ERRORS_OF_CONTENTS,
] as const;

const NO_STORE = { 'cache-control': 'no-store' };
const shared = { tag: 'Events', access: ['seller', 'browser'], keyless: true, pages: true } as const;

/** Events that happen after a lead: `POST` and `GET /api/event/trigger` and `/api/event/{cid}`, and their log. */
export function eventOperations(deps: EventDeps): Operation[] {
  return [...trigger(deps), ...fire(deps), onLead(deps), list(deps)];
}

function trigger(deps: EventDeps): Operation[] {
  const spec = {
    ...shared,
    path: '/api/event/trigger',
    answers: { 200: { description: 'The event is stored', schema: triggered } },
    errors: ['cid_required', ...ERRORS],
  } satisfies Partial<OperationSpec>;
  const answer = async (request: Keyed, textual: boolean, body: Record<string, unknown>) => {
    const record = await triggerEvent(deps, { body, textual, ...callerOf(request) });
    return { status: 200, headers: NO_STORE, body: triggeredAnswer(record) };
  };
  return [
    operation(
      {
        ...spec,
        id: 'triggerEvent',
        method: 'post',
        summary: 'Fire an event on a lead',
        description: 'Fields of the lead, tracking fields and fields of the event may come with it.',
        body: leadBody(z.object({ cid, transaction_id: transactionId, ...contents }), EXAMPLE),
      },
      async (request) => answer(request, isForm(request.context), request.body),
    ),
    operation(
      {
        ...spec,
        id: 'triggerEventByLink',
        method: 'get',
        summary: 'Fire an event on a lead by an address',
        query: inAddress({ cid }),
      },
      async (request) => answer(request, true, parametersOf(request.context)),
    ),
  ];
}

function fire(deps: EventDeps): Operation[] {
  const spec = {
    ...shared,
    path: '/api/event/{cid}',
    params: z.object({ cid: campaignId }),
    answers: { 200: { description: 'The event is stored', schema: fired } },
    errors: ERRORS,
    errorMembers: firedErrorMembers,
    statusText: true,
  } satisfies Partial<OperationSpec>;
  const answer = async (request: Keyed, campaign: string, textual: boolean, sent: Record<string, unknown>) => {
    const body = { ...sent, cid: campaign };
    const record = await triggerEvent(deps, { body, textual, ...callerOf(request) });
    return { status: 200, headers: NO_STORE, body: firedAnswer(record) };
  };
  return [
    operation(
      {
        ...spec,
        id: 'fireEvent',
        method: 'post',
        summary: 'Fire an event on a lead of a campaign',
        description: 'As `/api/event/trigger`, answered in another form: `status` is a text.',
        body: leadBody(z.object({ transaction_id: transactionId, ...contents }), FIRED_EXAMPLE),
      },
      async (request) => answer(request, request.params.cid, isForm(request.context), request.body),
    ),
    operation(
      {
        ...spec,
        id: 'fireEventByLink',
        method: 'get',
        summary: 'Fire an event on a lead of a campaign by an address',
        query: inAddress({}),
      },
      async (request) => answer(request, request.params.cid, true, parametersOf(request.context)),
    ),
  ];
}

function onLead(deps: EventDeps): Operation {
  return operation(
    {
      id: 'triggerLeadEvent',
      method: 'post',
      path: '/api/lead/{id}/event',
      tag: 'Events',
      summary: 'Record what became of a lead elsewhere, such as a sale on the phone',
      access: ['seller'],
      params: z.object({ id: z.string().describe('Transaction id') }),
      body: leadBody(z.object(contents), LEAD_EXAMPLE),
      answers: { 200: { description: 'The event is stored', schema: triggered } },
      errors: ['unknown_lead', ...ERRORS_OF_CONTENTS],
    },
    async ({ params: { id }, key, body, context }) => {
      const { leads } = deps.models;
      const lead = isTransactionId(id) ? await untilAnswered(() => leads.findById(id).lean().exec()) : null;
      if (!lead || !mayRead(key, lead)) throw new LeadwireError('unknown_lead');
      // A campaign that is gone has no events.
      if (!deps.config.current().campaigns.has(lead.campaign)) throw new LeadwireError('event_unknown');
      const record = await triggerEvent(deps, {
        body: { ...body, cid: lead.campaign, transaction_id: id },
        textual: isForm(context),
        caller: { origin: 'key', key },
      });
      return { status: 200, headers: NO_STORE, body: triggeredAnswer(record) };
    },
  );
}

const values = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const shown = z.object({
  id: z.string(),
  at: z.iso.datetime(),
  event_id: z.string(),
  transaction_id: z.string(),
  campaign: z.string(),
  source: z.string().describe('Whose lead it is'),
  pid: z.string().describe('The source as the caller named it'),
  conversion: z.boolean(),
  affiliate_conversion: z.boolean(),
  conversion_id: z.string().optional(),
  revenue: z.number().optional(),
  verified: z.boolean().describe('Whether it came with a key of yours, or from an operator'),
  conversion_date: z.iso.datetime().optional(),
  fields: values.describe('Fields of the event'),
  payload: z.record(z.string(), z.unknown()).describe('Everything as it was sent'),
  origin: z.enum(EVENT_ORIGINS),
  postbacks: z
    .array(
      z.object({
        endpoint: z.string(),
        state: z.enum(POSTBACK_RECORD_STATES),
        code: z.number().int().optional().describe('HTTP status of its last answer'),
        reason: z.string().optional().describe('Why it has not been taken'),
        attempts: z.number().int(),
        answer: z.string().optional().describe('Its last answer as it came, cut where it is long'),
      }),
    )
    .describe('What became of telling the endpoints of your source'),
  sandbox: z.literal(true).optional(),
});

function list({ models }: EventDeps): Operation {
  return operation(
    {
      id: 'listEvents',
      method: 'get',
      path: '/api/events',
      tag: 'Events',
      summary: 'The events of your leads, the newest first',
      description: 'Of the mode of the key, and with a key of one source only those of that source.',
      access: ['seller'],
      query: z.object({
        event: eventId.optional(),
        campaign: campaignId.optional(),
        transaction_id: z.string().max(60).optional(),
        from: moment.optional().describe('Not before this moment'),
        to: moment.optional().describe('Before this moment'),
        limit: z.coerce.number().int().min(1).max(200).default(50),
        cursor: z.string().max(400).optional(),
      }),
      answers: {
        200: {
          description: 'A page of events',
          schema: pageOf({ events: z.array(shown) }),
        },
      },
      errors: [],
    },
    async ({ key: { seller, source, mode }, query: { transaction_id: lead, from, to, ...filters } }) => {
      const page = await searchEvents(models, { ...filters, ...timeRange(from, to), lead, seller, source, mode });
      const more = page.cursor === undefined ? {} : { next_cursor: page.cursor };
      const told = await postbacksOf(models, page.records);
      // What the deployment tells others is not the seller's.
      const own = ({ _id, source: of }: EventRecord) =>
        told.get(_id)?.filter(({ endpoint }) => endpoint.startsWith(`${of}/`));
      const events = page.records.map((record) => eventShown(record, own(record)));
      return { status: 200, headers: NO_STORE, body: { status: 200, type: 'success', events, ...more } };
    },
  );
}

type Keyed = Pick<ApiRequest, 'context'> & { optionalKey: SellerKey | BrowserKey | undefined };

/** Who asks; a browser says which page it was. */
function callerOf({ optionalKey: key, context }: Keyed): { caller: Caller; pageOrigin?: string } {
  // An address that is only looked at fires nothing.
  if (context.method === 'HEAD') throw new LeadwireError('method_not_allowed');
  const origin = context.get('origin');
  const caller: Caller = key ? { origin: 'key', key } : { origin: 'open' };
  return origin !== '' && key?.kind !== 'seller' ? { caller, pageOrigin: origin } : { caller };
}

function isForm(context: Context): boolean {
  return Boolean(context.is('urlencoded'));
}

function parametersOf(context: Context): Record<string, unknown> {
  return { ...context.query };
}
