import { withCode, type CodeFunctions } from '../rules/connector/code.ts';
import { withDefaults } from '../rules/connector/config.ts';
import { connectOperation } from '../rules/connector/connect.ts';
import type { MappingContext } from '../rules/mapping/context.ts';
import type { CompiledOperation } from '../rules/mapping/operation.ts';
import { compileHalves } from '../rules/connector/halves.ts';
import type { Connector, ConnectorOperation } from '../schema/connector.ts';

/** A connector with the values of one integration, ready to make requests and to read answers. */
export interface ConnectorRun {
  /** Undefined when the connector does not have the operation. */
  operation(name: ConnectorOperation): CompiledOperation | undefined;
  /** What mappings and functions see, from what is known of a lead. */
  context(known?: Partial<MappingContext>): MappingContext;
}

export interface ConnectorValues {
  config?: Readonly<Record<string, unknown>>;
  secrets?: Readonly<Record<string, string>>;
  /** The functions of a connector with code, by operation. */
  functions?: Partial<Record<ConnectorOperation, CodeFunctions>>;
}

const NOW = '2026-01-15T12:00:00.000Z';

/** Compiles a checked connector the way Leadwire does, without a network. */
export function compileConnector(connector: Connector, values: ConnectorValues = {}): ConnectorRun {
  const config = withDefaults(connector.config, values.config);
  const { hosts, authentication, operations } = connector;
  return {
    operation(name) {
      const mapped = operations[name];
      if (!mapped) return undefined;
      const halves = compileHalves(mapped);
      return connectOperation(withCode(halves, values.functions?.[name] ?? {}), { hosts, authentication, config });
    },
    context: (known = {}) => ({
      lead: {},
      campaign: { id: 'cmp_sample', name: 'Sample' },
      source: { id: 'src_sample' },
      sandbox: false,
      now: NOW,
      ...known,
      config,
      secrets: { ...values.secrets },
    }),
  };
}
