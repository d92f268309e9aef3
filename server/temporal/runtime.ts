import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';

/**
 * Once per process, before any connection. Signals stay with Leadwire, which ends its worker only after the leads in
 * flight were answered; the SDK speaks up
 * for errors only: a retried activity is logged by Leadwire, with a code.
 */
export function installTemporalRuntime(): void {
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
  });
}
