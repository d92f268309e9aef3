import { z } from 'zod';
import { roundsOf } from '../../activities/delivery/record.ts';
import { authorOf, recordChange } from '../../config/audit.ts';
import type { CompiledIntegration } from '../../config/compile.ts';
import type { ConfigurationRuntime } from '../../config/runtime.ts';
import type { BuyerKey, KeyHolder } from '../../config/key-holder.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { AuditModel } from '../../models/audit.ts';
import type { DeliveryRecord } from '../../models/delivery.ts';
import { RETURN_STATES, type ReturnRecord } from '../../models/return.ts';
import { wasSold } from '../../rules/delivery.ts';
import { toDecimal } from '../../rules/money.ts';
import { isTransactionId } from '../../rules/transaction-id.ts';
import { returnReasonSchema } from '../../schema/money.ts';
import { operation, type Operation } from '../api/operation.ts';
import { pageOf } from '../api/pages.ts';
import { parsedBody } from '../api/parsed-body.ts';
import { decideReturn, requestReturn, type ReturnDeps } from '../returns/request.ts';
import { searchReturns, type ReturnPage } from '../returns/search.ts';

export interface ReturnRouteDeps extends ReturnDeps {
  config: ConfigurationRuntime;
  audit: AuditModel;
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
  id: z.string().optional().describe('Operators only, as buyer, integration, seller and decided_by: by it they decide'),
  buyer: z.string().optional(),
  integration: z.string().optional(),
  seller: z.string().optional(),
  amount: z.number().optional().describe('Buyers and operators: what the buyer paid for the lead'),
  source: z.string().optional().describe('Sellers and operators'),
  clawback: z.number().optional().describe('Sellers and operators: what is taken back of its payout'),
  requested_at: z.iso.datetime(),
  decided_at: z.iso.datetime().optional(),
  decided_by: z.string().optional(),
});

const decision = z.strictObject({
  reason: returnReasonSchema.optional().describe('Of an approval: why, when the buyer gave no reason'),
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
        const wanted = parsedBody(body, sent, 'Send transaction_id and reason');
        const delivery = await purchaseOf(deps, key, wanted);
        const integration = await integrationNow(deps, delivery);
        const { record } = await requestReturn(deps, integration, delivery, { reason: wanted.reason, by: 'api' });
        return { status: 200, body: { status: 200, type: 'success', return: forBuyer(record) } };
      },
    ),
    operation(
      {
        id: 'listReturns',
        method: 'get',
        path: '/api/returns',
        tag: 'Reports',
        summary: 'Returns: of a buyer what it asked for, of a seller what was taken back; operators see all',
        description: 'Those of the newest leads first.',
        access: ['seller', 'buyer', 'operator'],
        query,
        answers: {
          200: {
            description: 'One page of them',
            schema: pageOf({ returns: z.array(shown) }),
          },
        },
        errors: [],
      },
      async ({ query: { state, limit = 50, cursor }, key }) => {
        const { mode } = key;
        const owner =
          key.kind === 'seller' ? soldBy(key) : { ...(key.kind === 'buyer' ? { buyer: key.buyer } : {}), state };
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
            returns: page.records.map(SHOWN_TO[key.kind]),
            ...(page.before ? { next_cursor: page.before } : {}),
          },
        };
      },
    ),
    decide(deps, 'approve', 'approved'),
    decide(deps, 'refuse', 'refused'),
  ];
}

const DECISIONS = {
  approved: {
    id: 'approveReturn',
    summary: 'Take a sale back, also one whose buyer asked otherwise than by the API',
    description: 'The buyer gets its price back and the seller gives back its payout, once however often it is said.',
  },
  refused: {
    id: 'refuseReturn',
    summary: 'Let a sale stand whose buyer asked to return it',
    description: 'The buyer is told so when it asks again. Also before it asks.',
  },
} as const;

/** An operator's word on a return: `POST /api/returns/{id}/approve` and `…/refuse`. */
function decide(deps: ReturnRouteDeps, name: 'approve' | 'refuse', state: keyof typeof DECISIONS): Operation {
  return operation(
    {
      ...DECISIONS[state],
      method: 'post',
      path: `/api/returns/{id}/${name}`,
      tag: 'Money',
      access: ['operator'],
      params: z.object({ id: z.string().max(100).describe('Id of the return, as operators see it in the list') }),
      body: { schema: decision },
      answers: {
        200: {
          description: 'It was decided so, now or before',
          schema: z.object({
            status: z.literal(200),
            type: z.literal('success'),
            changed: z.boolean().describe('false: it was decided so before'),
            return: shown,
          }),
        },
      },
      errors: ['invalid_body', 'unknown_delivery', 'return_decided'],
    },
    async ({ params: { id }, body: sent, key }) => {
      const { reason } = parsedBody(decision, sent, 'Send nothing, or reason as a code');
      const { models, audit } = deps;
      const delivery = await models.deliveries.findById(id, { mode: 1 }).lean<Pick<DeliveryRecord, 'mode'>>();
      if (delivery?.mode !== key.mode) throw new LeadwireError('unknown_delivery');
      const by = authorOf(key);
      const changed = await decideReturn(deps, id, { state, reason, by });
      if (changed) await recordChange(audit, { at: new Date(), who: by, what: 'return', kind: state, id });
      const record = await models.returns.findById(id).lean<ReturnRecord>();
      if (!record) throw new LeadwireError('unknown_delivery');
      return {
        status: 200,
        headers: { 'cache-control': 'no-store' },
        body: { status: 200, type: 'success', changed, return: forOperator(record) },
      };
    },
  );
}

/** What a buyer asked for and did not get is none of the seller's business. */
function soldBy({ seller, source }: Extract<KeyHolder, { kind: 'seller' }>) {
  return { seller, source, state: 'approved' as const };
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

function forOperator(record: ReturnRecord) {
  const { _id: id, buyer, integration, seller, amount, decidedBy } = record;
  return {
    ...{ id, ...forSeller(record), buyer, integration, seller, amount: toDecimal(amount) },
    ...(decidedBy === undefined ? {} : { decided_by: decidedBy }),
  };
}

const SHOWN_TO: Record<'buyer' | 'seller' | 'operator', (record: ReturnRecord) => z.input<typeof shown>> = {
  buyer: forBuyer,
  seller: forSeller,
  operator: forOperator,
};
