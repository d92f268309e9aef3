import { Command, InvalidArgumentError, Option } from 'commander';
import { createBuyerHistory } from '../../activities/buyer-history.ts';
import { createCapCounters } from '../../activities/cap-counters.ts';
import { dryRun, type DryRun } from '../../activities/dry-run.ts';
import { createFigures } from '../../activities/figures.ts';
import { createHealth } from '../../activities/health.ts';
import { createLists } from '../../activities/lists.ts';
import type { Preview } from '../../activities/preview.ts';
import { compileConfiguration } from '../../config/compile.ts';
import { createConfigurationRuntime } from '../../config/runtime.ts';
import { createZipCodes } from '../../config/zip-codes.ts';
import { MODES, type Mode } from '../../models/origin.ts';
import { sayAlternatives, sayDrop, sayPlace } from '../../rules/auction/words.ts';
import { createClocks } from '../../rules/logic.ts';
import { formatPrice, parsePrice, type Micros } from '../../rules/money.ts';
import { rankingShown } from '../../server/dry-run/ranking.ts';
import { readConfigurationFile } from '../configuration-file.ts';
import { withDeployment, type Deployment } from '../deployment.ts';
import { CommandFailure, table, type Terminal } from '../terminal.ts';

interface Options {
  source?: string;
  mode: Mode;
  at?: string;
  bid: ReadonlyMap<string, Micros>;
  all?: boolean;
  json?: boolean;
}

export function explainCommand(terminal: Terminal): Command {
  return new Command('explain')
    .description('which integrations would get a lead, why not the others, and who first; asks nobody, writes nothing')
    .argument('<campaign>', 'id of the campaign')
    .argument('<file>', 'the fields of the lead, as JSON or YAML')
    .option('--source <id>', 'source that it would come from')
    .addOption(new Option('--mode <mode>', 'test makes it a sandbox lead').choices(MODES).default('live'))
    .option('--at <time>', 'when it would come, such as 2027-01-31T12:00:00Z; default now')
    .addOption(
      new Option('--bid <integration=dollars>', 'what a buyer would bid, such as int_acme=12.50; again for each')
        .argParser(addBid)
        .default(new Map(), 'nobody bids'),
    )
    .option('--all', 'every check of every integration, also those that it passes')
    .option('--json', 'everything, with the values that each check saw')
    .action(async (campaign: string, path: string, { source, mode, at, bid: bids, all, json }: Options) => {
      const moment = at === undefined ? new Date() : new Date(at);
      if (Number.isNaN(moment.getTime()))
        throw new CommandFailure(['--at must be a time such as 2027-01-31T12:00:00Z']);
      const { input } = await readConfigurationFile(path);
      if (typeof input !== 'object' || input === null) throw new CommandFailure([`${path} holds no fields of a lead`]);
      const lead = { campaign, fields: input as Record<string, unknown>, source, mode, at: moment, bids };
      const found = await withDeployment(terminal, (deployment) => explain(deployment, lead));
      if (json) {
        const { ranking } = found;
        const shown = ranking ? { ranking: rankingShown(ranking) } : {};
        return terminal.print(JSON.stringify({ ...found, ...shown }, undefined, 2));
      }
      for (const line of linesOf(found, all ?? false)) terminal.print(line);
    });
}

async function explain({ store, leads, pepper }: Deployment, lead: Parameters<typeof dryRun>[1]): Promise<DryRun> {
  const config = createConfigurationRuntime({ store, compile: compileConfiguration });
  const figures = createFigures({ figures: leads.figures });
  const health = createHealth({ health: leads.health, counts: leads.healthCounts, config });
  await Promise.all([config.start(), figures.exchange(), health.look()]);
  try {
    const deps = { counters: createCapCounters(leads.caps), lists: createLists(leads), places: createZipCodes() };
    const buyerHistory = createBuyerHistory(leads.buyerClaims, pepper);
    const more = { buyerHistory, config, figures, health, clocks: createClocks(), models: leads };
    return await dryRun({ ...deps, ...more }, lead);
  } finally {
    await config.stop();
  }
}

function addBid(text: string, before: ReadonlyMap<string, Micros>): ReadonlyMap<string, Micros> {
  const [, id, dollars] = /^(int_[^=]+)=(.+)$/.exec(text) ?? [];
  const price = parsePrice(dollars);
  if (id === undefined || price === undefined) throw new InvalidArgumentError('Write it as int_acme=12.50.');
  return new Map([...before, [id, price]]);
}

function linesOf({ missing, invalid, facts, score, integrations, ranking }: DryRun, all: boolean): string[] {
  const known = Object.entries(facts).filter(([, value]) => value !== null);
  const faults = [
    ...missing.map((name) => `${name} is missing: nobody could post the lead so`),
    ...Object.entries(invalid).map(([name, message]) => `${name} ${message}`),
  ];
  return [
    ...faults,
    ...known.map(([name, value]) => `${name}: ${String(value)}`),
    ...(score
      ? [
          `score is ${score.base} + completeness ${score.completeness} + source ${score.source} + signals ${sum(score.signals)}`,
        ]
      : []),
    '',
    ...table(integrations.map(({ id, buyer = '', eligible, says }) => [eligible ? 'yes' : 'no', id, buyer, says])),
    ...(ranking ? rankingLines(ranking) : []),
    ...(all ? integrations.flatMap(checkLines) : []),
  ];
}

/** In which order the lead would be offered, as the record of an auction says it. */
function rankingLines({ ranked, dropped, unknown, alternatives, defaultBid }: Preview): string[] {
  const lines = [
    ...table([
      ...ranked.map((bid, index) => [
        `${index + 1}`,
        ...[bid.integration, bid.buyer, formatPrice(bid.price), sayPlace(bid, index + 1)],
      ]),
      ...dropped.map(({ integration, price, reason }) => [
        ...['-', integration, '', formatPrice(price), `dropped: ${sayDrop(reason)}`],
      ]),
    ]),
    ...(alternatives ? [sayAlternatives(alternatives)] : []),
    ...(defaultBid
      ? [`${defaultBid.integration} takes it for ${formatPrice(defaultBid.price)} if nobody else does`]
      : []),
    ...(unknown.length > 0 ? [`not ranked without a --bid: ${unknown.join(', ')}`] : []),
  ];
  return lines.length === 0 ? [] : ['', ...lines];
}

function checkLines({ id, checks }: DryRun['integrations'][number]): string[] {
  return ['', id, ...table(checks.map(({ check, pass, says }) => [pass ? '  pass' : '  FAIL', check, says]))];
}

function sum(points: Readonly<Record<number, number>>): number {
  return Object.values(points).reduce((total, one) => total + one, 0);
}
