import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import type { LeadRecord } from '../../models/lead.ts';
import type { WithdrawalKind } from '../../models/withdrawal.ts';
import { pingIdOf } from '../../rules/ping-id.ts';
import type { EventRecord } from '../../models/event.ts';
import type { event } from '../../workflows/event.ts';
import type { followUp, FollowUpInput } from '../../workflows/follow-up.ts';
import type { lead as leadWorkflow } from '../../workflows/lead.ts';
import type { ping } from '../../workflows/ping.ts';
import type { resume, settled } from '../../workflows/resume.ts';
import type { postback } from '../../workflows/postback.ts';
import type { withdrawal } from '../../workflows/withdrawal.ts';
import { CAMPAIGN, MODE, SOURCE } from '../../workflows/search-attributes.ts';

export type StartableLead = Pick<LeadRecord, '_id' | 'campaign' | 'source' | 'mode'>;

/**
 * Starts workflows by deterministic ids, so that starting one twice is harmless. Ids and search attributes are plain
 * text on the server: they carry no personal data.
 */
export function createStarter(client: Client, taskQueue: string) {
  const attributes = (lead: StartableLead) => [
    { key: CAMPAIGN, value: lead.campaign },
    // What is about a campaign as a whole has none.
    ...(lead.source === '' ? [] : [{ key: SOURCE, value: lead.source }]),
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
    /** Starts the workflow of a ping that was just inserted; its id is the one the ping has as a lead. */
    async ping(lead: StartableLead): Promise<{ eager: boolean }> {
      return unlessStarted({ eager: false }, async () => {
        const handle = await client.workflow.start<typeof ping>('ping', {
          workflowId: pingIdOf(lead._id),
          taskQueue,
          args: [{ transactionId: lead._id }],
          requestEagerStart: true,
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          typedSearchAttributes: attributes(lead),
          staticSummary: `${lead.mode === 'test' ? 'Sandbox ping' : 'Ping'} of ${lead.campaign} from ${lead.source}`,
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
    /** Starts telling everybody who is to be told of an event. */
    async event(fired: EventRecord, postbacks: string[]): Promise<void> {
      await unlessStarted(undefined, async () => {
        await client.workflow.start<typeof event>('event', {
          workflowId: `event/${fired._id}`,
          taskQueue,
          args: [{ transactionId: fired.lead, postbacks }],
          requestEagerStart: true,
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          typedSearchAttributes: attributes({ ...fired, _id: fired.lead }),
          staticSummary: `${fired.mode === 'test' ? 'Sandbox event' : 'Event'} ${fired.event} of ${fired.campaign}`,
        });
      });
    },
    /** Starts telling an endpoint what happened. It may be started again when it failed: its record says what is left. */
    async postback(lead: StartableLead, id: string): Promise<void> {
      await unlessStarted(undefined, async () => {
        await client.workflow.start<typeof postback>('postback', {
          workflowId: `postback/${id}`,
          taskQueue,
          args: [{ transactionId: lead._id, postback: id }],
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          typedSearchAttributes: attributes(lead),
          staticSummary: `Postback ${id}`,
        });
      });
    },
    /** Starts the delivery of a lead to a service after its outcome or an event, or telling it what became of it later. */
    async followUp(lead: StartableLead, row: Omit<FollowUpInput, 'transactionId'>): Promise<void> {
      const { integration, event, operation, delivery } = row;
      const about = event ?? delivery ?? lead._id;
      const told = operation === undefined ? [] : [operation];
      await unlessStarted(undefined, async () => {
        await client.workflow.start<typeof followUp>('followUp', {
          workflowId: [about, integration, ...told].join('/'),
          taskQueue,
          args: [
            {
              transactionId: lead._id,
              integration,
              ...(event === undefined ? {} : { event }),
              ...(operation === undefined ? {} : { operation }),
              ...(delivery === undefined ? {} : { delivery }),
            },
          ],
          // One that failed may be replayed: its record says what is left to do.
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          typedSearchAttributes: attributes(lead),
          staticSummary: operation
            ? `Tells ${integration}: ${operation}`
            : `Delivery to ${integration} after ${event === undefined ? 'the outcome' : 'an event'}`,
        });
      });
    },
    /** Starts taking back a consent, or erasing the data of a lead, a ping or a visit. */
    async withdrawal(lead: StartableLead, kind: WithdrawalKind): Promise<void> {
      await unlessStarted(undefined, async () => {
        await client.workflow.start<typeof withdrawal>('withdrawal', {
          workflowId: `${lead._id}/${kind}`,
          taskQueue,
          args: [{ transactionId: lead._id, kind }],
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          typedSearchAttributes: attributes(lead),
          staticSummary: kind === 'erase' ? 'Erases a lead' : 'Takes back the consent of a lead',
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
