import { isTerminal, type Outcome } from '../outcome.ts';
import type { PostbackStatus } from '../../schema/postback.ts';

/** What a lead came to, as far as its source is told. */
export interface Conclusion {
  outcome: Outcome;
  /** Some of it may still change: the outcome itself, or one of several buyers. */
  open: boolean;
  /** The same before this conclusion; false for a lead's first. */
  wasOpen: boolean;
  /** Rounds whose sale the buyer took back. */
  returned: readonly number[];
}

/** One thing to tell: its name is unique for the lead, since a lead of several buyers can be returned more than once. */
export interface News {
  name: string;
  status: PostbackStatus;
  round?: number;
}

/** What there is to tell a source after a conclusion; what was told before is left out by the caller. */
export function newsOf({ outcome, open, wasOpen, returned }: Conclusion): News[] {
  const news: News[] = [];
  if (outcome === 'sold') news.push({ name: 'sold', status: 'sold' });
  if (outcome === 'rejected' || outcome === 'expired' || outcome === 'cancelled')
    news.push({ name: 'rejected', status: 'rejected' });
  if (outcome === 'held') news.push({ name: 'held', status: 'held' });
  if (wasOpen && !open && isTerminal(outcome)) news.push({ name: 'settled', status: 'settled' });
  return [...news, ...returned.map((round): News => ({ name: `returned_${round}`, status: 'returned', round }))];
}
