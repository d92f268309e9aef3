import type { ConfigurationRuntime } from '../config/runtime.ts';
import type { SecretStore } from '../config/secrets.ts';
import type { Outbound } from '../http/outbound.ts';
import type { LeadRecord } from '../models/lead.ts';
import type { LeadModels } from '../models/models.ts';
import type { OutboxRecord } from '../models/outbox.ts';
import type { LeadRecords } from './lead-records.ts';
import type { CapCounters } from './cap-counters.ts';
import type { EarlySales } from './early-sales.ts';

/** What the steps of a lead tell the outside about: codes, ids and figures only. */
export interface Observer {
  /** A lead has its (for now) last outcome; whoever waits for it on this node may read the record. */
  concluded(lead: string, conclusion: Pick<LeadRecord, 'outcome' | 'reason' | 'sales'>): void;
  pinged(integration: string, result: string, durationMs: number): void;
  posted(integration: string, state: string, durationMs: number): void;
  conflict(delivery: string): void;
}

export interface ActivityDeps {
  models: LeadModels;
  records: LeadRecords;
  counters: CapCounters;
  earlySales: EarlySales;
  config: ConfigurationRuntime;
  secrets: SecretStore;
  outbound: Outbound;
  observer: Observer;
  /** Starts the work of outbox rows that are already written; faults are left to the sweeper. */
  kick(rows: readonly OutboxRecord[]): void;
  nodeId: string;
  /** How far apart the clocks of two nodes may be, in milliseconds. */
  clockSkewMs: number;
}
