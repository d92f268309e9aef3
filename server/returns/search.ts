import { untilAnswered } from '../../models/fence.ts';
import type { Mode } from '../../models/origin.ts';
import { native } from '../../models/native.ts';
import type { ReturnModel, ReturnRecord, ReturnState } from '../../models/return.ts';

export interface ReturnSearch {
  /** Whose; absent: everybody's. */
  buyer?: string | undefined;
  seller?: string | undefined;
  /** Of a seller: only this source. */
  source?: string | undefined;
  mode?: Mode;
  state?: ReturnState | undefined;
  limit: number;
  /** Id of the last one seen. */
  before?: string | undefined;
}

export interface ReturnPage {
  records: ReturnRecord[];
  /** Where the next page begins; absent when there is none. */
  before?: string;
}

/** One page of returns, those of the newest leads first; `before` says where the next one begins. */
export async function searchReturns(
  returns: ReturnModel,
  { limit, before, ...wanted }: ReturnSearch,
): Promise<ReturnPage> {
  const filter = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
  const older = before === undefined ? {} : { _id: { $lt: before } };
  const found = await untilAnswered(() =>
    native<ReturnRecord>(returns)
      .find({ ...filter, ...older })
      .sort({ _id: -1 })
      .limit(limit + 1)
      .toArray(),
  );
  const records = found.slice(0, limit);
  const last = records.at(-1);
  return found.length > limit && last ? { records, before: last._id } : { records };
}
