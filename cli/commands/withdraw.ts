import { Command } from 'commander';
import { recordChange } from '../../config/audit.ts';
import type { WithdrawalKind } from '../../models/withdrawal.ts';
import { returnReasonSchema } from '../../schema/money.ts';
import { requestWithdrawal } from '../../server/withdrawals/request.ts';
import { proofShown } from '../../server/withdrawals/shown.ts';
import { withDeployment } from '../deployment.ts';
import { CommandFailure, table, type Terminal } from '../terminal.ts';

interface Options {
  by: string;
  reason?: string;
  json?: boolean;
}

export function revokeCommand(terminal: Terminal): Command {
  const what = 'a person took the consent back: sell the lead to nobody and tell who has it';
  return withdrawCommand(terminal, 'revoke', what);
}

export function eraseCommand(terminal: Terminal): Command {
  const what = 'erase what is known of the person of a lead, a ping or a visit, for good, and tell who has it';
  return withdrawCommand(terminal, 'erase', what);
}

function withdrawCommand(terminal: Terminal, kind: WithdrawalKind, description: string): Command {
  return new Command(kind)
    .description(`${description}. Again it shows how that stands`)
    .argument('<id>', 'transaction id')
    .requiredOption('--by <name>', 'who decides, for the proof')
    .option('--reason <code>', 'why: opt_out')
    .option('--json', 'the proof as JSON')
    .action(async (id: string, { by, reason, json }: Options) => {
      if (reason !== undefined && !returnReasonSchema.safeParse(reason).success) {
        throw new CommandFailure([`--reason ${reason} must be lower case letters, digits and _`]);
      }
      const proof = await withDeployment(terminal, async ({ leads, audit, author }) => {
        const who = `${by} (${author})`;
        const wanted = { id, kind, why: reason, by: who };
        const { record, isNew } = await requestWithdrawal({ models: leads, kick() {} }, wanted);
        const details = reason === undefined ? {} : { details: { reason } };
        if (isNew) await recordChange(audit, { at: new Date(), who, what: 'lead', kind, id, ...details });
        return proofShown(leads, record);
      });
      if (json) return terminal.print(JSON.stringify(proof, undefined, 2));
      const { told, blanked = {}, ...facts } = proof;
      const records = Object.entries(blanked).map(([name, n]) => `${n} ${name}`);
      for (const line of table([
        ...Object.entries(facts).map(([name, value]) => [name.replaceAll('_', ' '), String(value)]),
        ...(records.length > 0 ? [['blanked', records.join(', ')]] : []),
      ])) {
        terminal.print(line);
      }
      for (const line of table(
        told.map(({ integration, state, reason: why = '' }) => ['told', integration, state, why]),
      )) {
        terminal.print(line);
      }
      if (proof.closed_at === undefined) terminal.print('a node goes on with it within seconds');
    });
}
