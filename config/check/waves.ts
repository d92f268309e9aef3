import type { Integration } from '../../schema/integration.ts';
import { momentOf } from '../moment.ts';
import type { Draft } from './draft.ts';
import { join, type Findings } from './issues.ts';

/** `after` names integrations of the same campaign that run before the ping, without going in circles. */
export function checkWaves(draft: Draft, findings: Findings): void {
  const byId = new Map(draft.integrations.map((entry) => [entry.id, entry.object]));
  const circular = inCircles(byId);

  for (const { id, object, path } of draft.integrations) {
    if (object.after && momentOf(object) !== 'before_ping') {
      findings.warn(join(path, 'after'), 'unused', 'has no effect unless the integration runs before the ping');
    }
    object.after?.forEach((earlierId, at) => {
      const earlier = byId.get(earlierId);
      if (!earlier) return;
      const where = join(path, 'after', at);
      if (earlier.campaign !== object.campaign && earlier.campaign && object.campaign) {
        findings.error(where, 'other_campaign', `${earlierId} belongs to ${earlier.campaign}`);
      } else if (earlier.category && momentOf(earlier) !== 'before_ping') {
        findings.error(where, 'wrong_moment', `${earlierId} does not run before the ping`);
      }
    });
    if (circular.has(id)) findings.error(join(path, 'after'), 'cycle', 'waits, through others, for itself');
  }
}

function inCircles(byId: ReadonlyMap<string, Pick<Partial<Integration>, 'after'>>): Set<string> {
  const reaches = (from: string, wanted: string, seen: Set<string>): boolean =>
    (byId.get(from)?.after ?? []).some((next) => {
      if (next === wanted) return true;
      if (seen.has(next)) return false;
      seen.add(next);
      return reaches(next, wanted, seen);
    });
  return new Set([...byId.keys()].filter((id) => reaches(id, id, new Set())));
}
