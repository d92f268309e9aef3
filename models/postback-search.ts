import { LeadwireError } from '../errors/leadwire-error.ts';
import type { Mode } from './origin.ts';
import type { LeadModels } from './models.ts';
import { native } from './native.ts';
import { readPage, type Page, type PageWanted } from './page.ts';
import { POSTBACK_RECORD_STATES, type PostbackRecord, type PostbackRecordState } from './postback.ts';

/** Which postbacks; without any property all of them. */
export interface PostbackFilter {
  id?: string | undefined;
  state?: PostbackRecordState | undefined;
  endpoint?: string | undefined;
  /** Id of an event (`sale_completed`), or what became of a lead (`sold`). */
  event?: string | undefined;
  campaign?: string | undefined;
  /** Transaction id. */
  lead?: string | undefined;
  /** When they were made: not before `from`, before `to`. */
  from?: Date | undefined;
  to?: Date | undefined;
  /** Only those to endpoints of these sources: what the deployment tells others is not theirs. */
  sources?: readonly string[] | undefined;
  mode?: Mode | undefined;
}

export interface PostbackSearch extends PostbackFilter, PageWanted {}

/** One page of the postbacks that were made. */
export function searchPostbacks(
  { postbacks }: Pick<LeadModels, 'postbacks'>,
  { limit, order, after, ...filter }: PostbackSearch,
): Promise<Page<PostbackRecord>> {
  return readPage<PostbackRecord>(postbacks, conditionsOf(filter), { limit, order, after });
}

/** @throws LeadwireError `postback_not_found` for one that is not there, or not one of the sources'. */
export async function requirePostback(
  { postbacks }: Pick<LeadModels, 'postbacks'>,
  filter: PostbackFilter & { id: string },
): Promise<PostbackRecord> {
  const found = await native<PostbackRecord>(postbacks).findOne({ $and: conditionsOf(filter) });
  if (!found) throw new LeadwireError('postback_not_found');
  return found;
}

/** Every property is told, so that each of the collection's indexes is read in its order. */
function conditionsOf(filter: PostbackFilter): Record<string, unknown>[] {
  const { id, state, endpoint, event, campaign, lead, from, to, sources, mode } = filter;
  const plain = Object.entries({ _id: id, endpoint, campaign, mode }).filter(([, value]) => value !== undefined);
  return [
    { ...Object.fromEntries(plain), state: state ?? { $in: POSTBACK_RECORD_STATES } },
    // Ids begin with the transaction's, then comes '_' or ':'.
    ...(lead === undefined ? [] : [{ _id: { $gt: lead, $lt: `${lead}~` } }]),
    ...(event === undefined ? [] : [{ type: { $in: [`event.${event}`, `lead.${event}`] } }]),
    ...(from === undefined ? [] : [{ createdAt: { $gte: from } }]),
    ...(to === undefined ? [] : [{ createdAt: { $lt: to } }]),
    ...(sources === undefined ? [] : [{ source: { $in: sources } }, ownEndpoints(sources)]),
  ];
}

function ownEndpoints(sources: readonly string[]): Record<string, unknown> {
  if (sources.length === 0) return { _id: { $in: [] } };
  // '0' is the character after '/'.
  return { $or: sources.map((source) => ({ endpoint: { $gte: `${source}/`, $lt: `${source}0` } })) };
}
