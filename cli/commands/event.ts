import { Command } from 'commander';
import { updateLead } from '../../activities/event/update-lead.ts';
import { recordChange } from '../../config/audit.ts';
import { compileConfiguration } from '../../config/compile.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { EventRecord } from '../../models/event.ts';
import { insertOnce } from '../../models/fence.ts';
import { formatPrice } from '../../rules/money.ts';
import { isTransactionId } from '../../rules/transaction-id.ts';
import { triggerEvent, type EventDeps } from '../../server/events/trigger.ts';
import { withDeployment, type Deployment } from '../deployment.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';

interface Options {
  lead: string;
  event: string;
  revenue?: string;
  field: string[];
  by: string;
}

export function eventCommand(terminal: Terminal): Command {
  return new Command('event').description('what happens after a lead').addCommand(triggerCommand(terminal));
}

function triggerCommand(terminal: Terminal): Command {
  return new Command('trigger')
    .description('record what became of a lead elsewhere, such as a sale on the phone')
    .requiredOption('--lead <id>', 'transaction id of a lead or a visit')
    .requiredOption('--event <id>', 'the event, as the campaign has it')
    .option('--revenue <dollars>', 'of a conversion')
    .option('--field <name=value>', 'a field of the event or of the lead; may be repeated', collect, [])
    .requiredOption('--by <name>', 'who says so, for the audit log')
    .action(async (options: Options) => {
      const fields = fieldsOf(options.field);
      await withDeployment(terminal, async (deployment) => {
        terminal.print(doneLine(await trigger(deployment, options, fields)));
      });
    });
}

async function trigger(
  deployment: Deployment,
  { lead: id, event, revenue, by }: Options,
  fields: Record<string, string>,
): Promise<EventRecord> {
  const { leads: models, store, audit, author } = deployment;
  const current = await store.current();
  if (!current) throw new LeadwireError('no_configuration');
  const found = isTransactionId(id)
    ? ((await models.leads.findById(id).lean()) ?? (await models.clicks.findById(id).lean()))
    : null;
  if (!found) throw new LeadwireError('unknown_lead');
  const configuration = compileConfiguration(await store.snapshot(current.revision), current.revision);
  const record = await triggerEvent(
    { models, config: { current: () => configuration }, outbox: outboxOf(deployment) },
    {
      body: {
        ...fields,
        cid: found.campaign,
        event_id: event,
        transaction_id: id,
        ...(revenue === undefined ? {} : { revenue }),
      },
      textual: true,
      caller: { origin: 'operator', name: by },
    },
  );
  await recordChange(audit, {
    at: record.at,
    who: `${by} (${author})`,
    what: 'event',
    kind: 'triggered',
    id: record._id,
  });
  return record;
}

/** The row left in the outbox lets any running node go on with what follows from the event. */
function outboxOf({ leads }: Deployment): EventDeps['outbox'] {
  return {
    write: (row) => insertOnce(leads.outbox, row),
    async follow(_row, event) {
      await updateLead(leads, event);
    },
  };
}

function doneLine({ event, lead, conversion, revenue, conversionId }: EventRecord): string {
  const what = conversion ? `, a conversion of ${formatPrice(revenue ?? 0)} (${conversionId})` : '';
  return `${event} is recorded on ${lead}${what}`;
}

function fieldsOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new CommandFailure([`--field ${pair} is not name=value`]);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}
