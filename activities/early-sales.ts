import type { SaleResult } from './steps.ts';

/** A sale nobody has come for by then is forgotten: its lead's workflow runs on another node. */
const KEPT_MS = 60_000;

/**
 * Sales begun on this node while their lead's workflow is still being started. The lead and its outbox row are durable
 * and every decision of a sale is fenced by its own record, so the sale need not wait for Temporal: the workflow's step
 * joins it here, or, on another node, follows its records.
 */
export function createEarlySales() {
  const sales = new Map<string, Promise<SaleResult>>();
  return {
    /** Call only when the lead is durable. */
    begin(lead: string, sell: () => Promise<SaleResult>): void {
      const sale = sell();
      // A fault is met by the step that joins, which is then run again; nobody may come.
      sale.catch(() => undefined);
      sales.set(lead, sale);
      setTimeout(() => sales.delete(lead), KEPT_MS).unref();
    },
    /** The sale of a lead that is under way here, once: a step that is run again sells by itself. */
    join(lead: string): Promise<SaleResult> | undefined {
      const sale = sales.get(lead);
      sales.delete(lead);
      return sale;
    },
  };
}
export type EarlySales = ReturnType<typeof createEarlySales>;
