import { Schema, type Connection, type Model } from 'mongoose';

/** The address under which a source's posting instructions can be read without a login. */
export interface PostingLink {
  /** Id of the source: it has one address at a time. */
  _id: string;
  /** Whoever knows it may read; it opens nothing else. */
  token: string;
  createdAt: Date;
}

export type PostingLinkModel = Model<PostingLink>;

/** Collection `posting_links`. */
export function createPostingLinkModel(connection: Connection): PostingLinkModel {
  const schema = new Schema<PostingLink>(
    {
      _id: { type: String, required: true },
      token: { type: String, required: true },
      createdAt: { type: Date, required: true },
    },
    {
      collection: 'posting_links',
      versionKey: false,
      autoIndex: false,
      autoCreate: false,
      writeConcern: { w: 'majority', j: true },
    },
  );
  schema.index({ token: 1 }, { unique: true });
  return connection.model<PostingLink>('PostingLink', schema);
}
