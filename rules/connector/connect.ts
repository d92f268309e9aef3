import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { Authentication } from '../../schema/authentication.ts';
import type { CompiledOperation } from '../mapping/operation.ts';
import { compileAuthentication } from './authentication.ts';
import { compileHosts } from './hosts.ts';
import type { ConfigValues } from './config.ts';

export interface Connection {
  /** The hosts that may be called; undefined for an integration that says itself where it calls. */
  hosts?: readonly string[];
  authentication?: Authentication;
  /** Values of the integration, for hosts that they name. */
  config?: ConfigValues;
}

/**
 * An operation whose requests are authenticated, and refused where they would go to a host that is not allowed. Its
 * `render` then rejects with the LeadwireError `host_not_allowed`: nothing was sent.
 */
export function connectOperation(operation: CompiledOperation, connection: Connection): CompiledOperation {
  const { hosts, authentication = { kind: 'none' }, config = {} } = connection;
  const authenticate = compileAuthentication(authentication);
  const allows = hosts && compileHosts(hosts, config);
  if (!authenticate && !allows) return operation;
  return {
    ...operation,
    async render(context) {
      const rendered = await operation.render(context);
      if (allows && !allows(rendered.url)) throw new LeadwireError('host_not_allowed');
      return authenticate ? authenticate(rendered, context) : rendered;
    },
  };
}
