import type { LeadRecord } from '../models/lead.ts';

export type Conclusion = Pick<LeadRecord, 'outcome' | 'reason' | 'sales' | 'offers'>;

/**
 * Where a step that concludes a lead tells whoever waits for it on the same node. Only a shortcut: the truth is the
 * lead record, which a waiter on another node reads.
 */
export function createOutcomeBoard() {
  const waiting = new Map<string, (conclusion: Conclusion) => void>();
  return {
    announce(lead: string, conclusion: Conclusion): void {
      waiting.get(lead)?.(conclusion);
    },
    /** Call `forget` when done waiting. */
    expect(lead: string): { concluded: Promise<Conclusion>; forget(): void } {
      const concluded = new Promise<Conclusion>((resolve) => waiting.set(lead, resolve));
      return { concluded, forget: () => waiting.delete(lead) };
    },
  };
}
export type OutcomeBoard = ReturnType<typeof createOutcomeBoard>;
