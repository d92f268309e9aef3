import { proxyLocalActivities, setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { Activities } from '../activities/create-activities.ts';
import type { PingStep } from '../activities/steps.ts';
import { OUTCOME } from './search-attributes.ts';

const { answerPing } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '200 ms', backoffCoefficient: 2, maximumInterval: '15 s' },
  // A longer pause is the server's timer, so that a node can shut down meanwhile and another take over.
  localRetryThreshold: '1 s',
  summary: 'Auction of a ping',
});

export interface PingInput {
  transactionId: string;
}

/** What a ping came to, as the list of workflows shows it. */
export type PingResult = Pick<PingStep, 'outcome'>;

/** One ping: the auction, kept for the post that may follow. Most pings are never posted, so nothing waits for one. */
export async function ping(input: PingInput): Promise<PingResult> {
  const step = await answerPing(input);
  upsertSearchAttributes([{ key: OUTCOME, value: step.outcome }]);
  setCurrentDetails(describe(step));
  return { outcome: step.outcome };
}

function describe({ outcome, ranked, participants }: PingStep): string {
  const bids = ranked.map(({ integration, price }, place) => `${place + 1}. ${integration} at ${price}`);
  const others = Object.entries(participants)
    .filter(([, result]) => result !== 'bid')
    .map(([integration, result]) => `${integration}: ${result}`);
  return [`**${outcome}**`, ...bids, ...others].join('\n\n');
}
