import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { ConnectorPackage, ConnectorPackageModel } from '../../models/connector-package.ts';
import type { CodeFunctions } from '../../rules/connector/code.ts';
import type { ConnectorOperation } from '../../schema/connector.ts';
import type { CodeThreads } from '../../sdk/code/threads.ts';
import { parseReference } from './catalog.ts';

/** The functions of connectors with code, wherever they run. */
export interface ConnectorCode {
  /** Those of one, by operation; undefined where its code may not run. @param key `<package>@<version>` */
  of(key: string): ((operation: ConnectorOperation) => CodeFunctions) | undefined;
}

/** Where no code runs: what is only read, checked or explained. */
export const NO_CODE: ConnectorCode = { of: () => undefined };

/** What integrations have whose connector's code may not run. Whatever asks them fails with `code_not_allowed`. */
export const REFUSED: CodeFunctions = {
  request: () => Promise.reject(new LeadwireError('code_not_allowed')),
  response: () => Promise.reject(new LeadwireError('code_not_allowed')),
};

/**
 * Whether an operator lets the code of a connector run.
 *
 * @param reference `<package>`, with or without `@<version>`
 * @param allowed the packages that may, whatever their version
 */
export function isCodeAllowed(reference: string, allowed: readonly string[]): boolean {
  return allowed.includes(parseReference(reference).name);
}

export interface ConnectorCodeDeps {
  threads: Pick<CodeThreads, 'functions'>;
  /** Packages whose code may run. */
  allowed: readonly string[];
  models: { connectorPackages: ConnectorPackageModel };
}

/** The code of installed packages, which is read when it is first called. */
export function createConnectorCode({ threads, allowed, models }: ConnectorCodeDeps): ConnectorCode {
  async function script(key: string): Promise<string> {
    // Also one that was removed: leads that began on it end on it.
    const found = await models.connectorPackages.findById(key, { code: 1 }).lean<Pick<ConnectorPackage, 'code'>>();
    if (found?.code === undefined) throw new LeadwireError('unknown_connector');
    return found.code;
  }
  return {
    of: (key) => (isCodeAllowed(key, allowed) ? threads.functions(key, () => script(key)) : undefined),
  };
}
