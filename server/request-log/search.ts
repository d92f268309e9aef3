import { native } from '../../models/native.ts';
import { requestIdsOf, type RequestLogModel, type RequestRecord } from '../../models/request-log.ts';
import { transactionIdsFrom } from '../../rules/transaction-id.ts';
import type { Mode } from '../../models/origin.ts';

/** Records looked through for one page: with filters that few match, a page may hold fewer than asked for. */
const SCANNED = 5_000;
const MAX_MS = 10_000;

export interface RequestSearch {
  owner: string;
  mode: Mode;
  /** Only those of this source. */
  source?: string | undefined;
  from?: Date | undefined;
  to?: Date | undefined;
  /** A status, or the hundred it is in: 404, or 4 for all of 400 to 499. */
  status?: number | undefined;
  code?: string | undefined;
  transactionId?: string | undefined;
  limit: number;
  /** UUID of the last request looked through. */
  before?: string | undefined;
}

export interface RequestPage {
  /** The newest first. */
  records: RequestRecord[];
  /** Where the next page begins; absent when there is none. */
  before?: string;
}

/** One page of an owner's requests, found by the range of their ids. */
export async function searchRequests(model: RequestLogModel, search: RequestSearch): Promise<RequestPage> {
  const owned = requestIdsOf(search.owner, search.mode);
  const uuidFrom = (at: Date) => transactionIdsFrom(at.getTime()).slice('txn_'.length);
  const low = search.from ? uuidFrom(search.from) : '';
  const high = [search.to ? uuidFrom(search.to) : '~', search.before ?? '~'].sort()[0]!;
  const range = { _id: { $gte: `${owned}${low}`, $lt: `${owned}${high}` } };
  const scan = { sort: { _id: -1 as const }, maxTimeMS: MAX_MS };
  const found = (await native<RequestRecord>(model)
    .aggregate(
      [
        { $match: range },
        { $sort: { _id: -1 } },
        { $limit: SCANNED },
        { $match: filterOf(search) },
        { $limit: search.limit + 1 },
      ],
      { maxTimeMS: MAX_MS },
    )
    .toArray()) as RequestRecord[];
  const records = found.slice(0, search.limit);
  const last = records.at(-1);
  if (found.length > search.limit && last) return { records, before: uuidOf(last) };
  // Fewer than asked for: either that was all, or all that was looked through.
  const [edge] = await native<RequestRecord>(model)
    .find(range, { ...scan, skip: SCANNED - 1, limit: 1, projection: { _id: 1 } })
    .toArray();
  return edge ? { records, before: uuidOf(edge) } : { records };
}

function filterOf({ source, status, code, transactionId }: RequestSearch): Record<string, unknown> {
  const isHundred = status !== undefined && status < 10;
  return {
    ...(source === undefined ? {} : { source }),
    ...(code === undefined ? {} : { code }),
    ...(transactionId === undefined ? {} : { transactionId }),
    ...(status === undefined ? {} : { status: isHundred ? { $gte: status * 100, $lt: status * 100 + 100 } : status }),
  };
}

/** The part of a record's id that is the request's own. */
export function uuidOf({ _id }: Pick<RequestRecord, '_id'>): string {
  return _id.slice(_id.lastIndexOf(':') + 1);
}
