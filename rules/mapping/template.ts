import Handlebars from 'handlebars';
import { ESCAPES, type Place } from './escape.ts';
import { isMacro, MACROS } from './macros.ts';
import { toText } from './plain.ts';

type Program = hbs.AST.Program;
type Mustache = hbs.AST.MustacheStatement;
type Block = hbs.AST.BlockStatement;

/** Renders a compiled template over the context of a mapping. */
export type Template = (context: object) => string;

// Handlebars' own escaping is one function for all of the process. Ours goes by place: every macro is wrapped in the
// helper of the place its template is for, and Handlebars' escaping is off.
const RAW = 'place:raw';
const engine = createEngine();
const KNOWN = Object.fromEntries([RAW, ...Object.keys(ESCAPES).map(escapeName), ...Object.keys(MACROS)].map(yes));

/** Parses a template; throws Handlebars' error on a mistake. */
export function parseTemplate(source: string): Program {
  return Handlebars.parse(source);
}

/**
 * Compiles a template that was checked before. Every macro is escaped for its place, `{{{…}}}` no less than `{{…}}`.
 * In an address a macro at the very start is written as it is: it holds the base of the address.
 */
export function compileTemplate(source: string, place: Place): Template {
  const program = parseTemplate(source);
  if (program.body.every(({ type }) => type === 'ContentStatement')) {
    const constant = program.body.map((part) => (part as hbs.AST.ContentStatement).value).join('');
    return () => constant;
  }
  const first = place === 'url' ? program.body[0] : undefined;
  wrapMacros(program, escapeName(place), first);
  const render = engine.compile(program, { knownHelpers: KNOWN, knownHelpersOnly: true, noEscape: true });
  const access = { allowProtoPropertiesByDefault: false, allowProtoMethodsByDefault: false };
  return (context) => render(context, access);
}

function createEngine(): typeof Handlebars {
  const handlebars = Handlebars.create();
  for (const name of ['log', 'helperMissing']) handlebars.unregisterHelper(name);
  for (const [name, macro] of Object.entries(MACROS)) {
    // Handlebars adds its options as a last argument.
    handlebars.registerHelper(name, (...args: unknown[]) => macro(...args.slice(0, -1)));
  }
  for (const place of Object.keys(ESCAPES) as Place[]) {
    handlebars.registerHelper(escapeName(place), (value: unknown) => ESCAPES[place](toText(value)));
  }
  handlebars.registerHelper(RAW, (value: unknown) => toText(value));
  return handlebars;
}

function wrapMacros(program: Program | undefined, helper: string, raw?: hbs.AST.Statement): void {
  for (const statement of program?.body ?? []) {
    if (statement.type === 'MustacheStatement') wrap(statement as Mustache, statement === raw ? RAW : helper);
    if (statement.type === 'BlockStatement') {
      const { program: inner, inverse } = statement as Block;
      wrapMacros(inner, helper);
      wrapMacros(inverse, helper);
    }
  }
}

function wrap(mustache: Mustache, helper: string): void {
  const { path, params, hash, loc } = mustache;
  const call = { type: 'SubExpression', path, params, hash, loc } as hbs.AST.SubExpression;
  mustache.params = [isCall(mustache) ? call : path];
  mustache.hash = { type: 'Hash', pairs: [], loc };
  mustache.path = { type: 'PathExpression', data: false, depth: 0, parts: [helper], original: helper, loc };
}

/** Whether a macro calls a helper: `{{upper lead.state}}`, not `{{lead.state}}`. */
export function isCall({ path, params, hash }: Pick<Mustache, 'path' | 'params' | 'hash'>): boolean {
  const name = path.type === 'PathExpression' ? (path as hbs.AST.PathExpression).original : '';
  return params.length > 0 || (hash?.pairs.length ?? 0) > 0 || isMacro(name);
}

function escapeName(place: string): string {
  return `place:${place}`;
}

function yes(name: string): [string, true] {
  return [name, true];
}
