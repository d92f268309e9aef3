import { Command, Option } from 'commander';
import type { IssuedKey, KeyOrder, ListedKey } from '../../config/api-keys.ts';
import { checkKeyOrder } from '../../config/key-order.ts';
import { MODES, type Mode } from '../../models/origin.ts';
import type { ConfigurationFile } from '../../schema/configuration.ts';
import { withDeployment } from '../deployment.ts';
import { CommandFailure, table, type Terminal } from '../terminal.ts';

const HOUR_MS = 3_600_000;
const MAX_OVERLAP_HOURS = 24 * 90;

interface CreateOptions {
  seller?: string;
  source?: string;
  buyer?: string;
  operator?: true;
  publishable?: true;
  origin: string[];
  allowIp: string[];
  signed?: true;
  expires?: string;
  mode?: Mode;
  test?: true;
}

export function keyCommand(terminal: Terminal): Command {
  return new Command('key')
    .description('API keys of sellers, sources, buyers and operators')
    .addCommand(createCommand(terminal))
    .addCommand(rotateCommand(terminal))
    .addCommand(listCommand(terminal))
    .addCommand(revokeCommand(terminal));
}

function createCommand(terminal: Terminal): Command {
  return new Command('create')
    .description('make a key and show it, this once')
    .option('--source <id>', 'source that posts with it')
    .option('--seller <id>', 'seller that posts with it for every source of its own')
    .option('--buyer <id>', 'buyer that reads its own figures with it')
    .option('--operator', 'operator of the exchange, who may see why leads go where they go')
    .option('--publishable', 'a key for pages that anybody may read; needs --source and --origin')
    .option('--origin <origin>', 'page that a publishable key may be used from; may be repeated', several, [])
    .option('--allow-ip <network>', 'address or range it may be used from; may be repeated', several, [])
    .option('--signed', 'refuse requests that are not signed; shows the signing secret in a second line')
    .option('--expires <date>', 'when it ends, such as 2027-01-31 or 2027-01-31T12:00:00Z')
    .addOption(new Option('--mode <mode>', 'test keys make sandbox leads').choices(MODES))
    .option('--test', 'the same as --mode test')
    .action(async (options: CreateOptions) => {
      await withDeployment(terminal, async ({ store, apiKeys, author }) => {
        const file = (await store.current())?.file;
        const { order, mistakes } = checkKeyOrder(orderOf(options, file, author), file, Date.now());
        if (mistakes.length > 0) throw new CommandFailure(mistakes);
        show(terminal, await apiKeys.create(order));
      });
    });
}

function rotateCommand(terminal: Terminal): Command {
  return new Command('rotate')
    .description('give a key a new secret and show it, this once; the old one goes on for a while')
    .argument('<id>', 'public start of the key, as key list shows it')
    .option('--overlap <hours>', 'how long the old secret is still good; 0 ends it within two seconds', '24')
    .action(async (id: string, { overlap }: { overlap: string }) => {
      const hours = /^\d+$/.test(overlap) ? Number(overlap) : NaN;
      if (!(hours <= MAX_OVERLAP_HOURS)) {
        throw new CommandFailure([`--overlap must be a whole number of hours up to ${MAX_OVERLAP_HOURS}`]);
      }
      const issued = await withDeployment(terminal, ({ apiKeys, author }) =>
        apiKeys.rotate(id, hours * HOUR_MS, author),
      );
      if (!issued) throw new CommandFailure([`No key in use starts with ${id}`]);
      show(terminal, issued);
    });
}

function listCommand(terminal: Terminal): Command {
  return new Command('list').description('every key by its public start').action(async () => {
    const found = await withDeployment(terminal, ({ apiKeys }) => apiKeys.list());
    const rows = found.map((key) => [
      key.id,
      nameOf(key),
      key.mode,
      key.createdAt.toISOString(),
      notesOn(key, Date.now()).join(', '),
    ]);
    for (const line of table(rows)) terminal.print(line);
  });
}

function revokeCommand(terminal: Terminal): Command {
  return new Command('revoke')
    .description('end a key; nodes refuse it within two seconds')
    .argument('<id>', 'public start of the key, as key list shows it')
    .action(async (id: string) => {
      const revoked = await withDeployment(terminal, ({ apiKeys, author }) => apiKeys.revoke(id, author));
      if (!revoked) throw new CommandFailure([`No key in use starts with ${id}`]);
      terminal.print(`${id} is revoked`);
    });
}

function orderOf(options: CreateOptions, file: ConfigurationFile | undefined, by: string): KeyOrder {
  const { seller, source, buyer, operator, publishable, origin, allowIp, signed, expires, test } = options;
  const mode = options.mode ?? (test ? 'test' : undefined);
  if (!mode || (test && mode !== 'test')) throw new CommandFailure(['Say --mode live or --mode test']);
  if ([seller, source, buyer, operator].filter((id) => id !== undefined).length !== 1) {
    throw new CommandFailure(['Say whom the key is for: one of --source, --seller, --buyer and --operator']);
  }
  if (publishable && source === undefined) throw new CommandFailure(['A publishable key belongs to a --source']);
  if (!publishable && origin.length > 0) throw new CommandFailure(['--origin goes with --publishable']);
  const shared = { mode, by, networks: allowIp, ...(signed ? { signed } : {}), ...expiryOf(expires) };
  if (operator) return { kind: 'operator', ...shared };
  if (buyer !== undefined) return { kind: 'buyer', buyer, ...shared };
  if (seller !== undefined) return { kind: 'seller', seller, ...shared };
  const own = file?.sources?.find(({ id }) => id === source);
  if (!own) throw new CommandFailure([`No source has the id ${source}`]);
  const holder = { seller: own.seller, source: own.id };
  return publishable
    ? { kind: 'browser', ...holder, origins: origin, ...shared }
    : { kind: 'seller', ...holder, ...shared };
}

function expiryOf(text: string | undefined): { expiresAt?: Date } {
  if (text === undefined) return {};
  const at = /^\d{4}-\d{2}-\d{2}(T\S+)?$/.test(text) ? new Date(text) : new Date(NaN);
  if (Number.isNaN(at.getTime())) throw new CommandFailure(['--expires must be a date such as 2027-01-31']);
  return { expiresAt: at };
}

/** Whom a key is for. */
function nameOf(key: ListedKey): string {
  if (key.kind === 'operator') return 'operator';
  return key.kind === 'buyer' ? key.buyer : (key.source ?? key.seller);
}

function notesOn(key: ListedKey, now: number): string[] {
  const { revokedAt, expiresAt, oldUntil, signed, networks } = key;
  return [
    ...(revokedAt ? [`revoked ${revokedAt.toISOString()}`] : []),
    ...(expiresAt ? [`${expiresAt.getTime() > now ? 'expires' : 'expired'} ${expiresAt.toISOString()}`] : []),
    ...(oldUntil ? [`old secret until ${oldUntil.toISOString()}`] : []),
    ...(signed ? ['signed'] : []),
    ...(networks.length > 0 ? [`from ${networks.join(' ')}`] : []),
    ...(key.kind === 'browser' ? [`on ${key.origins.join(' ')}`] : []),
  ];
}

function show(terminal: Terminal, { key, signingSecret }: IssuedKey): void {
  terminal.print(key);
  if (signingSecret !== undefined) terminal.print(signingSecret);
}

function several(value: string, before: string[]): string[] {
  return [...before, value];
}
