import type { CapWindow } from '../rules/caps.ts';
import type { Eligibility } from '../rules/eligibility.ts';
import { countCall } from './call-caps.ts';
import type { DeliverySubject } from './delivery/subject.ts';
import type { ActivityDeps } from './deps.ts';
import { eligibilityOf, liveCapWindows } from './eligible.ts';

const LONGEST_PAUSE_MS = 6 * 3_600_000;

/** Whether a service may get a lead after its outcome: now, never, or perhaps later. */
export type Admission =
  | { admitted: true; counted: readonly CapWindow[] }
  /** `retryInMs`: when that may have changed; absent: nobody can tell. */
  | { admitted: false; reason: string; never: boolean; retryInMs?: number };

/** What does not change with time. */
const NEVER: ReadonlySet<Extract<Eligibility, { eligible: false }>['reason']> = new Set([
  ...(['rule', 'no_test_endpoint', 'geo_excluded', 'geo_state', 'geo_county', 'geo_zip'] as const),
  ...(['geo_radius', 'geo_unknown'] as const),
]);

/** Goes by the rule, schedule, area and caps of a service that is called after the outcome or an event. */
export async function admitFollowUp(
  deps: ActivityDeps,
  { lead, campaign, integration, captured }: DeliverySubject,
): Promise<Admission> {
  const at = new Date();
  const eligible = await eligibilityOf(deps, lead, campaign, [integration], at);
  await eligible.learn(captured);
  const checked = eligible.check(integration);
  if (!checked.eligible) {
    const { reason } = checked;
    return { admitted: false, reason, never: NEVER.has(reason), ...retryAt(reason) };
  }
  if (lead.mode === 'test') return { admitted: true, counted: [] };
  const counted = liveCapWindows(deps, lead, campaign, integration.id, at);
  const { full } = await countCall(deps.models.caps, counted);
  if (full) return { admitted: false, reason: 'cap_full', never: false, ...until(full.endsAt) };
  return { admitted: true, counted };

  function retryAt(reason: string): { retryInMs?: number } {
    const { facts, input } = eligible;
    if (reason === 'schedule_closed') {
      const zone = () => facts(integration).data.facts.timezone;
      return until(input(integration).filters.schedule.nextOpening(at, zone));
    }
    if (reason !== 'cap_full') return {};
    const ends = liveCapWindows(deps, lead, campaign, integration.id, at).flatMap(({ endsAt }) => endsAt ?? []);
    return until(ends.sort((a, b) => a.getTime() - b.getTime())[0]);
  }

  function until(moment: Date | undefined): { retryInMs?: number } {
    if (!moment) return {};
    return { retryInMs: Math.min(LONGEST_PAUSE_MS, Math.max(1000, moment.getTime() - at.getTime())) };
  }
}
