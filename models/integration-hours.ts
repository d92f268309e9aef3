import { Schema, type Connection } from 'mongoose';
import type { TimeCounts } from '../rules/response-times.ts';

/** What the requests of an operation came to; each counts once. Live leads only. */
export interface RequestCounts {
  requests: number;
  /** Answered with a yes: a bid, an accept, a check that passed, a delivery that was taken. */
  accepted: number;
  /** Answered with a no. */
  rejected: number;
  /** The answer comes later. */
  pending: number;
  /** No answer that means anything: not sent, no answer in time, an error of the service, not recognised. */
  errors: number;
  /** Requests that were answered at all, and how long that took in all, in milliseconds. */
  answers: number;
  answerMs: number;
}

/** What one operation of an integration did in one hour. Answers are also counted by how long they took. */
export interface IntegrationHourRecord extends RequestCounts, TimeCounts {
  /** `int_acme:2026-01-31T14:post`, the hour in UTC: a period of one integration is one range of ids. */
  _id: string;
}

export function createIntegrationHourModel(connection: Connection) {
  // Counts are added by update alone, so that no shape of them is checked here.
  const schema = new Schema<IntegrationHourRecord>(
    { _id: String },
    { collection: 'integration_hours', versionKey: false, autoIndex: false, strict: false },
  );
  return connection.model('IntegrationHour', schema);
}
export type IntegrationHourModel = ReturnType<typeof createIntegrationHourModel>;
