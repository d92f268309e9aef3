import type { CompiledEndpoint } from '../../config/postbacks.ts';
import { isDuplicateKey, untilAnswered } from '../../models/fence.ts';
import type { EndpointRecord, PostbackRecord } from '../../models/postback.ts';
import { isFailingTooLong, isSameStreak } from '../../rules/postback/failing.ts';
import type { ActivityDeps } from '../deps.ts';

type Deps = Pick<ActivityDeps, 'models' | 'observer' | 'time'>;

export interface FoundEndpoint {
  endpoint: CompiledEndpoint;
  /** How it has been doing with the request it has now; null when nothing is known against it. */
  state: EndpointRecord | null;
}

/** Failures closer than this are counted as one: they are one outage. */
const COUNTED_MS = 60_000;

/** Where a postback goes now, or why it goes nowhere any more. */
export async function findEndpoint(
  { config, models }: Pick<ActivityDeps, 'config' | 'models'>,
  { endpoint: id, mode }: Pick<PostbackRecord, 'endpoint' | 'mode'>,
): Promise<FoundEndpoint | { ended: string }> {
  const endpoint = config.current().endpoints.byId.get(id);
  if (!endpoint) return { ended: 'endpoint_removed' };
  if (endpoint.paused) return { ended: 'endpoint_paused' };
  if (mode === 'test' && !endpoint.hasTestUrl) return { ended: 'no_test_endpoint' };
  const stored = await untilAnswered(() => models.endpoints.findById(id).lean<EndpointRecord>().exec());
  // One that was configured otherwise since is another endpoint.
  const state = stored?.request === endpoint.requestHash ? stored : null;
  if (state?.disabledAt) return { ended: 'endpoint_disabled' };
  return { endpoint, state };
}

/** It took a postback: what was known against it is forgotten. */
export async function noteSuccess({ models }: Pick<Deps, 'models'>, { endpoint, state }: FoundEndpoint): Promise<void> {
  if (!state) return;
  await untilAnswered(() =>
    models.endpoints.deleteOne({ _id: endpoint.id, request: endpoint.requestHash, disabledAt: { $exists: false } }),
  );
}

/** It did not take a postback; one that has taken nothing for days is switched off. */
export async function noteFailure(deps: Deps, { endpoint, state }: FoundEndpoint): Promise<void> {
  const now = new Date(deps.time.now());
  const { failingSince, lastFailureAt, failures = 0 } = state ?? {};
  if (!failingSince || !lastFailureAt || !isSameStreak(lastFailureAt, now)) {
    const $set = { request: endpoint.requestHash, failingSince: now, lastFailureAt: now, failures: 1 };
    return write(deps, endpoint, { $set, $unset: { disabledAt: '', reason: '' } });
  }
  if (now.getTime() - lastFailureAt.getTime() < COUNTED_MS) return;
  await write(deps, endpoint, { $set: { lastFailureAt: now, failures: failures + 1 } });
  if (isFailingTooLong(failingSince, failures + 1, now)) await disableEndpoint(deps, endpoint, 'failing');
}

/** Switches an endpoint off, and tells operators. */
export async function disableEndpoint(
  deps: Deps,
  endpoint: CompiledEndpoint,
  reason: 'gone' | 'failing',
): Promise<void> {
  await write(deps, endpoint, {
    $set: { request: endpoint.requestHash, disabledAt: new Date(deps.time.now()), reason },
  });
  deps.observer.endpointDisabled(endpoint.id, reason);
}

async function write({ models }: Pick<Deps, 'models'>, { id }: CompiledEndpoint, update: object): Promise<void> {
  try {
    await untilAnswered(() => models.endpoints.updateOne({ _id: id }, update, { upsert: true }));
  } catch (error) {
    // Another attempt made the record meanwhile; it says the same.
    if (!isDuplicateKey(error)) throw error;
  }
}
