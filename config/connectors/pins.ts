import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { ConfigurationFile } from '../../schema/configuration.ts';
import type { Connector } from '../../schema/connector.ts';
import type { Integration } from '../../schema/integration.ts';
import { builtInConnectors, parseReference, type ConnectorCatalog } from './catalog.ts';

/** The connectors a version of the configuration runs on, whatever is installed by now. */
export interface Pins {
  /** Which connector each integration has, by its id: `phonexa@1.0.0`. */
  integrations: Record<string, string>;
  /** Those connectors, as they were. */
  connectors: Record<string, Connector>;
}

/** A version of the configuration with the connectors it runs on. */
export type PinnedFile = ConfigurationFile & { pins?: Pins };

/**
 * The connectors that a new version runs on. An integration that did not change keeps its connector as it is; one that
 * is new or changed gets the version it names, or the newest. Undefined when no integration has one.
 *
 * @throws LeadwireError `unknown_connector`
 */
export function pinConnectors(
  { integrations = [] }: ConfigurationFile,
  isChanged: (integration: string) => boolean,
  before: Pins | undefined,
  catalog: Pick<ConnectorCatalog, 'find'>,
): Pins | undefined {
  const pins: Pins = { integrations: {}, connectors: {} };
  for (const { id, connector: reference = 'custom' } of integrations) {
    if (reference === 'custom') continue;
    const kept = before?.integrations[id];
    const connector = kept !== undefined && !isChanged(id) ? before?.connectors[kept] : catalog.find(reference);
    if (!connector) throw new LeadwireError('unknown_connector');
    const key = kept !== undefined && !isChanged(id) ? kept : `${parseReference(reference).name}@${connector.version}`;
    pins.integrations[id] = key;
    pins.connectors[key] = connector;
  }
  return Object.keys(pins.integrations).length > 0 ? pins : undefined;
}

/** A catalog that still has what an earlier version runs on. */
export function withPinned(
  catalog: Pick<ConnectorCatalog, 'find'>,
  pins: Pins | undefined,
): Pick<ConnectorCatalog, 'find'> {
  return { find: (reference) => catalog.find(reference) ?? pins?.connectors[reference] };
}

/** What the connector of an integration is pinned to in a version, `phonexa@1.0.0`; undefined for one without. */
export function connectorKeyIn(file: PinnedFile, integration: Integration): string | undefined {
  const pinned = file.pins?.integrations[integration.id];
  if (pinned !== undefined) return pinned;
  const connector = connectorIn(file, integration);
  return connector && `${parseReference(integration.connector ?? '').name}@${connector.version}`;
}

/** The connector of an integration in a version; undefined for one without. */
export function connectorIn({ pins }: PinnedFile, { id, connector = 'custom' }: Integration): Connector | undefined {
  if (connector === 'custom') return undefined;
  const key = pins?.integrations[id];
  const found = key === undefined ? builtInConnectors().find(connector) : pins?.connectors[key];
  if (!found) throw new LeadwireError('unknown_connector');
  return found;
}
