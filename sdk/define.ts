import type { CodeRequest, CodeResult } from '../rules/connector/code.ts';
import type { ReadAnswer } from '../rules/mapping/answer.ts';
import type { MappingContext } from '../rules/mapping/context.ts';
import type { ConnectorOperation } from '../schema/connector.ts';

interface Property {
  type: string;
  enum?: readonly unknown[];
  secret?: boolean;
  writeOnly?: boolean;
}
interface Schema {
  properties: Readonly<Record<string, Property>>;
  required?: readonly string[];
}
interface Typed {
  config: Schema;
  operations: object;
}

type ValueOf<P extends Property> = P extends { enum: readonly (infer Value)[] }
  ? Value
  : P['type'] extends 'number' | 'integer'
    ? number
    : P['type'] extends 'boolean'
      ? boolean
      : P['type'] extends 'array'
        ? readonly unknown[]
        : P['type'] extends 'object'
          ? Readonly<Record<string, unknown>>
          : string;
type SecretNames<S extends Schema> = {
  [Name in keyof S['properties']]: S['properties'][Name] extends { secret: true } | { writeOnly: true } ? Name : never;
}[keyof S['properties']];
type RequiredNames<S extends Schema> = S['required'] extends readonly (infer Name)[] ? Name : never;
type Values<S extends Schema, Names extends keyof S['properties']> = {
  readonly [Name in Names & RequiredNames<S>]: ValueOf<S['properties'][Name]>;
} & { readonly [Name in Exclude<Names, RequiredNames<S>>]?: ValueOf<S['properties'][Name]> };

/** What an integration fills in, by the manifest's JSON Schema. */
export type ConfigOf<M extends Typed> = Values<
  M['config'],
  Exclude<keyof M['config']['properties'], SecretNames<M['config']>>
>;
/** The credentials, by the same schema. */
export type SecretsOf<M extends Typed> = Values<M['config'], SecretNames<M['config']>>;

/** What a function sees; the same as what mappings see. It must not be changed. */
export type Context<M extends Typed = Typed> = Readonly<
  Omit<MappingContext, 'config' | 'secrets'> & { config: ConfigOf<M>; secrets: SecretsOf<M> }
>;

/** Two pure functions: no I/O, no clock but `context.now`, the same result for the same arguments. */
export interface OperationFunctions<M extends Typed = Typed> {
  request?(context: Context<M>): CodeRequest;
  response?(answer: ReadAnswer, context: Context<M>): CodeResult;
}
export type Functions<M extends Typed = Typed> = {
  readonly [Name in ConnectorOperation & keyof M['operations']]?: OperationFunctions<M>;
};

/**
 * Adds functions to a manifest, where mappings are not enough. Each replaces what it gives, value by value; everything
 * else comes from the manifest's mappings. HTTP, secrets, deadlines, retries and masking stay with Leadwire.
 *
 * @example
 * export default defineConnector(manifest, {
 *   post: { request: (context) => ({ body: encode(context.lead) }) },
 * });
 */
export function defineConnector<const M extends Typed>(manifest: M, functions: Functions<M>) {
  return { manifest, functions };
}
