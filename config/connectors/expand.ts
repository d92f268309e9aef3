import { secretNames, withDefaults } from '../../rules/connector/config.ts';
import { mergeOperation } from '../../rules/connector/merge.ts';
import type { Connector, ConnectorOperation } from '../../schema/connector.ts';
import type { Integration, Moment, OperationName } from '../../schema/integration.ts';
import type { OperationPatch } from '../../schema/mapping.ts';
import { momentOf, OPERATIONS_AT } from '../moment.ts';

/**
 * An integration with its connector's parts filled in: the operations that its moment makes, with what it says itself
 * over them; defaults of its config; the credentials without which the connector does not work; authentication. Property
 * by property what the integration says counts. The result may lack what neither has.
 */
export function expandIntegration<Part extends Partial<Integration>>(integration: Part, connector: Connector): Part {
  const secrets = [...secretNames(connector.config).required, ...(integration.secrets ?? [])];
  const moment = momentOf(integration);
  const operations = OPERATIONS_AT[moment].flatMap((name) => {
    // Typed as a whole operation, but of an integration on a connector it is what differs.
    const own = integration[name] as OperationPatch | undefined;
    const operation = connector.operations[operationOf(connector, name, moment)];
    const { request, response } = operation ?? {};
    // Of a connector with code an operation may be all code.
    if (!own && !request && !response && !(operation && connector.code)) return [];
    return [[name, mergeOperation({ ...(request && { request }), ...(response && { response }) }, own)]];
  });
  return {
    ...integration,
    ...(Object.fromEntries(operations) as Partial<Part>),
    config: withDefaults(connector.config, integration.config),
    ...(secrets.length > 0 ? { secrets: [...new Set(secrets)] } : {}),
    ...(connector.authentication && !integration.authentication ? { authentication: connector.authentication } : {}),
    ...(connector.idempotent !== undefined && integration.idempotent === undefined
      ? { idempotent: connector.idempotent }
      : {}),
  };
}

/** The connector's operation behind one of an integration's: where it has no `deliver`, events are told by `postback`. */
export function operationOf({ operations }: Connector, name: OperationName, moment: Moment): ConnectorOperation {
  return name === 'deliver' && moment === 'on_event' && !operations.deliver ? 'postback' : name;
}

/** The hosts that an integration may call: its connector's and those it adds itself. */
export function hostsOf(integration: Pick<Integration, 'hosts'>, connector: Connector): readonly string[] {
  return [...connector.hosts, ...(integration.hosts ?? [])];
}
