import { Schema, type Connection, type Model } from 'mongoose';

/** A text that only holders of the deployment's key can read; see config/sealing.ts. */
export interface Sealed {
  /** First 8 hex digits of the SHA-256 of the key it was encrypted under. */
  keyId: string;
  nonce: Buffer;
  ciphertext: Buffer;
  tag: Buffer;
}

/** One credential of an integration, encrypted. */
export interface Secret extends Sealed {
  /** `<integration id>:<name>`; also the additional data the ciphertext is bound to. */
  _id: string;
  updatedAt: Date;
}

export type SecretModel = Model<Secret>;

/** Collection `secrets`. */
export function createSecretModel(connection: Connection): SecretModel {
  const schema = new Schema<Secret>(
    {
      _id: { type: String, required: true },
      keyId: { type: String, required: true },
      nonce: { type: Buffer, required: true },
      ciphertext: { type: Buffer, required: true },
      tag: { type: Buffer, required: true },
      updatedAt: { type: Date, required: true },
    },
    {
      collection: 'secrets',
      versionKey: false,
      autoIndex: false,
      autoCreate: false,
      writeConcern: { w: 'majority', j: true },
    },
  );
  return connection.model<Secret>('Secret', schema);
}
