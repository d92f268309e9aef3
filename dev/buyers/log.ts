import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import type { Operation, Price, Verdict } from './wire.ts';

/** One request as the buyer saw it. Field names only: the log holds no personal data. */
export interface LogEntry {
  /** ISO time at which the whole request had been read. */
  at: string;
  buyer: string;
  format: string;
  op: Operation;
  ref: string | null;
  idempotencyKey: string | null;
  decision: Verdict;
  /** As answered; null without an offer. */
  price: Price;
  /** The buyer's id for the lead; null unless the decision gave it one. */
  leadId: string | null;
  sandbox: boolean;
  /** A post the buyer had decided before, known by its idempotency key. */
  replay: boolean;
  fields: string[];
}

export interface LogFilter {
  buyer?: string;
  op?: string;
  ref?: string;
}

/**
 * The buyers' log, in memory and, with `logFile`, as one JSON line per request written before the answer goes out.
 * An existing file is appended to.
 */
export function createLog(logFile?: string) {
  const file = logFile === undefined ? null : openSync(logFile, 'a');
  let entries: LogEntry[] = [];
  const byRef = new Map<string, LogEntry[]>();
  return {
    append(entry: LogEntry): void {
      if (file !== null) writeSync(file, `${JSON.stringify(entry)}\n`);
      entries.push(entry);
      if (entry.ref === null) return;
      const same = byRef.get(entry.ref);
      if (same) same.push(entry);
      else byRef.set(entry.ref, [entry]);
    },
    entries(filter: LogFilter = {}): LogEntry[] {
      const found = filter.ref === undefined ? entries : (byRef.get(filter.ref) ?? []);
      return found.filter(
        ({ buyer, op }) => buyer === (filter.buyer ?? buyer) && (filter.op === undefined || op === filter.op),
      );
    },
    /** What happened to that lead, oldest first. */
    of(ref: string): readonly LogEntry[] {
      return byRef.get(ref) ?? [];
    },
    /** Who accepted each lead, in order; a buyer that was sold the same lead twice stands there twice. */
    accepted(): Record<string, string[]> {
      const buyers: Record<string, string[]> = {};
      for (const { op, decision, replay, ref, buyer } of entries)
        if (op === 'post' && decision === 'accepted' && !replay) (buyers[ref ?? 'unknown'] ??= []).push(buyer);
      return buyers;
    },
    clear(): void {
      if (file !== null) ftruncateSync(file);
      entries = [];
      byRef.clear();
    },
    close(): void {
      if (file !== null) closeSync(file);
    },
  };
}

export type BuyersLog = ReturnType<typeof createLog>;
