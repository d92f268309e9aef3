import { TRACKING_FIELDS } from '../rules/tracking.ts';
import { suggestFields, type Suggestion } from '../rules/connector/suggest.ts';
import type { Connector } from '../schema/connector.ts';
import { OPERATIONS, type Moment } from '../schema/integration.ts';
import type { CompiledCampaign, CompiledIntegration } from './compile.ts';
import { OPERATIONS_AT } from './moment.ts';

/** What leads have beside fields, tracking values and what was captured. */
const ALWAYS = ['transaction_id', 'tags', 'score'];
/** What became of a lead, as integrations after its outcome see it. */
const AFTERWARDS = ['outcome', 'reason', 'price', 'buyer'];

/** Which fields of its campaign an integration's requests look at, and which could fill what nothing fills. */
export function fieldsOf(campaign: CompiledCampaign, { integration, when, id }: CompiledIntegration): Suggestion {
  const operations = Object.fromEntries(OPERATIONS.map((name) => [name, integration[name]]));
  return suggestFields({ operations, fields: campaign.campaign.fields, known: knownNames(campaign, when, id) });
}

/** The same for a connector that no integration names yet. */
export function fieldsForConnector(campaign: CompiledCampaign, connector: Connector, when: Moment): Suggestion {
  const operations = Object.fromEntries(
    OPERATIONS_AT[when].flatMap((name) => {
      const request = connector.operations[name]?.request;
      return request ? [[name, { request }]] : [];
    }),
  );
  return suggestFields({ operations, fields: campaign.campaign.fields, known: knownNames(campaign, when) });
}

/** What is captured before the ping joins the lead, whichever integration it comes from. */
function knownNames({ prepareWaves, buyers }: CompiledCampaign, when: Moment, own?: string): string[] {
  const isAfter = when === 'after_outcome' || when === 'on_event';
  const earlier = [...prepareWaves.flat(), ...(isAfter ? buyers : [])].filter(({ id }) => id !== own);
  const captured = earlier.flatMap(({ integration }) =>
    OPERATIONS.flatMap((name) => Object.keys(integration[name]?.response.capture ?? {})),
  );
  const tracking = TRACKING_FIELDS.fields.map(({ name }) => name);
  return [...ALWAYS, ...(isAfter ? AFTERWARDS : []), ...tracking, ...captured];
}
