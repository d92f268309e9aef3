import { secretNames } from '../../rules/connector/config.ts';
import type { Integration } from '../../schema/integration.ts';
import { connectorIn, type PinnedFile } from './pins.ts';

/** The names of an integration's credentials, its own and those of its connector. */
export interface Credentials {
  /** Those that it does not work without. */
  required: string[];
  all: string[];
}

export function credentialsOf(file: PinnedFile, integration: Integration): Credentials {
  const own = integration.secrets ?? [];
  const connector = connectorIn(file, integration);
  const { required, all } = connector ? secretNames(connector.config) : { required: [], all: [] };
  return { required: [...new Set([...own, ...required])], all: [...new Set([...own, ...all])] };
}
