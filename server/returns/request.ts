import type { ActivityDeps } from '../../activities/deps.ts';
import { settleLate } from '../../activities/delivery/settle.ts';
import type { CompiledIntegration } from '../../config/compile.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { DeliveryRecord } from '../../models/delivery.ts';
import { insertFence, untilAnswered } from '../../models/fence.ts';
import { followUpRow, putRow } from '../../models/outbox.ts';
import type { ReturnRecord, ReturnState } from '../../models/return.ts';
import { clawbackOf } from '../../rules/payout.ts';
import { returnFault } from '../../rules/returns.ts';
import { returnReasonSchema } from '../../schema/money.ts';

export interface ReturnDeps extends Pick<ActivityDeps, 'models' | 'kick'> {
  observer: Pick<ActivityDeps['observer'], 'conflict'>;
}

/** What a buyer says when it gives a lead back. */
export interface ReturnRequest {
  /** Code of the reason, as it came. */
  reason?: string | undefined;
  by: 'postback' | 'api';
  /** The buyer's own words; may hold personal data. */
  said?: { buyerReason?: string | undefined; buyerLeadId?: string | undefined };
}

/**
 * Takes a buyer's wish to return a sale: where approval is automatic the sale is taken back at once, otherwise an
 * operator decides. Asking again changes nothing and is answered the same; it also completes what a node that died
 * left undone.
 *
 * @param delivery a sale: `accepted`, or `returned` before
 * @returns the record, and whether this request changed anything
 * @throws LeadwireError `return_too_late`, `return_reason_not_allowed`, `return_refused`, `delivery_conflict`
 */
export async function requestReturn(
  deps: ReturnDeps,
  { integration }: Pick<CompiledIntegration, 'integration'>,
  delivery: DeliveryRecord,
  { reason: code, by, said }: ReturnRequest,
): Promise<{ record: ReturnRecord; isNew: boolean }> {
  const { returns } = deps.models;
  const { acceptedAt, changedAt } = delivery;
  // A code that nobody could have configured is none.
  const reason = returnReasonSchema.safeParse(code).data;
  const known = await untilAnswered(() => returns.findById(delivery._id).lean<ReturnRecord>().exec());
  const fault = returnFault(integration.returns, {
    acceptedAt: (acceptedAt ?? changedAt).getTime(),
    now: Date.now(),
    reason,
  });
  // What was returned before there were records of it stays so.
  if (!known && delivery.state === 'accepted' && fault) throw new LeadwireError(fault);
  const automatic = integration.returns?.approval !== 'manual' || delivery.state === 'returned';
  const wanted = returnOf(delivery, { state: automatic ? 'approved' : 'requested', by, reason });
  const fenced = known
    ? { ours: false as const, record: known }
    : await insertFence<ReturnRecord>(returns, wanted, () => false);
  const record = fenced.ours ? wanted : fenced.record;
  if (record.state === 'refused') throw new LeadwireError('return_refused');
  const settled = record.state === 'approved' && (await takeBack(deps, record, said));
  return { record, isNew: fenced.ours || settled };
}

/**
 * An operator's word on a return. An approval needs no request: the operator may have heard of it otherwise.
 *
 * @returns whether anything changed
 * @throws LeadwireError `unknown_delivery` for what is no sale, `return_decided` for what was decided otherwise,
 * `delivery_conflict`
 */
export async function decideReturn(
  deps: ReturnDeps,
  id: string,
  { state, reason, by }: { state: Exclude<ReturnState, 'requested'>; reason?: string | undefined; by: string },
): Promise<boolean> {
  const { deliveries, returns } = deps.models;
  const delivery = await untilAnswered(() => deliveries.findById(id).lean<DeliveryRecord>().exec());
  if (delivery?.state !== 'accepted' && delivery?.state !== 'returned') throw new LeadwireError('unknown_delivery');
  if (delivery.state === 'returned' && state === 'refused') throw new LeadwireError('return_decided');
  const decided = { ...(reason === undefined ? {} : { reason }), decidedBy: by, decidedAt: new Date() };
  const mine = { ...returnOf(delivery, { state, by, reason }), ...decided };
  const fenced = await insertFence<ReturnRecord>(returns, mine, () => false);
  const changed = fenced.ours
    ? mine
    : await untilAnswered(() =>
        returns
          .findOneAndUpdate(
            { _id: id, state: 'requested' },
            { $set: { state, ...decided } },
            { returnDocument: 'after' },
          )
          .lean<ReturnRecord>()
          .exec(),
      );
  const record = changed ?? (await untilAnswered(() => returns.findById(id).lean<ReturnRecord>().exec()));
  if (record?.state !== state) throw new LeadwireError('return_decided');
  const settled = state === 'approved' && (await takeBack(deps, record, {}));
  return changed !== null || settled;
}

/** Takes the sale back. False: it was taken back before. */
async function takeBack(
  deps: ReturnDeps,
  { _id, lead, integration, reason, requestedBy, decidedBy }: ReturnRecord,
  said: ReturnRequest['said'],
): Promise<boolean> {
  const settlement = {
    state: 'returned' as const,
    reason: reason ?? (decidedBy ? 'returned_by_operator' : requestedBy),
    ...said,
  };
  // Who asked for it and got it at once knows. Before it: whoever dies in between leaves work that is found.
  const told = decidedBy ? [followUpRow({ lead, integration, delivery: _id, operation: 'return' })] : [];
  for (const row of told) await putRow(deps.models.outbox, row);
  const result = await settleLate(deps, _id, settlement, decidedBy ?? requestedBy);
  if (result === 'unknown_delivery') throw new LeadwireError('unknown_delivery');
  if (result === 'conflict') throw new LeadwireError('delivery_conflict');
  deps.kick(told);
  return result === 'settled';
}

function returnOf(
  delivery: DeliveryRecord,
  { state, by, reason }: { state: ReturnState; by: string; reason: string | undefined },
): ReturnRecord {
  const { _id, lead, campaign, source, seller, buyer, integration, mode, bid } = delivery;
  const amount = delivery.price ?? bid.price;
  return {
    _id,
    ...{ lead, campaign, source, seller, buyer, integration, mode, state },
    ...(reason === undefined ? {} : { reason }),
    amount,
    clawback: clawbackOf(delivery.payout, amount),
    requestedBy: by,
    requestedAt: new Date(),
  };
}
