import type { Received } from './received.ts';

/** What a request asks of a buyer. A `call` is a request to a service that buys nothing: enrichment, compliance, CRM. */
export type Operation = 'ping' | 'post' | 'call';

/** What the buyer decided, as its own log tells it. `none`: it took no decision, so it did not take the lead. */
export type Verdict = 'accepted' | 'rejected' | 'pending' | 'duplicate' | 'none';

/** Dollars; a string is sent as it stands (`'NaN'`, `'$12.50'`), null leaves the price out of the answer. */
export type Price = number | string | null;

/** What a format finds in a request. */
export interface Reading {
  operation?: Operation | 'status';
  /** The buyer's id of the lead that a status query asks about, where it does not carry ours. */
  leadId?: string;
  /** The id of the bid a post is for, as the ping's answer gave it. */
  bidId?: string;
  /** The price of that bid where the id itself tells it, in dollars. */
  bidPrice?: number;
  /** Whom a service is asked about: a phone number, an e-mail address. Never logged. */
  subject?: string;
  /** The service's own no, whatever its behaviour says otherwise. */
  refused?: boolean;
  /** A second request with the same key is a duplicate (a contact that exists). */
  uniqueKey?: string;
}

/** What a format writes down in its own words. A verdict of `none` is written as the format's error. */
export interface Answer {
  operation: Operation;
  verdict: Verdict;
  price: Price;
  /** Prices of the separate bids of one ping; empty when there is just the one. */
  bids: Price[];
  bidId: string;
  leadId: string;
  reason: string;
  subject: string;
}

/** An answer on the wire. */
export interface WireAnswer {
  status: number;
  contentType: string;
  body: string;
}

/** One wire format: two pure functions. */
export interface WireFormat {
  read(received: Received): Reading;
  write(answer: Answer): WireAnswer;
  /** What became of a lead, in its own words; `none`: it knows no such lead. Without it: one of our own. */
  writeStatus?(standing: Standing): WireAnswer;
}

/** What a buyer's log says of a lead. */
export interface Standing {
  verdict: 'accepted' | 'pending' | 'rejected' | 'none';
  leadId: string | null;
  price: Price;
}

/** The operation that a word of a path or a mode parameter names. */
export function operationNamed(word: string | undefined): Reading['operation'] {
  const name = (word ?? '').toLowerCase().replace(/\.\w+$/, '');
  if (name === 'ping' || name === 'status') return name;
  return /^(full|post|fullpost|direct_?post)$/.test(name) ? 'post' : undefined;
}

/** JSON, in which the price `1e309` stands as a bare number: valid JSON that reads as Infinity. */
export function json(body: object, status = 200): WireAnswer {
  const text = JSON.stringify(body).replaceAll('"1e309"', '1e309');
  return { status, contentType: 'application/json', body: text };
}

/** A flat XML document; values that are null or undefined leave their element out. */
export function xml(
  root: string,
  elements: Record<string, string | null | undefined>,
  contentType: string,
): WireAnswer {
  const inner = Object.entries(elements)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => `<${name}>${escapeXml(value ?? '')}</${name}>`)
    .join('');
  return { status: 200, contentType, body: `<${root}>${inner}</${root}>` };
}

/** The price as text with that many decimals; a string as it stands; null when there is none. */
export function priceText(price: Price, decimals = 2): string | null {
  return typeof price === 'number' ? price.toFixed(decimals) : price;
}

/** Where the buyer sends the consumer after the sale. */
export function redirectUrl(leadId: string): string {
  return `https://buyer.example/welcome/${leadId}`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
