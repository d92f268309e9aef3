import { proxyLocalActivities, setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { Activities } from '../activities/create-activities.ts';
import type { LeadStep, SaleResult } from '../activities/steps.ts';
import { BUYER, OUTCOME } from './search-attributes.ts';

// Everything a lead needs while its seller waits is one local activity within one workflow task. It is retried for as
// long as it takes: a lead that was answered reaches an outcome.
const { sellLead } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '5 minutes',
  retry: { initialInterval: '200 ms', backoffCoefficient: 2, maximumInterval: '15 s' },
  // A longer pause is the server's timer, so that a node can shut down meanwhile and another take over.
  localRetryThreshold: '1 s',
  summary: 'Auction and posts',
});

export interface LeadInput {
  transactionId: string;
}

/** What became of a lead, as the list of workflows shows it. */
export type LeadResult = Pick<SaleResult, 'outcome' | 'reason' | 'buyers'>;

/** One lead: auction, then post after post until it is sold, exhausted, held or out of time. */
export async function lead({ transactionId }: LeadInput): Promise<LeadResult> {
  return report(await sellLead({ transactionId, auction: 1, rounds: [], turn: 0, next: 'auction' }));
}

/** Shows operators what became of a lead: searchable by outcome and buyer, readable in the details. */
export function report(sale: SaleResult): LeadResult {
  const { outcome, reason, buyers } = sale;
  if (!outcome) return {};
  upsertSearchAttributes([
    { key: OUTCOME, value: outcome },
    ...(buyers?.length ? [{ key: BUYER, value: buyers }] : []),
  ]);
  setCurrentDetails(describe(sale));
  return { outcome, reason, ...(buyers ? { buyers } : {}) };
}

function describe({ outcome, reason, rounds }: LeadStep): string {
  const lines = rounds.map((played) => {
    const because = played.reason ? ` (${played.reason})` : '';
    return `${played.round}. ${played.integration} at ${played.price}: ${played.state}${because}`;
  });
  return [`**${outcome}**: ${reason}`, ...lines].join('\n\n');
}
