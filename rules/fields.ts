import type { Field } from '../schema/field.ts';
import type { FieldFault, FieldValue } from './fields/reading.ts';
import { valueReader } from './fields/value.ts';
import type { Place } from './geo.ts';

export type { FieldFault, FieldValue } from './fields/reading.ts';
export { checkFields } from './fields/check.ts';
export { fieldClass } from './fields/class.ts';
export { fieldJsonSchema, leadJsonSchema, trackingJsonSchema } from './fields/json-schema.ts';
export { sampleOf } from './fields/sample.ts';

/** A ping needs less of a lead than a post. */
export type Stage = 'ping' | 'post';

export interface Normalised {
  /** What is kept of the input: known fields with a value, each in its canonical form. */
  values: Record<string, FieldValue>;
  /** Names of required fields without a value. */
  missing: string[];
  invalid: ({ field: string } & FieldFault)[];
  /** Names that are no field here. Their values are not kept. */
  unknown: string[];
}

export interface FieldSet {
  readonly fields: readonly Field[];
  /** Reads an input; neither its values nor its prototype reach a message. An empty text and null count as absent. */
  normalise(input: Record<string, unknown>, stage: Stage): Normalised;
  /** Where the lead is: its first field of type state and its first of type zip that have a value. */
  placeOf(values: Readonly<Record<string, unknown>>): Place;
  /** Its first field of type phone that has a value. */
  phoneOf(values: Readonly<Record<string, unknown>>): string | undefined;
}

/** Prepares fields for reading leads. Throws when a pattern does not compile; `checkFields` finds that beforehand. */
export function compileFields(fields: readonly Field[]): FieldSet {
  const known = new Set(fields.map(({ name }) => name));
  const readers = fields.map((field) => ({ field, read: valueReader(field) }));
  const firstOf = (type: 'state' | 'zip' | 'phone') => {
    const names = fields.filter((field) => field.type === type).map(({ name }) => name);
    return (values: Readonly<Record<string, unknown>>) => {
      const name = names.find((candidate) => typeof values[candidate] === 'string');
      return name === undefined ? undefined : (values[name] as string);
    };
  };
  const stateOf = firstOf('state');
  const zipOf = firstOf('zip');

  return {
    fields,
    normalise(input, stage) {
      const entries: [string, FieldValue][] = [];
      const missing: string[] = [];
      const invalid: Normalised['invalid'] = [];
      for (const { field, read } of readers) {
        const reading = read(Object.hasOwn(input, field.name) ? input[field.name] : undefined);
        if (!reading) {
          if (isRequired(field, stage)) missing.push(field.name);
        } else if ('fault' in reading) invalid.push({ field: field.name, ...reading.fault });
        else entries.push([field.name, reading.value]);
      }
      const unknown = Object.keys(input).filter((name) => !known.has(name));
      return { values: Object.fromEntries(entries), missing, invalid, unknown };
    },
    placeOf: (values) => ({ state: stateOf(values), zip: zipOf(values) }),
    phoneOf: firstOf('phone'),
  };
}

function isRequired({ required = 'never' }: Field, stage: Stage): boolean {
  return required === 'ping' || required === stage;
}
