import type { ConfigurationRuntime } from '../config/runtime.ts';
import type { SecretStore } from '../config/secrets.ts';
import type { Mailer } from '../http/mail.ts';
import type { Outbound } from '../http/outbound.ts';
import type { Gates } from '../rules/postback/gate.ts';
import type { PostbackTime } from '../rules/postback/time.ts';
import type { LeadRecord } from '../models/lead.ts';
import type { LeadModels } from '../models/models.ts';
import type { OutboxRecord } from '../models/outbox.ts';
import type { LeadRecords } from './lead-records.ts';
import type { BuyerHistory } from './buyer-history.ts';
import type { CapCounters } from './cap-counters.ts';
import type { createClocks } from '../rules/logic.ts';
import type { Figures } from './figures.ts';
import type { Health } from './health.ts';
import type { Lists } from './lists.ts';
import type { Places } from '../rules/geo/places.ts';
import type { EarlyPings, EarlySales } from './early-sales.ts';
import type { Performance } from './performance.ts';
import type { PingRates } from './ping-rate.ts';
import type { OAuthTokens } from './oauth-tokens.ts';

/** What the steps of a lead tell the outside about: codes, ids and figures only. */
export interface Observer {
  /** A lead has its (for now) last outcome; whoever waits for it on this node may read the record. */
  concluded(lead: string, conclusion: Pick<LeadRecord, 'outcome' | 'reason' | 'sales' | 'offers'>): void;
  pinged(integration: string, result: string, durationMs: number): void;
  posted(integration: string, state: string, durationMs: number): void;
  conflict(delivery: string): void;
  /** A delivery was open for so long that it settled by itself. */
  overdue(delivery: string, integration: string, was: 'unknown' | 'pending', as: 'accepted' | 'rejected'): void;
  /** An attempt of a postback came to this: `delivered`, `failed`, or `retried` later. */
  postback(endpoint: string, result: string): void;
  /** A follow-up came to this: `done`, `failed`, `skipped`, or `retried` later. `operation`: `deliver`, `return` … */
  followUp(integration: string, operation: string, result: string): void;
  /** An endpoint was switched off: it is `gone`, or has been `failing` for days. */
  endpointDisabled(endpoint: string, reason: string): void;
}

export interface ActivityDeps {
  models: LeadModels;
  records: LeadRecords;
  counters: CapCounters;
  /** Which buyers have had a lead like this one. */
  buyerHistory: BuyerHistory;
  /** How often integrations may be asked. */
  pingRates: PingRates;
  lists: Lists;
  /** What is known about ZIP codes. */
  places: Places;
  /** The wall clocks of time zones. */
  clocks: ReturnType<typeof createClocks>;
  figures: Figures;
  /** How the requests of integrations go, for operators. */
  performance: Performance;
  /** Whom leads may go to, by how it answered lately. */
  health: Health;
  earlySales: EarlySales;
  earlyPings: EarlyPings;
  config: ConfigurationRuntime;
  secrets: SecretStore;
  outbound: Outbound;
  /** Sends what channels of alerts are told by e-mail. */
  mailer: Mailer;
  /** Access tokens of services that want them. */
  oauth: OAuthTokens;
  /** How many postbacks one endpoint is sent at a time. */
  gates: Gates;
  /** The time that postbacks go by. */
  time: PostbackTime;
  observer: Observer;
  /** Starts the work of outbox rows that are already written; faults are left to the sweeper. */
  kick(rows: readonly OutboxRecord[]): void;
  /** Where buyers reach this deployment. */
  publicUrl: string;
  nodeId: string;
  /** How far apart the clocks of two nodes may be, in milliseconds. */
  clockSkewMs: number;
}
