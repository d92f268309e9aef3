import { ScheduleAlreadyRunning, ScheduleNotFoundError, ScheduleOverlapPolicy, type Client } from '@temporalio/client';
import type { CompiledConfiguration } from '../../config/compile.ts';
import type { ConfigurationRuntime } from '../../config/runtime.ts';
import type { Logger } from '../../log/logger.ts';
import type { alerts } from '../../workflows/alerts.ts';

export interface AlertScheduleDeps {
  client: Client;
  taskQueue: string;
  config: Pick<ConfigurationRuntime, 'onChange'>;
  everySeconds: number;
  log: Logger;
}

/** A look that no node took up is given up: the next one sees more. */
const GIVEN_UP_AFTER = '5 minutes';

export function alertScheduleId(taskQueue: string): string {
  return `leadwire-alerts-${taskQueue}`;
}

/**
 * The deployment's one schedule of alerts: there while a campaign has any. Every node sees to it when it starts and when
 * the configuration changes; doing so again is harmless.
 */
export function createAlertSchedule({ client, taskQueue, config, everySeconds, log }: AlertScheduleDeps) {
  const scheduleId = alertScheduleId(taskQueue);
  const definition = {
    spec: { intervals: [{ every: everySeconds * 1000 }] },
    action: {
      type: 'startWorkflow' as const,
      workflowType: 'alerts' as const,
      workflowId: `alerts/${taskQueue}`,
      taskQueue,
      args: [] as Parameters<typeof alerts>,
      workflowExecutionTimeout: GIVEN_UP_AFTER,
      staticSummary: 'Alerts of every campaign',
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' as const },
  };
  let wanted: boolean | undefined;
  let working: Promise<void> = Promise.resolve();
  let stopListening = () => {};

  async function put(): Promise<void> {
    try {
      await client.schedule.create({ scheduleId, ...definition });
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
      await client.schedule.getHandle(scheduleId).update((was) => ({ ...was, ...definition }));
    }
  }

  async function remove(): Promise<void> {
    try {
      await client.schedule.getHandle(scheduleId).delete();
    } catch (error) {
      if (!(error instanceof ScheduleNotFoundError)) throw error;
    }
  }

  function follow({ campaigns }: Pick<CompiledConfiguration, 'campaigns'>): void {
    const has = [...campaigns.values()].some((campaign) => campaign.alerts.length > 0);
    // Without alerts a schedule that was never made need not be looked for, except that an earlier run may have made it.
    if (has === wanted) return;
    wanted = has;
    working = working.then(has ? put : remove).catch((error: unknown) => {
      wanted = undefined;
      const fault = error instanceof Error ? error.name : '';
      log.error({ code: 'alert_schedule_failed', fault }, 'the schedule of alerts is not as it should be');
    });
  }

  return {
    run(): void {
      stopListening = config.onChange(follow);
    },
    async stop(): Promise<void> {
      stopListening();
      await working;
    },
  };
}
