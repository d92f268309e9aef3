import type { CompiledCampaign } from '../../config/compile.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { AuctionRecord } from '../../models/auction.ts';
import type { LeadRecord, Sale } from '../../models/lead.ts';
import type { PingRecord } from '../../models/ping.ts';
import { leadAnswer, type LeadAnswer } from '../ingress/answer.ts';
import { pingAnswer } from '../ingress/ping-answer.ts';
import { readSubmission } from '../ingress/submission.ts';

/** An answer as the API gives it, for a lead that never was. */
export interface ExampleAnswer {
  title: string;
  status: number;
  body: Record<string, unknown>;
}

const LEAD = 'txn_01a1fd20-4735-7044-9bf8-d49bdcf5bbe5';
const PING = 'png_01a1fd20-4735-7044-9bf8-d49bdcf5bbe5';
const AT = new Date('2026-11-21T12:00:00.000Z');
const STANDS_MS = 60_000;
const SALE: Sale = {
  delivery: '',
  integration: '',
  buyer: '',
  price: 42_500_000,
  redirectUrl: 'https://buyer.example/welcome',
};

/** Made by the functions that make the real ones. */
export function exampleAnswers(publicUrl: string, show: 'best' | 'all'): ExampleAnswer[] {
  const lead = (title: string, record: Partial<LeadRecord>): ExampleAnswer => ({
    title,
    ...leadAnswer({ _id: LEAD, mode: 'live', state: 'concluded', sales: [], ...record } as LeadRecord, publicUrl),
  });
  const ping = (title: string, auction: Partial<AuctionRecord> | undefined): ExampleAnswer => ({
    title,
    ...dated(
      pingAnswer(
        { _id: PING, lead: LEAD, mode: 'live' } as PingRecord,
        auction && ({ at: new Date(), participants: [], ranked: [], ...auction } as unknown as AuctionRecord),
        show,
        publicUrl,
      ),
    ),
  });
  const bid = (offer: string, price: number) => ({ offer, price, expiresAt: Date.now() + STANDS_MS + 500 }) as never;
  return [
    lead('A lead is sold', { outcome: 'sold', reason: 'sold', sales: [SALE] }),
    lead('Nobody bought it', { outcome: 'rejected', reason: 'no_bid' }),
    lead('It is a duplicate', { outcome: 'duplicate', reason: 'duplicate' }),
    lead('A buyer decides later', { outcome: 'pending', reason: 'awaiting_buyer' }),
    ping('Somebody bids on a ping', { ranked: [bid('bid_f1c9a7d2', 42_500_000), bid('bid_08be55aa', 31_000_000)] }),
    ping('Nobody bids on a ping', { participants: [{ integration: '', result: 'no_bid' }] }),
  ];
}

/** What a lead of this campaign is refused with when a field is missing and another one cannot be read. */
export function exampleRefusal(campaign: CompiledCampaign): ExampleAnswer | undefined {
  const unreadable = campaign.campaign.fields.find(({ type, hidden }) => type !== 'text' && !hidden);
  try {
    readSubmission(campaign, unreadable ? { [unreadable.name]: '?' } : {}, 'post');
    return undefined;
  } catch (error) {
    if (!(error instanceof LeadwireError)) throw error;
    const { status, code, message, details } = error;
    const title = 'Fields are missing or invalid';
    return { title, status, body: { status, type: 'error', code, message, ...details.body } };
  }
}

/** Examples are the same whenever they are looked at. */
function dated({ status, body }: LeadAnswer): LeadAnswer {
  const end = new Date(AT.getTime() + STANDS_MS).toISOString();
  const text = JSON.stringify(body, (name, value: unknown) => (name === 'expires_at' ? end : value));
  return { status, body: JSON.parse(text) as Record<string, unknown> };
}
