import { stringify } from 'yaml';
import { isSecret, secretNames } from '../../rules/connector/config.ts';
import type { ConfigProperty, Connector } from '../../schema/connector.ts';
import { isConnectorPackage } from '../../config/connectors/registry.ts';
import type { ConnectorDetails, ConnectorFacts } from './entry.ts';

/** What an operator types to use a connector; undefined for one that integrations cannot name. */
export interface Usage {
  /** Commands that bring it here; none for one that is here. */
  install: string[];
  /** Its part of a campaign file, YAML. */
  campaignFile: string;
  /** Commands that set its credentials. */
  secrets: string[];
}

/** It is the template of a postback: endpoints name it, and integrations only on events. */
export function isTemplate(operations: readonly string[]): boolean {
  return operations.every((name) => name === 'postback');
}

/** @param filled what somebody filled in, instead of what the samples have */
export function usageOf(
  { id, version, category, operations, code }: ConnectorFacts,
  { manifest, fixtures }: ConnectorDetails,
  filled?: Readonly<Record<string, unknown>>,
): Usage | undefined {
  if (isTemplate(operations)) return undefined;
  const isPackage = isConnectorPackage(id);
  const integration = `int_${manifest.id.replaceAll('-', '_')}`;
  const { all, required } = secretNames(manifest.config);
  const optional = all.filter((name) => !required.includes(name));
  const sample = fixtures.find(({ fixture }) => fixture.config !== undefined)?.fixture.config ?? {};
  const written = {
    id: integration,
    campaign: 'cmp_yours',
    ...(category === 'Buyer' ? { buyer: 'buy_yours' } : {}),
    category,
    connector: isPackage ? `${id}@${version}` : id,
    // A buyer that is not asked for a price has one; offers of a network have their place on a page.
    ...(category === 'Buyer' && !operations.includes('ping') ? { price: 25 } : {}),
    ...(category === 'Click Network' ? { placement: { page: 'thank-you', position: 1 } } : {}),
    config: filled ?? configOf(manifest, sample),
  };
  return {
    install: isPackage
      ? [
          ...(code ? [`LEADWIRE_CODE_CONNECTORS=${id}   # in the environment of every node: it runs code`] : []),
          `npx leadwire connector install ${id}@${version}`,
        ]
      : [],
    campaignFile: stringify({ integrations: [written] }, { lineWidth: 0 }),
    secrets: [...required, ...optional].map(
      (name) =>
        `printf %s "$VALUE" | npx leadwire secret set ${integration} ${name}` +
        (required.includes(name) ? '' : `   # where it is needed; then also secrets: [${name}]`),
    ),
  };
}

/** What has to be filled in, with what the connector's own samples have in it. */
function configOf({ config }: Connector, sample: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const wanted = (config.required ?? []).flatMap((name) => {
    const property = config.properties[name];
    return property && !isSecret(property) ? [[name, sample[name] ?? exampleOf(property)] as const] : [];
  });
  return Object.fromEntries(wanted);
}

function exampleOf(property: ConfigProperty): unknown {
  if (property.default !== undefined) return property.default;
  if ('examples' in property && property.examples?.[0] !== undefined) return property.examples[0];
  if ('enum' in property && property.enum?.[0] !== undefined) return property.enum[0];
  return { string: '…', number: 1, integer: 1, boolean: true, array: [], object: {} }[property.type];
}
