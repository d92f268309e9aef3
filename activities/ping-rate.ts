import type { CompiledIntegration } from '../config/compile.ts';
import type { RatePolicy } from '../rules/rate-window.ts';
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
