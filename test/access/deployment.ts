import type { ConfigurationFile } from '../../schema/configuration.ts';
import { campaignFile } from '../leads/campaign-file.ts';
import { createDeployment, type Answer } from '../leads/deployment.ts';

/** A node behind one proxy, and a second seller with one source. */
export async function createAccessDeployment() {
  const deployment = await createDeployment({ settings: { LEADWIRE_TRUSTED_PROXIES: '1' } });
  await deployment.apply(twoSellers(deployment.buyers.url));
  const node = await deployment.start();

  /** One request as it is, with no header but these. */
  async function request(
    path: string,
    headers: Record<string, string> = {},
    rest: { method?: string; body?: string | URLSearchParams } = {},
  ): Promise<Answer> {
    const answer = await fetch(node.url + path, { headers, ...rest });
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, unknown> };
  }

  return { ...deployment, url: node.url, request };
}
export type AccessDeployment = Awaited<ReturnType<typeof createAccessDeployment>>;

function twoSellers(base: string): ConfigurationFile {
  const file = campaignFile(base);
  return {
    ...file,
    sellers: [...(file.sellers ?? []), { id: 'sel_two', name: 'Seller two' }],
    sources: [...(file.sources ?? []), { id: 'src_two', seller: 'sel_two' }],
  };
}
