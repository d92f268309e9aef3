import { Command, CommanderError } from 'commander';
import { LeadwireError } from '../errors/leadwire-error.ts';
import { alertsCommand } from './commands/alerts.ts';
import { applyCommand } from './commands/apply.ts';
import { auditCommand } from './commands/audit.ts';
import { backupCommand } from './commands/backup.ts';
import { checkCommand } from './commands/check.ts';
import { connectorCommand } from './commands/connector.ts';
import { creditCommand } from './commands/credit.ts';
import { deliveriesCommand } from './commands/deliveries.ts';
import { eventCommand } from './commands/event.ts';
import { eventsCommand } from './commands/events.ts';
import { explainCommand } from './commands/explain.ts';
import { followUpsCommand } from './commands/follow-ups.ts';
import { exportCommand } from './commands/export.ts';
import { healthCommand } from './commands/health.ts';
import { instructionsCommand } from './commands/instructions.ts';
import { integrationCommand } from './commands/integration.ts';
import { ledgerCommand } from './commands/ledger.ts';
import { keyCommand } from './commands/key.ts';
import { leadCommand } from './commands/lead.ts';
import { listCommand } from './commands/list.ts';
import { listingsCommand } from './commands/listings.ts';
import { nodeCommand } from './commands/node.ts';
import { postbacksCommand } from './commands/postbacks.ts';
import { reopenCommand } from './commands/reopen.ts';
import { restoreCommand } from './commands/restore.ts';
import { secretCommand } from './commands/secret.ts';
import { returnsCommand } from './commands/returns.ts';
import { settleCommand } from './commands/settle.ts';
import { reportCommand } from './commands/report.ts';
import { statementCommand } from './commands/statement.ts';
import { eraseCommand, revokeCommand } from './commands/withdraw.ts';
import { CommandFailure, issueLine, type Terminal } from './terminal.ts';

const COMMANDS = [
  applyCommand,
  exportCommand,
  checkCommand,
  secretCommand,
  keyCommand,
  instructionsCommand,
  leadCommand,
  explainCommand,
  deliveriesCommand,
  settleCommand,
  returnsCommand,
  followUpsCommand,
  revokeCommand,
  eraseCommand,
  creditCommand,
  reportCommand,
  statementCommand,
  ledgerCommand,
  healthCommand,
  eventCommand,
  eventsCommand,
  listCommand,
  listingsCommand,
  connectorCommand,
  integrationCommand,
  postbacksCommand,
  alertsCommand,
  auditCommand,
  backupCommand,
  reopenCommand,
  restoreCommand,
  nodeCommand,
] as const;

/** Runs one command line, without the program's own name. Returns the exit code. */
export async function runCli(argv: readonly string[], terminal: Terminal): Promise<number> {
  const program = new Command('leadwire').description('Configures, watches and maintains a Leadwire deployment');
  for (const command of COMMANDS) program.addCommand(command(terminal));
  overrideExit(program, terminal);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    for (const line of linesOf(error)) terminal.complain(line);
    return 1;
  }
}

function overrideExit(command: Command, terminal: Terminal) {
  command.exitOverride().configureOutput({
    writeOut: (text) => terminal.print(text.trimEnd()),
    writeErr: (text) => terminal.complain(text.trimEnd()),
  });
  for (const child of command.commands) overrideExit(child, terminal);
}

function linesOf(error: unknown): readonly string[] {
  if (error instanceof CommandFailure) return error.lines;
  if (error instanceof LeadwireError) {
    return [`${error.message} (${error.code})`, ...(error.details.issues ?? []).map(issueLine)];
  }
  const { code, message } = error as NodeJS.ErrnoException;
  // A system error's message names the file; anything else is a fault of ours, and its stack tells where.
  return typeof code === 'string' ? [message] : [(error as Error).stack ?? String(error)];
}
