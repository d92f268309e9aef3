import type { Mode } from '../../models/origin.ts';
import type { Payout, Billing, Returns } from '../../schema/money.ts';
import type { Deployment } from '../leads/deployment.ts';

export interface Terms {
  /** By the name of the buyer. */
  billing?: Record<string, Billing>;
  returns?: Record<string, Returns>;
  campaign?: { payout?: Payout; clawback?: boolean };
  source?: { payout?: Payout; clawback?: boolean };
}

/** Changes what a deployment's campaign, its source and its buyers have agreed about money. */
export async function agree(deployment: Deployment, { billing = {}, returns = {}, campaign, source }: Terms) {
  const file = await deployment.store.export();
  for (const buyer of file.buyers ?? []) {
    const own = billing[buyer.id.slice('buy_'.length)];
    if (own) buyer.billing = own;
  }
  for (const integration of file.integrations ?? []) {
    const own = returns[integration.id.slice('int_'.length)];
    if (own) integration.returns = own;
  }
  Object.assign(file.campaigns?.[0] ?? {}, campaign);
  Object.assign(file.sources?.find(({ id }) => id === 'src_one') ?? {}, source);
  const { revision: _revision, ...rest } = file;
  await deployment.apply(rest);
}

/** A key of a buyer of the deployment. */
export async function buyerKey({ keys }: Deployment, name: string, mode: Mode = 'live'): Promise<string> {
  return (await keys.api.create({ kind: 'buyer', buyer: `buy_${name}`, mode, by: 'test' })).key;
}
