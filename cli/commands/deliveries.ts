import { Command, Option } from 'commander';
import type { DeliveryRecord } from '../../models/delivery.ts';
import { formatPrice } from '../../rules/money.ts';
import { withDeployment } from '../deployment.ts';
import { rowLimit } from '../row-limit.ts';
import { table, type Terminal } from '../terminal.ts';

const OPEN = ['unknown', 'pending'] as const;

interface Options {
  state?: (typeof OPEN)[number];
  limit: string;
}

export function deliveriesCommand(terminal: Terminal): Command {
  return new Command('deliveries')
    .description('deliveries whose end is open, oldest first')
    .addOption(new Option('--state <state>', 'unknown: nobody knows; pending: the buyer decides later').choices(OPEN))
    .option('--limit <n>', 'how many to show', '200')
    .action(async ({ state, limit }: Options) => {
      const most = rowLimit(limit);
      const states = state ? [state] : OPEN;
      const found = await withDeployment(terminal, ({ leads }) =>
        leads.deliveries
          .find({ state: { $in: states } })
          .sort({ _id: 1 })
          .limit(most + 1)
          .lean(),
      );
      if (found.length === 0) return terminal.print(`no delivery is ${states.join(' or ')}`);
      const head = ['delivery', 'state', 'integration', 'buyer', 'price', 'since', 'settles at', ''];
      for (const line of table([head, ...found.slice(0, most).map(row)])) terminal.print(line);
      if (found.length > most) terminal.complain(`There are more than ${most}: raise --limit to see them`);
    });
}

function row({ _id, state, integration, buyer, price, bid, changedAt, settleBy, mode }: DeliveryRecord): string[] {
  const money = formatPrice(price ?? bid.price);
  const settles = settleBy?.toISOString() ?? 'never by itself';
  return [_id, state, integration, buyer, money, changedAt.toISOString(), settles, mode === 'test' ? 'sandbox' : ''];
}
