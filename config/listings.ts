import { compileHosts, type HostGate } from '../rules/connector/hosts.ts';
import { payoutTerms, type PayoutTerms } from '../rules/payout.ts';
import type { Connector } from '../schema/connector.ts';
import type { Integration } from '../schema/integration.ts';
import { hostsOf } from './connectors/expand.ts';

const DEFAULT_OFFERS = 10;

/** A click listing with its defaults filled in. */
export interface CompiledListing {
  page: string;
  position: number;
  /** How many of its offers are shown at most. */
  offers: number;
  /** Id of the connector it runs on, whatever its version; `custom` without one. */
  network: string;
  /** Where its offers may lead. */
  leadsTo: HostGate;
  /** What the seller gets of what a click brings; undefined: nothing. */
  payout: PayoutTerms | undefined;
}

/** Undefined for an integration without a placement, which nothing asks. */
export function compileListing(
  integration: Integration,
  connector: Connector | undefined,
): CompiledListing | undefined {
  const { placement, payout, config = {}, hosts = [] } = integration;
  if (!placement) return undefined;
  return {
    page: placement.page,
    position: placement.position,
    offers: placement.offers ?? DEFAULT_OFFERS,
    network: connector?.id ?? 'custom',
    leadsTo: compileHosts(connector ? hostsOf(integration, connector) : hosts, config),
    payout: payout && payoutTerms(payout),
  };
}
