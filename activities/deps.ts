import type { ConfigurationRuntime } from '../config/runtime.ts';
import type { SecretStore } from '../config/secrets.ts';
import type { Outbound } from '../http/outbound.ts';
import type { Gates } from '../rules/postback/gate.ts';
import type { LeadRecord } from '../models/lead.ts';
import type { LeadModels } from '../models/models.ts';
import type { OutboxRecord } from '../models/outbox.ts';
import type { LeadRecords } from './lead-records.ts';
import type { CapCounters } from './cap-counters.ts';
import type { createClocks } from '../rules/logic.ts';
import type { Figures } from './figures.ts';
import type { Lists } from './lists.ts';
import type { Places } from '../rules/geo/places.ts';
import type { EarlyPings, EarlySales } from './early-sales.ts';

/** What the steps of a lead tell the outside about: codes, ids and figures only. */
export interface Observer {
  /** A lead has its (for now) last outcome; whoever waits for it on this node may read the record. */
  concluded(lead: string, conclusion: Pick<LeadRecord, 'outcome' | 'reason' | 'sales' | 'offers'>): void;
  pinged(integration: string, result: string, durationMs: number): void;
  posted(integration: string, state: string, durationMs: number): void;
  conflict(delivery: string): void;
  /** An attempt of a postback came to this: `delivered`, `failed`, or `retried` later. */
  postback(endpoint: string, result: string): void;
  /** An endpoint was switched off: it is `gone`, or has been `failing` for days. */
  endpointDisabled(endpoint: string, reason: string): void;
}

export interface ActivityDeps {
  models: LeadModels;
  records: LeadRecords;
  counters: CapCounters;
  lists: Lists;
  /** What is known about ZIP codes. */
  places: Places;
  /** The wall clocks of time zones. */
  clocks: ReturnType<typeof createClocks>;
  figures: Figures;
  earlySales: EarlySales;
  earlyPings: EarlyPings;
  config: ConfigurationRuntime;
  secrets: SecretStore;
  outbound: Outbound;
  /** How many postbacks one endpoint is sent at a time. */
  gates: Gates;
  observer: Observer;
  /** Starts the work of outbox rows that are already written; faults are left to the sweeper. */
  kick(rows: readonly OutboxRecord[]): void;
  /** Where buyers reach this deployment. */
  publicUrl: string;
  nodeId: string;
  /** How far apart the clocks of two nodes may be, in milliseconds. */
  clockSkewMs: number;
}
