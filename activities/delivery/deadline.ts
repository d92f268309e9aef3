import type { CompiledIntegration } from '../../config/compile.ts';
import type { DeliveryRecord } from '../../models/delivery.ts';
import type { DeliveryState } from '../../rules/delivery.ts';
import type { ActivityDeps } from '../deps.ts';
import { applySettlement } from './settle.ts';

/** When a delivery that comes to this state now settles by itself; states that are no doubt have no such time. */
export function settleTime(
  { deadlines }: Pick<CompiledIntegration, 'deadlines'>,
  state: DeliveryState,
): Pick<DeliveryRecord, 'settleBy'> {
  if (state !== 'unknown' && state !== 'pending') return {};
  return { settleBy: new Date(Date.now() + deadlines[state].afterMinutes * 60_000) };
}

/** Settles a delivery that was open for too long as its integration says, and tells operators. */
export async function settleOverdue(
  deps: Pick<ActivityDeps, 'models' | 'observer'>,
  { deadlines }: Pick<CompiledIntegration, 'deadlines'>,
  delivery: DeliveryRecord,
): Promise<DeliveryRecord> {
  const { _id, state, integration } = delivery;
  if (state !== 'unknown' && state !== 'pending') return delivery;
  const now = new Date();
  if (delivery.settleBy === undefined || delivery.settleBy > now) return delivery;
  const { as } = deadlines[state];
  const settled = await applySettlement(
    deps.models,
    _id,
    { state: as, reason: 'deadline_passed' },
    { set: { overdueAt: now }, only: { state } },
  );
  if (settled) deps.observer.overdue(_id, integration, state, as);
  return settled ?? delivery;
}
