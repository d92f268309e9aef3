import type { ExamineDeps } from '../../config/connectors/examine.ts';
import { createRegistry, type Registry } from '../../config/connectors/registry.ts';
import { readEnvironment } from '../../config/environment.ts';
import { createOutbound } from '../../http/outbound.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { bundleCode, CodeRefused } from '../../sdk/code/bundle.ts';
import { testInChild } from '../../sdk/conformance/child.ts';
import type { Finding } from '../../sdk/index.ts';
import { allowedNetworks } from '../deployment.ts';
import type { Terminal } from '../terminal.ts';

/**
 * Lends the registry that this deployment installs from.
 *
 * @param url another one than LEADWIRE_REGISTRY
 */
export async function withRegistry<Result>(
  terminal: Terminal,
  work: (registry: Registry) => Promise<Result>,
  url?: string,
): Promise<Result> {
  const environment = readEnvironment(terminal.variables);
  const outbound = createOutbound({ allowNetworks: allowedNetworks(environment) });
  try {
    // The token is the other registry's.
    const token = url === undefined ? environment.registryToken : undefined;
    return await work(createRegistry({ outbound, url: url ?? environment.registry, token }));
  } finally {
    await outbound.close();
  }
}

/** How packages of others are tried: nothing of them runs in this process. */
export const EXAMINE: ExamineDeps = {
  test: (folder) => testInChild(folder),
  async bundle(folder) {
    try {
      return await bundleCode(folder);
    } catch (error) {
      if (!(error instanceof CodeRefused)) throw error;
      const issues = [{ path: 'index.js', code: 'package_invalid', message: error.message }];
      throw new LeadwireError('package_invalid', { issues });
    }
  },
};

/** The same against an earlier version: what integrations on that rely on must still be there. */
export function testAgainst(folder: URL, previous: URL): Promise<Finding[]> {
  return testInChild(folder, { previous });
}
