import { Schema, type Connection } from 'mongoose';

/** What an integration did in one hour, for rules that go by its recent figures. Live leads only. */
export interface FiguresRecord {
  /** `2026-01-31T14:int_acme`, the hour in UTC: a window of hours is one range of ids. */
  _id: string;
  /** Pings that were answered in time, and how long those answers took in all, in milliseconds. */
  answers: number;
  answerMs: number;
  /** Bids, and what they came to in all, in micro-dollars. */
  bids: number;
  bidMicros: number;
  /** Posts that were answered with a yes or a no, and those with a yes. */
  posts: number;
  accepts: number;
  /** Postbacks that said what became of a post, and how long after it they came in all, in milliseconds. */
  postbacks: number;
  postbackMs: number;
}

export function createFiguresModel(connection: Connection) {
  const count = { type: Number, required: true };
  // Records of older versions lack them.
  const added = { type: Number, default: 0 };
  const schema = new Schema<FiguresRecord>(
    {
      ...{ _id: String, answers: count, answerMs: count, bids: count, bidMicros: count, posts: count, accepts: count },
      ...{ postbacks: added, postbackMs: added },
    },
    { collection: 'figures', versionKey: false, autoIndex: false },
  );
  return connection.model('Figures', schema);
}
export type FiguresModel = ReturnType<typeof createFiguresModel>;
