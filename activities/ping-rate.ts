import type { CompiledIntegration } from '../config/compile.ts';
import { untilAnswered } from '../models/fence.ts';
import { native } from '../models/native.ts';
import type { RateWindow } from '../models/rate-window.ts';
import { usedOf, type RatePolicy, type RateUse } from '../rules/rate-window.ts';
import type { ActivityDeps } from './deps.ts';

/** Takes one request of a subject from each of the policies, or from none; all nodes count together. */
export interface PingRates {
  take(subject: string, policies: readonly RatePolicy[]): Promise<{ admitted: boolean }>;
}

/** Whether an integration may be asked about a live lead now, which counts then. One without a `pingRate` costs nothing. */
export async function withinPingRate(
  { config, pingRates }: Pick<ActivityDeps, 'config' | 'pingRates'>,
  { id }: Pick<CompiledIntegration, 'id'>,
): Promise<boolean> {
  const policies = config.live().integrations.get(id)?.pingRate ?? [];
  return policies.length === 0 || (await pingRates.take(`ping:${id}`, policies)).admitted;
}

/** How often integrations were asked in the windows that hold `at`, by integration; those without a `pingRate` are absent. */
export async function pingRatesUsed(
  { config, models }: Pick<ActivityDeps, 'config'> & { models: Pick<ActivityDeps['models'], 'rateWindows'> },
  integrations: readonly Pick<CompiledIntegration, 'id'>[],
  at: Date,
): Promise<ReadonlyMap<string, RateUse[]>> {
  const { integrations: live } = config.live();
  const limited = integrations.flatMap(({ id }) => {
    const policies = live.get(id)?.pingRate ?? [];
    return policies.length > 0 ? [{ id, policies }] : [];
  });
  if (limited.length === 0) return new Map();
  const windowOf = (id: string, { windowMs }: RatePolicy) => `ping:${id}:${windowMs}`;
  const ids = limited.flatMap(({ id, policies }) => policies.map((policy) => windowOf(id, policy)));
  const found = await untilAnswered(() =>
    native<RateWindow>(models.rateWindows)
      .find({ _id: { $in: ids } })
      .toArray(),
  );
  const known = new Map(found.map((window) => [window._id, window]));
  return new Map(
    limited.map(({ id, policies }) => [
      id,
      policies.map((policy) => ({ policy, used: usedOf(policy, known.get(windowOf(id, policy)), at.getTime()) })),
    ]),
  );
}
