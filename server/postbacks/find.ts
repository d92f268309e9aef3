import { roundsOf } from '../../activities/delivery/record.ts';
import type { CompiledIntegration } from '../../config/compile.ts';
import type { ConfigurationRuntime } from '../../config/runtime.ts';
import type { SecretStore } from '../../config/secrets.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { Logger } from '../../log/logger.ts';
import type { DeliveryRecord } from '../../models/delivery.ts';
import { untilAnswered } from '../../models/fence.ts';
import type { LeadModels } from '../../models/models.ts';
import type { PostbackMeaning } from '../../rules/postback/inbound.ts';
import { isSameSecret } from '../../rules/postback/signature.ts';
import { isTransactionId } from '../../rules/transaction-id.ts';

export interface FindDeps {
  models: Pick<LeadModels, 'deliveries'>;
  config: ConfigurationRuntime;
  secrets: SecretStore;
  log: Logger;
}

/** Whom an address is for: one delivery, or every delivery of an integration. */
export interface Addressee {
  integration: CompiledIntegration;
  delivery?: DeliveryRecord;
}

const DELIVERY_TOKEN = /^[0-9a-f-]{32,36}$/;
const INTEGRATION_TOKEN = /^(int_[A-Za-z0-9_-]+)(?:\.(.+))?$/s;

/**
 * Finds out whom a postback's address is for. How the buyer's format is read follows the newest configuration, so that a
 * corrected mapping counts at once; of an integration that was deleted since, the one its delivery was made under.
 *
 * @throws LeadwireError `unknown_postback`, the same for whatever is wrong with an address
 */
export async function addresseeOf(deps: FindDeps, token: string): Promise<Addressee> {
  const found = DELIVERY_TOKEN.test(token) ? await ofDelivery(deps, token) : await ofIntegration(deps, token);
  if (!found) throw new LeadwireError('unknown_postback');
  return found;
}

async function ofDelivery({ models, config }: FindDeps, token: string): Promise<Addressee | undefined> {
  const delivery = await untilAnswered(() => models.deliveries.findOne({ token }).lean<DeliveryRecord>().exec());
  if (!delivery) return undefined;
  const { integration: id, revision } = delivery;
  const integration = config.current().integrations.get(id) ?? (await config.at(revision)).integrations.get(id);
  return integration && { integration, delivery };
}

/** An integration's own address holds its secret, or is signed. */
async function ofIntegration(deps: FindDeps, token: string): Promise<Addressee | undefined> {
  const [, id = '', given] = INTEGRATION_TOKEN.exec(token) ?? [];
  const integration = integrationsOf(deps.config)?.get(id);
  const { token: name, signature } = integration?.integration.postback ?? {};
  if (given === undefined) return integration && signature && { integration };
  const [expected] = name === undefined ? [] : await secretsOf(deps, id, [name]);
  // Compared with something in any case: how long it takes does not tell which integrations there are.
  const same = isSameSecret(expected ?? '', given);
  return same && expected !== undefined && integration ? { integration } : undefined;
}

/** Undefined before anything was configured: then there is no address either. */
function integrationsOf(config: ConfigurationRuntime): ReadonlyMap<string, CompiledIntegration> | undefined {
  try {
    return config.current().integrations;
  } catch {
    return undefined;
  }
}

/** The values of these secrets; none when one cannot be had, which is for the operator to see and not for the buyer. */
export async function secretsOf(
  { secrets, log }: Pick<FindDeps, 'secrets' | 'log'>,
  integration: string,
  names: readonly string[],
): Promise<string[]> {
  try {
    return Object.values(await secrets.forIntegration(integration, names));
  } catch (error) {
    if (!(error instanceof LeadwireError)) throw error;
    log.error({ code: error.code, integration }, 'postbacks of this integration are refused');
    return [];
  }
}

/**
 * The delivery that a postback at an integration's own address is about.
 *
 * @throws LeadwireError `unknown_delivery` when it names none, or an id of the buyer's that two deliveries have
 */
export async function deliveryNamed(
  { models: { deliveries } }: FindDeps,
  { id: integration }: CompiledIntegration,
  { transactionId, leadId }: PostbackMeaning['find'],
): Promise<DeliveryRecord> {
  if (transactionId !== undefined && isTransactionId(transactionId)) {
    const rounds = await roundsOf(deliveries as LeadModels['deliveries'], transactionId);
    const own = rounds.find((delivery) => delivery.integration === integration);
    if (own) return own;
  } else if (leadId !== undefined) {
    const found = await untilAnswered(() =>
      deliveries.find({ buyerLeadId: leadId, integration }).limit(2).lean<DeliveryRecord[]>().exec(),
    );
    if (found.length === 1 && found[0]) return found[0];
  }
  throw new LeadwireError('unknown_delivery');
}
