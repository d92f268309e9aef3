import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import type { LeadRecord } from '../../models/lead.ts';
import type { OutboxRecord } from '../../models/outbox.ts';
import type { followUp } from '../../workflows/follow-up.ts';
import type { lead as leadWorkflow } from '../../workflows/lead.ts';
import type { resume, settled } from '../../workflows/resume.ts';
import { CAMPAIGN, MODE, SOURCE } from '../../workflows/search-attributes.ts';

export type StartableLead = Pick<LeadRecord, '_id' | 'campaign' | 'source' | 'mode'>;

/**
 * Starts workflows by deterministic ids, so that starting one twice is harmless. Ids and search attributes are plain
 * text on the server: they carry no personal data.
 */
export function createStarter(client: Client, taskQueue: string) {
  const attributes = (lead: StartableLead) => [
    { key: CAMPAIGN, value: lead.campaign },
    { key: SOURCE, value: lead.source },
    { key: MODE, value: lead.mode },
  ];
  return {
    /** Starts the workflow of a lead that was just inserted; `eager` when its first task came to this node at once. */
    async lead(lead: StartableLead): Promise<{ eager: boolean }> {
      return unlessStarted({ eager: false }, async () => {
        const handle = await client.workflow.start<typeof leadWorkflow>('lead', {
          workflowId: lead._id,
          taskQueue,
          args: [{ transactionId: lead._id }],
          requestEagerStart: true,
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          typedSearchAttributes: attributes(lead),
          staticSummary: `${lead.mode === 'test' ? 'Sandbox lead' : 'Lead'} of ${lead.campaign} from ${lead.source}`,
        });
        return { eager: handle.eagerlyStarted };
      });
    },
    /** Starts the continuation of a lead, or wakes it when it is running. */
    async resume(lead: StartableLead): Promise<void> {
      await client.workflow.signalWithStart<typeof resume, []>('resume', {
        workflowId: `${lead._id}/resume`,
        taskQueue,
        args: [{ transactionId: lead._id }],
        signal: 'settled' satisfies (typeof settled)['name'],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        typedSearchAttributes: attributes(lead),
        staticSummary: `Continuation of ${lead._id}`,
      });
    },
    /** Starts the delivery of a lead to a service after its outcome. */
    async followUp(lead: StartableLead, row: OutboxRecord): Promise<void> {
      const integration = row.integration ?? '';
      await unlessStarted(undefined, async () => {
        await client.workflow.start<typeof followUp>('followUp', {
          workflowId: `${lead._id}/${integration}`,
          taskQueue,
          args: [{ transactionId: lead._id, integration }],
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          typedSearchAttributes: attributes(lead),
          staticSummary: `Delivery to ${integration} after the outcome`,
        });
      });
    },
  };
}
export type Starter = ReturnType<typeof createStarter>;

async function unlessStarted<T>(otherwise: T, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return otherwise;
    throw error;
  }
}
