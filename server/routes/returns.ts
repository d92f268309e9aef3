import { z } from 'zod';
import { roundsOf } from '../../activities/delivery/record.ts';
import type { CompiledIntegration } from '../../config/compile.ts';
import type { ConfigurationRuntime } from '../../config/runtime.ts';
import type { BuyerKey } from '../../config/key-holder.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { DeliveryRecord } from '../../models/delivery.ts';
import { RETURN_STATES, type ReturnRecord } from '../../models/return.ts';
import { wasSold } from '../../rules/delivery.ts';
import { toDecimal } from '../../rules/money.ts';
import { isTransactionId } from '../../rules/transaction-id.ts';
import { operation, type Operation } from '../api/operation.ts';
import { requestReturn, type ReturnDeps } from '../returns/request.ts';
import { searchReturns, type ReturnPage } from '../returns/search.ts';

export interface ReturnRouteDeps extends ReturnDeps {
  config: ConfigurationRuntime;
}

const body = z.object({
  transaction_id: z.string().refine(isTransactionId, 'is no transaction id'),
  reason: z.string().max(40).optional().describe('Code of the reason; some integrations want one of their own'),
});

const shown = z.object({
  transaction_id: z.string(),
  campaign: z.string(),
  state: z.enum(RETURN_STATES).describe('requested: an operator decides. approved: the sale is taken back'),
  reason: z.string().optional(),
  amount: z.number().optional().describe('Buyers only: what it paid for the lead'),
  source: z.string().optional().describe('Sellers only'),
  clawback: z.number().optional().describe('Sellers only: what is taken back of its payout'),
  requested_at: z.iso.datetime(),
  decided_at: z.iso.datetime().optional(),
});

const query = z.strictObject({
  state: z.enum(RETURN_STATES).optional(),
  limit: z.coerce.number().int().min(1).max(200).optional().describe('Default 50'),
  cursor: z.string().max(100).optional().describe('`next_cursor` of the page before'),
});

/** `POST|GET /api/returns`: what buyers give back. */
export function returnOperations(deps: ReturnRouteDeps): Operation[] {
  return [
    operation(
      {
        id: 'requestReturn',
        method: 'post',
        path: '/api/returns',
        tag: 'Buyers',
        summary: 'Give a lead back that you bought',
        description:
          'Asking again changes nothing. Where an operator approves returns, `state` is `requested` until then.',
        access: ['buyer'],
        body: { schema: body },
        answers: {
          200: {
            description: 'How the return stands',
            schema: z.object({ status: z.literal(200), type: z.literal('success'), return: shown }),
          },
        },
        errors: ['invalid_body', 'unknown_delivery', 'return_too_late', 'return_reason_not_allowed', 'return_refused'],
      },
      async ({ body: sent, key }) => {
        const parsed = body.safeParse(sent);
        if (!parsed.success) throw new LeadwireError('invalid_body', { message: 'Send transaction_id and reason' });
        const delivery = await purchaseOf(deps, key, parsed.data);
        const integration = await integrationNow(deps, delivery);
        const { record } = await requestReturn(deps, integration, delivery, { reason: parsed.data.reason, by: 'api' });
        return { status: 200, body: { status: 200, type: 'success', return: forBuyer(record) } };
      },
    ),
    operation(
      {
        id: 'listReturns',
        method: 'get',
        path: '/api/returns',
        tag: 'Reports',
        summary: 'Returns: of a buyer what it asked for, of a seller what was taken back',
        description: 'Those of the newest leads first.',
        access: ['seller', 'buyer'],
        query,
        answers: {
          200: {
            description: 'One page of them',
            schema: z.object({
              status: z.literal(200),
              type: z.literal('success'),
              returns: z.array(shown),
              next_cursor: z.string().optional().describe('There are more: ask again with it as `cursor`'),
            }),
          },
        },
        errors: [],
      },
      async ({ query: { state, limit = 50, cursor }, key }) => {
        const { mode } = key;
        const owner =
          key.kind === 'buyer'
            ? { buyer: key.buyer, state }
            : // What a buyer asked for and did not get is none of the seller's business.
              { seller: key.seller, source: key.source, state: 'approved' as const };
        const none = key.kind === 'seller' && state !== undefined && state !== 'approved';
        const page: ReturnPage = none
          ? { records: [] }
          : await searchReturns(deps.models.returns, { ...owner, mode, limit, before: cursor });
        return {
          status: 200,
          headers: { 'cache-control': 'no-store' },
          body: {
            status: 200,
            type: 'success',
            returns: page.records.map((record) => (key.kind === 'buyer' ? forBuyer(record) : forSeller(record))),
            ...(page.before ? { next_cursor: page.before } : {}),
          },
        };
      },
    ),
  ];
}

/** The sale of this lead to the key's buyer. */
async function purchaseOf(
  { models }: ReturnRouteDeps,
  { buyer, mode }: BuyerKey,
  { transaction_id: lead }: z.output<typeof body>,
): Promise<DeliveryRecord> {
  const rounds = await roundsOf(models.deliveries, lead);
  const bought = rounds.filter((round) => round.buyer === buyer && round.mode === mode && wasSold(round.state));
  // One that bought a shared lead twice gives back what it still has.
  const own = bought.find(({ state }) => state === 'accepted') ?? bought[0];
  // What somebody else bought looks like what nobody did.
  if (!own) throw new LeadwireError('unknown_delivery');
  return own;
}

/** As configured now; one that was deleted since, as it was. */
async function integrationNow({ config }: ReturnRouteDeps, delivery: DeliveryRecord): Promise<CompiledIntegration> {
  const { integration: id, revision } = delivery;
  const found = config.current().integrations.get(id) ?? (await config.at(revision)).integrations.get(id);
  if (!found) throw new LeadwireError('unknown_delivery');
  return found;
}

function forBuyer({ lead, campaign, state, reason, amount, requestedAt, decidedAt }: ReturnRecord) {
  return {
    ...{ transaction_id: lead, campaign, state },
    ...(reason === undefined ? {} : { reason }),
    amount: toDecimal(amount),
    requested_at: requestedAt.toISOString(),
    ...(decidedAt ? { decided_at: decidedAt.toISOString() } : {}),
  };
}

function forSeller({ source, clawback, ...record }: ReturnRecord) {
  const { amount: _amount, ...told } = forBuyer({ source, clawback, ...record });
  return { ...told, source, clawback: toDecimal(clawback) };
}
