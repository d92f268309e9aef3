import { untilAnswered } from '../../models/fence.ts';
import type { ListingAskRecord } from '../../models/listing-ask.ts';
import type { LeadModels } from '../../models/models.ts';
import { native } from '../../models/native.ts';

export interface AskSearch {
  campaign?: string | undefined;
  /** Integration. */
  listing?: string | undefined;
  /** Transaction id of a lead or visit. */
  lead?: string | undefined;
  /** Only where this network, or some network, gave no offers. */
  empty?: boolean | undefined;
  limit: number;
  /** Id of the last one seen. */
  before?: string | undefined;
}

export interface AskPage {
  records: ListingAskRecord[];
  /** Where the next page begins; absent when there is none. */
  before?: string;
}

/** One page of the questions that pages asked click networks, the newest first. */
export async function searchAsks(
  { listingAsks }: Pick<LeadModels, 'listingAsks'>,
  { campaign, listing, lead, empty, limit, before }: AskSearch,
): Promise<AskPage> {
  const network = { ...(listing === undefined ? {} : { listing }), ...(empty ? { offers: 0 } : {}) };
  const filter = {
    ...(campaign === undefined ? {} : { campaign }),
    ...(lead === undefined ? {} : { lead }),
    ...(Object.keys(network).length > 0 ? { asked: { $elemMatch: network } } : {}),
    ...(before === undefined ? {} : { _id: { $lt: before } }),
  };
  const found = await untilAnswered(() =>
    native<ListingAskRecord>(listingAsks)
      .find(filter as never)
      .sort({ _id: -1 })
      .limit(limit + 1)
      .toArray(),
  );
  const records = found.slice(0, limit);
  const last = records.at(-1);
  return found.length > limit && last ? { records, before: last._id } : { records };
}
