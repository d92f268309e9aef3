import type { Issue } from '../../errors/leadwire-error.ts';
import type { ConfigProperty, ConfigSchema } from '../../schema/connector.ts';
import { compileRegex } from '../mapping/regex-engine.ts';

export type ConfigValues = Readonly<Record<string, unknown>>;

/** Whether a property is a credential, which is never part of the configuration's values. */
export function isSecret(property: ConfigProperty): boolean {
  return property.type === 'string' && (property.secret === true || property.writeOnly === true);
}

/** The credentials of a connector: those that it cannot do without, and all of them. */
export function secretNames({ properties, required = [] }: ConfigSchema): { required: string[]; all: string[] } {
  const all = Object.keys(properties).filter((name) => isSecret(properties[name] as ConfigProperty));
  return { all, required: all.filter((name) => required.includes(name)) };
}

/** The values with the defaults of those that are not there. */
export function withDefaults({ properties }: ConfigSchema, values: ConfigValues = {}): Record<string, unknown> {
  const filled: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(properties)) {
    if (property.default !== undefined && !isSecret(property)) filled[name] = property.default;
  }
  return { ...filled, ...values };
}

/** Every mistake in what an integration fills in. `path` is where its values stand. No message quotes a value. */
export function checkConfig(schema: ConfigSchema, values: ConfigValues = {}, path = 'config'): Issue[] {
  const issues: Issue[] = [];
  const say = (name: string, code: string, message: string) =>
    void issues.push({ path: `${path}.${name}`, code, message });
  for (const name of schema.required ?? []) {
    const property = schema.properties[name];
    if (!property || isSecret(property) || values[name] !== undefined || property.default !== undefined) continue;
    say(name, 'missing', `is missing: ${property.title ?? 'the connector needs it'}`);
  }
  for (const [name, value] of Object.entries(values)) {
    const property = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    if (!property) say(name, 'unknown_property', 'is not known to the connector');
    else if (isSecret(property)) {
      say(name, 'secret_in_config', `is a credential: leadwire secret set <integration> ${name}`);
    } else {
      const mistake = mistakeIn(property, value);
      if (mistake) say(name, 'wrong_value', mistake);
    }
  }
  return issues;
}

function mistakeIn(property: ConfigProperty, value: unknown): string | undefined {
  switch (property.type) {
    case 'string':
      return typeof value === 'string' ? textMistake(property, value) : 'must be a string';
    case 'number':
    case 'integer':
      return numberMistake(property, value);
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'must be a boolean';
    case 'array':
      if (!Array.isArray(value)) return 'must be an array';
      if (value.length < (property.minItems ?? 0)) return `has fewer than ${property.minItems} entries`;
      if (value.length > (property.maxItems ?? Infinity)) return `has more than ${property.maxItems} entries`;
      return value.every((item) => fits(item, property.items)) ? undefined : `has an entry that is no allowed value`;
    case 'object':
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'must be an object';
      return Object.values(value).every((item) => fits(item, property.additionalProperties))
        ? undefined
        : `has an entry that is not of the type ${property.additionalProperties.type}`;
  }
}

function textMistake(property: Extract<ConfigProperty, { type: 'string' }>, value: string): string | undefined {
  const { minLength = 0, maxLength = Infinity, pattern, format } = property;
  if (property.enum && !property.enum.includes(value)) return `must be ${property.enum.join(' or ')}`;
  if (value.length < minLength) return `must have at least ${minLength} characters`;
  if (value.length > maxLength) return `must have at most ${maxLength} characters`;
  if (pattern !== undefined && !matches(pattern, value)) return `does not match ${pattern}`;
  if (format === 'uri' && !(URL.canParse(value) && /^https?:/i.test(value))) return 'must be an http or https address';
  if (format === 'hostname' && !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/i.test(value))
    return 'must be a host name';
  if (format === 'email' && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value)) return 'must be an e-mail address';
  return undefined;
}

function numberMistake(
  property: Extract<ConfigProperty, { type: 'number' | 'integer' }>,
  value: unknown,
): string | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'must be a number';
  if (property.type === 'integer' && !Number.isInteger(value)) return 'must be a whole number';
  if (property.enum && !property.enum.includes(value)) return `must be ${property.enum.join(' or ')}`;
  if (value < (property.minimum ?? -Infinity)) return `must be at least ${property.minimum}`;
  if (value > (property.maximum ?? Infinity)) return `must be at most ${property.maximum}`;
  return undefined;
}

function fits(value: unknown, { type, enum: allowed }: { type: string; enum?: readonly string[] }): boolean {
  if (allowed && !allowed.includes(String(value))) return false;
  return type === 'integer' ? Number.isInteger(value) : typeof value === type;
}

/** On the linear-time engine: patterns come from whoever wrote the connector. */
function matches(pattern: string, value: string): boolean {
  return compileRegex(new RegExp(pattern)).matcher(value).find();
}
