import type { BuyerClaimModel, BuyerClaimRecord } from '../models/buyer-claim.ts';
import { hashOfValues } from '../models/claim.ts';
import { untilAnswered } from '../models/fence.ts';
import { native } from '../models/native.ts';
import type { Buyer } from '../schema/campaign.ts';
import type { LeadFacts } from './lead-records.ts';

const DAY_MS = 86_400_000;

/** What buyers that do not want the same lead twice have had, as keyed hashes. */
export function createBuyerHistory(claims: BuyerClaimModel, pepper: string) {
  /** The claim's id; undefined for a buyer that does not mind, and for a lead without the values. */
  function idOf({ id, dedupe }: Pick<Buyer, 'id' | 'dedupe'>, fields: LeadFacts['fields']): string | undefined {
    if (!dedupe) return undefined;
    const values = dedupe.fields.map((name) => fields[name]);
    if (values.every((value) => value === undefined)) return undefined;
    return `${id}:${hashOfValues(pepper, [id, ...values])}`;
  }

  return {
    /** What a delivery to this buyer has to claim before its post. */
    claimOf(
      buyer: Pick<Buyer, 'id' | 'dedupe'>,
      fields: LeadFacts['fields'],
      now: number,
    ): Pick<BuyerClaimRecord, '_id' | 'until'> | undefined {
      const _id = idOf(buyer, fields);
      if (_id === undefined || !buyer.dedupe) return undefined;
      return { _id, until: new Date(now + buyer.dedupe.withinDays * DAY_MS) };
    },

    /**
     * The buyers that have had a lead like this one, as far as its fields are known: a ping that lacks one of the
     * fields is asked for. One read for all of them, none when no buyer minds.
     */
    async hadBefore(buyers: readonly Buyer[], lead: Pick<LeadFacts, '_id' | 'fields'>): Promise<ReadonlySet<string>> {
      const known = buyers.filter(({ dedupe }) => dedupe?.fields.every((name) => lead.fields[name] !== undefined));
      const ids = new Map(known.map((buyer) => [idOf(buyer, lead.fields) ?? '', buyer.id]));
      if (ids.size === 0) return new Set();
      const wanted = { _id: { $in: [...ids.keys()] }, until: { $gt: new Date() } };
      const found = await untilAnswered(() => native<BuyerClaimRecord>(claims).find(wanted).toArray());
      return new Set(found.map(({ _id }) => ids.get(_id) ?? ''));
    },
  };
}
export type BuyerHistory = ReturnType<typeof createBuyerHistory>;
