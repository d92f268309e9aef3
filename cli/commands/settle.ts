import { Argument, Command } from 'commander';
import { settleLate, type Settlement } from '../../activities/delivery/settle.ts';
import { recordChange } from '../../config/audit.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { formatPrice, parsePrice } from '../../rules/money.ts';
import { withDeployment, type Deployment } from '../deployment.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';

const VERDICTS = ['accepted', 'rejected'] as const;
type Verdict = (typeof VERDICTS)[number];

interface Options {
  price?: string;
  by: string;
}

export function settleCommand(terminal: Terminal): Command {
  return new Command('settle')
    .description('decide a delivery that is pending or unknown; its lead goes on within seconds')
    .argument('<delivery>', 'id of the delivery, as leadwire deliveries shows it')
    .addArgument(new Argument('<verdict>', 'what the buyer says about it').choices(VERDICTS))
    .option('--price <dollars>', 'what the buyer pays, when it is not its bid')
    .requiredOption('--by <name>', 'who decides, for the audit log')
    .action(async (id: string, verdict: Verdict, { price, by }: Options) => {
      const settlement = settlementOf(verdict, price);
      await withDeployment(terminal, async (deployment) => {
        await requireOpen(deployment, id);
        terminal.print(await settle(deployment, id, settlement, by));
      });
    });
}

function settlementOf(state: Verdict, text: string | undefined): Settlement {
  if (text === undefined) return { state, reason: 'settled_by_operator' };
  if (state === 'rejected') throw new CommandFailure(['A rejected delivery has no price: leave --price out']);
  const price = parsePrice(text);
  if (price === undefined) throw new CommandFailure([`--price ${text} is no price: write dollars such as 12.50`]);
  return { state, price, reason: 'settled_by_operator' };
}

/** A post that is still under way has an owner, which is about to hear the buyer itself. */
async function requireOpen({ leads }: Deployment, id: string): Promise<void> {
  const delivery = await leads.deliveries.findById(id, { state: 1 }).lean();
  if (!delivery) throw new LeadwireError('unknown_delivery');
  if (delivery.state === 'reserving' || delivery.state === 'sending') {
    throw new CommandFailure([`${id} is ${delivery.state}: its buyer may still answer. Try again in a minute`]);
  }
}

/** What was done, in one line. The row left in the outbox lets any running node go on with the lead. */
async function settle({ leads, audit, author }: Deployment, id: string, settlement: Settlement, by: string) {
  const { state, price } = settlement;
  const silent = { concluded() {}, pinged() {}, posted() {}, conflict() {} };
  const result = await settleLate({ models: leads, kick() {}, observer: silent }, id, settlement, by);
  if (result === 'unknown_delivery') throw new LeadwireError('unknown_delivery');
  const kind = result === 'settled' ? state : `${state} (${result})`;
  await recordChange(audit, { at: new Date(), who: `${by} (${author})`, what: 'delivery', kind, id });
  if (result === 'conflict') throw new LeadwireError('delivery_conflict');
  const at = price === undefined ? '' : ` at ${formatPrice(price)}`;
  if (result === 'already') return `${id} was ${state}${at} already; nothing changed`;
  return `${id} is ${state}${at}. A running node ${state === 'accepted' ? 'concludes the lead' : 'goes on with the lead'} within seconds`;
}
