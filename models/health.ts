import { Schema, type Connection } from 'mongoose';
import type { Failing, HealthCounts } from '../rules/health.ts';

export const HEALTH_STATES = ['closed', 'open', 'half_open'] as const;
export type HealthState = (typeof HEALTH_STATES)[number];

/**
 * Whether an integration gets leads, agreed between nodes; as a circuit breaker has it, `closed` is well. There is no
 * record of one that never failed. Changed by compare-and-set only (activities/health.ts).
 *
 * One episode is from `open` to `closed`: whoever tells operators reads this collection, and takes `_id` and `since` of
 * a record that is not `closed` for the name of the episode.
 */
export interface HealthRecord extends Failing {
  /** Id of the integration. */
  _id: string;
  state: HealthState;
  /** When it was taken out or, once it is closed, came back. A probe that fails does not change it. */
  since: Date;
  /** open, half_open: until then nobody goes there; after that one lead at a time does, to try it. */
  until: Date;
  /** half_open: the lead that tries it, and when another may if nothing is heard of that one. */
  probe?: { lead: string; until: Date };
}

export function createHealthModel(connection: Connection) {
  const schema = new Schema<HealthRecord>(
    {
      _id: String,
      state: { type: String, enum: HEALTH_STATES, required: true },
      since: { type: Date, required: true },
      until: { type: Date, required: true },
      probe: Schema.Types.Mixed,
      kind: { type: String, required: true },
      requests: { type: Number, required: true },
      failures: { type: Number, required: true },
    } as never,
    { collection: 'health', versionKey: false, autoIndex: false },
  );
  return connection.model('Health', schema);
}
export type HealthModel = ReturnType<typeof createHealthModel>;

/** What an integration's requests came to in five seconds. Live leads only. */
export interface HealthCountsRecord extends HealthCounts {
  /** `2026-01-31T14:05:10.000Z:int_acme`, the beginning of the five seconds. */
  _id: string;
}

export function createHealthCountsModel(connection: Connection) {
  const count = { type: Number, required: true };
  const schema = new Schema<HealthCountsRecord>(
    { _id: String, asks: count, askFailures: count, posts: count, postFailures: count },
    { collection: 'health_counts', versionKey: false, autoIndex: false },
  );
  return connection.model('HealthCounts', schema);
}
export type HealthCountsModel = ReturnType<typeof createHealthCountsModel>;
