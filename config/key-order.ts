import type { Mode } from '../models/origin.ts';
import type { ConfigurationFile } from '../schema/configuration.ts';
import { plainNetwork } from './network-list.ts';

/** What a key shall be. */
export type KeyOrder = {
  mode: Mode;
  /** Who asks for it, for the audit log. */
  by: string;
  /** Addresses and CIDR ranges it may be used from. Default everywhere. */
  networks?: readonly string[];
  /** Every request has to be signed. Default false. */
  signed?: boolean;
  expiresAt?: Date;
} & (
  | { kind: 'seller'; seller: string; source?: string }
  | { kind: 'buyer'; buyer: string }
  | { kind: 'operator' }
  | { kind: 'browser'; seller: string; source: string; origins: readonly string[] }
);

/**
 * Holds an order against the configuration and brings its addresses and origins into their one spelling. `mistakes` is
 * empty when the key can be made.
 */
export function checkKeyOrder(
  order: KeyOrder,
  file: ConfigurationFile | undefined,
  now: number,
): { order: KeyOrder; mistakes: string[] } {
  const mistakes = holderMistakes(order, file);
  const read = (texts: readonly string[], plain: (text: string) => string | undefined, wanted: string) =>
    texts.map((text) => {
      const found = plain(text);
      if (found === undefined) mistakes.push(`${text} is not ${wanted}`);
      return found ?? text;
    });
  const networks = read(order.networks ?? [], plainNetwork, 'an address or a range such as 203.0.113.0/24');
  if (order.expiresAt && !(order.expiresAt.getTime() > now)) mistakes.push('The date of expiry is not in the future');
  if (order.kind !== 'browser') return { order: { ...order, networks }, mistakes };
  const origins = read(order.origins, plainOrigin, 'an origin such as https://www.example.com');
  if (origins.length === 0) mistakes.push('A publishable key needs at least one origin');
  if (order.signed) mistakes.push('A publishable key cannot demand signatures: a page keeps no secret');
  return { order: { ...order, networks, origins }, mistakes };
}

function holderMistakes(order: KeyOrder, file: ConfigurationFile | undefined): string[] {
  const { sellers = [], sources = [], buyers = [] } = file ?? {};
  const has = (list: readonly { id: string }[], id: string) => list.some((one) => one.id === id);
  if (order.kind === 'operator') return [];
  if (order.kind === 'buyer') return has(buyers, order.buyer) ? [] : [`No buyer has the id ${order.buyer}`];
  if (!has(sellers, order.seller)) return [`No seller has the id ${order.seller}`];
  if (order.source === undefined) return [];
  const source = sources.find(({ id }) => id === order.source);
  if (!source) return [`No source has the id ${order.source}`];
  return source.seller === order.seller ? [] : [`The source ${source.id} does not belong to ${order.seller}`];
}

/** Scheme, host and port as browsers send them in `Origin`. */
function plainOrigin(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { origin, protocol, href } = new URL(text);
  return /^https?:$/.test(protocol) && href === `${origin}/` ? origin : undefined;
}
