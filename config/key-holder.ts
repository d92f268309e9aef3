import type { Mode } from '../models/origin.ts';

/**
 * Whom a key is for: a seller, a buyer, a seller's page in a browser, whose key everybody can read, or an operator of the
 * exchange.
 */
export const KEY_KINDS = ['seller', 'buyer', 'browser', 'operator'] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

interface Held {
  /** Public start of the key; safe to log. */
  id: string;
  mode: Mode;
  /** Requests with it have to carry a signature. */
  signed: boolean;
  expiresAt: Date | null;
}

/** Posts for one source, or without one for every source of the seller: the lead's `pid` says which. */
export interface SellerKey extends Held {
  kind: 'seller';
  seller: string;
  source?: string;
}

/** Reads a buyer's own figures and deliveries. */
export interface BuyerKey extends Held {
  kind: 'buyer';
  buyer: string;
}

/** A source's publishable token: it submits from pages of these origins, and reads nothing but their offers. */
export interface BrowserKey extends Held {
  kind: 'browser';
  seller: string;
  source: string;
  origins: readonly string[];
}

/** Does what operators do, as the audit log has it; posts no leads. */
export interface OperatorKey extends Held {
  kind: 'operator';
}

export type KeyHolder = SellerKey | BuyerKey | BrowserKey | OperatorKey;

/** Whether a record of a lead is this seller's to see: of its source, or of any of the seller's, in the key's mode. */
export function mayRead(key: SellerKey, record: { seller: string; source: string; mode: Mode }): boolean {
  const own = key.source === undefined ? record.seller === key.seller : record.source === key.source;
  return own && record.mode === key.mode;
}
