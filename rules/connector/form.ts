import type { ConfigProperty, ConfigSchema } from '../../schema/connector.ts';
import { isSecret } from './config.ts';

/**
 * What somebody filled into a form made of a connector's schema, as values of its types. Lists have an entry a line,
 * names and values are lines of `name=value`. What was left empty is left out, and so are credentials, which no form
 * asks for; what cannot be read stays text, for `checkConfig` to say so.
 */
export function formValues(
  { properties }: ConfigSchema,
  sent: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const filled = Object.entries(properties).flatMap(([name, property]) => {
    const text = Object.hasOwn(sent, name) ? sent[name] : undefined;
    if (typeof text !== 'string' || text.trim() === '' || isSecret(property)) return [];
    return [[name, valueOf(property, text)] as const];
  });
  return Object.fromEntries(filled);
}

function valueOf(property: ConfigProperty, text: string): unknown {
  switch (property.type) {
    case 'string':
      return text;
    case 'number':
    case 'integer':
      return numberOf(text);
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'array':
      return linesOf(text).map((line) => (property.items?.type === 'number' ? numberOf(line) : line));
    case 'object':
      return Object.fromEntries(linesOf(text).map((line) => splitAt(line, line.indexOf('='))));
  }
}

function numberOf(text: string): number | string {
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}

function linesOf(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function splitAt(line: string, at: number): [string, string] {
  return at < 0 ? [line, ''] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
}
