import { proxyLocalActivities, setCurrentDetails } from '@temporalio/workflow';
import type { Activities } from '../activities/create-activities.ts';
import type { AlertStep } from '../activities/steps.ts';

const { evaluateAlerts } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '2 minutes',
  // The schedule looks again soon: what fails three times is left to it.
  retry: { initialInterval: '1 s', backoffCoefficient: 2, maximumAttempts: 3 },
  localRetryThreshold: '5 s',
  summary: 'Every alert of every campaign',
});

/** One look at the alerts, by the deployment's schedule. */
export async function alerts(): Promise<AlertStep> {
  const step = await evaluateAlerts();
  if (step.fired + step.recovered > 0) setCurrentDetails(`${step.fired} fired, ${step.recovered} recovered`);
  return step;
}
