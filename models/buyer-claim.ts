import { Schema, type Connection } from 'mongoose';
import { isDuplicateKey, untilAnswered } from './fence.ts';
import { native } from './native.ts';

/** Says that a buyer has had, or is being sent, a lead with these values. */
export interface BuyerClaimRecord {
  /** Buyer and a keyed hash of the values; nothing personal can be read from it. */
  _id: string;
  /** Delivery that holds it. */
  delivery: string;
  /** The claim ends here. */
  until: Date;
}

export function createBuyerClaimModel(connection: Connection) {
  const schema = new Schema<BuyerClaimRecord>(
    { _id: String, delivery: { type: String, required: true }, until: { type: Date, required: true } },
    { collection: 'buyer_claims', versionKey: false, autoIndex: false },
  );
  // Tidies up only: whether a claim holds is decided by its `until`.
  schema.index({ until: 1 }, { expireAfterSeconds: 0 });
  return connection.model('BuyerClaim', schema);
}
export type BuyerClaimModel = ReturnType<typeof createBuyerClaimModel>;

/**
 * Takes a claim for a delivery in one atomic operation; of two that race one gets it. Harmless to repeat.
 *
 * @returns false while another delivery holds it
 */
export async function takeBuyerClaim(model: BuyerClaimModel, claim: BuyerClaimRecord): Promise<boolean> {
  const { _id, delivery, until } = claim;
  const claims = native<BuyerClaimRecord>(model);
  const free = { _id, $or: [{ delivery }, { until: { $lte: new Date() } }] };
  try {
    await untilAnswered(() => claims.updateOne(free, { $set: { delivery, until } }, { upsert: true }));
    return true;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const found = await untilAnswered(() => claims.findOne({ _id }));
    return found?.delivery === delivery;
  }
}

/** Gives a claim back, unless another delivery has it by now. */
export async function releaseBuyerClaim(model: BuyerClaimModel, _id: string, delivery: string): Promise<void> {
  await untilAnswered(() => native<BuyerClaimRecord>(model).deleteOne({ _id, delivery }));
}
