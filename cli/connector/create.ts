import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { CATEGORIES, type Category } from '../../schema/integration.ts';
import { CommandFailure, type Terminal } from '../terminal.ts';
import { packageFiles } from './template.ts';

interface Options {
  title?: string;
  category?: Category;
  url?: string;
  into?: string;
}

const ID = /^[a-z0-9][a-z0-9-]{0,59}$/;

export function createCommand(terminal: Terminal): Command {
  return new Command('create')
    .description('make the package of a new connector, which passes as it is')
    .argument('[id]', 'lower case letters, digits and -; asked for when it is left out')
    .option('--title <text>', 'for people who choose one; default from the id')
    .addOption(new Option('--category <category>', 'default Buyer').choices(CATEGORIES))
    .option('--url <url>', 'where the service takes requests')
    .option('--into <folder>', 'default leadwire-connector-<id>, here')
    .action(async (given: string | undefined, options: Options) => {
      // Whoever names an id on the command line is not asked for anything.
      const ask = given === undefined ? terminal.ask : undefined;
      const id = given ?? (await ask?.('Id (lower case letters, digits and -): ')) ?? '';
      if (!ID.test(id)) throw new CommandFailure(['Name it with lower case letters, digits and -: acme-leads']);
      const title = options.title ?? orElse(await ask?.(`Title [${titleOf(id)}]: `), titleOf(id));
      const category =
        options.category ?? orElse(await ask?.(`Category (${CATEGORIES.join(', ')}) [Buyer]: `), 'Buyer');
      if (!isCategory(category)) throw new CommandFailure([`${category} is none of ${CATEGORIES.join(', ')}`]);
      const url = options.url ?? `https://api.${id}.example/leads`;
      if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
        throw new CommandFailure([`${url} is no http or https address`]);
      const into = options.into ?? `leadwire-connector-${id}`;
      write(into, packageFiles({ id, title, category, url }));
      terminal.print(`${into} holds a connector that passes. Try it: npx leadwire connector dev ${into}`);
    });
}

function write(into: string, files: Record<string, string>): void {
  const folder = resolve(into);
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new CommandFailure([`${into} is there already and not empty`]);
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}

function titleOf(id: string): string {
  return id
    .split('-')
    .filter((word) => word !== '')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ');
}

function orElse(answer: string | undefined, usual: string): string {
  const trimmed = answer?.trim() ?? '';
  return trimmed === '' ? usual : trimmed;
}

function isCategory(text: string): text is Category {
  return (CATEGORIES as readonly string[]).includes(text);
}
