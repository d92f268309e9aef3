import type { Participant } from '../../models/auction.ts';
import { sayAlternatives, sayPlace } from '../../rules/auction/words.ts';
import { formatPrice } from '../../rules/money.ts';
import { table } from '../terminal.ts';
import type { LeadRecords } from './records.ts';

/** C0 and C1 control characters, line ends and marks that turn the direction of text. */
const CONTROL = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

type Auction = LeadRecords['auctions'][number];
type Delivery = LeadRecords['deliveries'][number];

/** What happened to a lead, as lines to read. Shows what the records hold: see `withoutValues`. */
export function reportLead(records: LeadRecords): string[] {
  const { lead, auctions, deliveries, followUps, postbacks } = records;
  return [
    ...headline(lead),
    ...section('Fields', pairs({ ...lead.fields, ...lead.tracking })),
    ...auctions.flatMap((auction, index) => auctionLines(auction, index + 1, lead.receivedAt)),
    ...section('Posts', table(deliveries.map((delivery) => deliveryCells(delivery, lead.receivedAt)))),
    ...deliveries.flatMap(particulars),
    ...section(
      'After the outcome',
      table(
        followUps.map(({ integration = '', operation = '', state = '', reason = '', attempts = 0, changedAt }) => [
          ...[
            [integration, operation].filter(Boolean).join(' '),
            state,
            reason,
            `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`,
          ],
          since(lead.receivedAt, changedAt),
        ]),
      ),
    ),
    ...section(
      'Told its source',
      table(
        postbacks.map(({ type = '', endpoint = '', state = '', reason = '', attempts = 0, changedAt }) => [
          ...[type, endpoint, state, reason, `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`],
          since(lead.receivedAt, changedAt),
        ]),
      ),
    ),
    ...postbacks.flatMap(({ type, endpoint, exchanges: made = [] }) => exchanges(`${endpoint} about ${type}`, made)),
    ...followUps.flatMap(({ integration, lastExchange }) => exchanges(`${integration}`, [lastExchange])),
  ];
}

function headline(lead: LeadRecords['lead']): string[] {
  const { _id, outcome, reason, sales, campaign, source, seller, mode, revision, receivedAt, concludedAt } = lead;
  const paid = sales.length > 0 ? ` for ${formatPrice(sales.reduce((sum, { price }) => sum + price, 0))}` : '';
  const why = reason && reason !== outcome ? ` (${reason})` : '';
  const facts: Record<string, string | undefined> = {
    campaign: `${campaign}, configuration ${revision}`,
    source: `${source} of ${seller}${mode === 'test' ? ', sandbox' : ''}`,
    received: receivedAt?.toISOString(),
    concluded: concludedAt && `${concludedAt.toISOString()}, ${since(receivedAt, concludedAt)}`,
    'consent revoked': lead.revokedAt?.toISOString(),
    erased: lead.erasedAt?.toISOString(),
    'duplicate of': lead.duplicateOf,
    'held until': outcome === 'held' ? lead.holdUntil?.toISOString() : undefined,
    'sold to': sales.map(saleText).join(', ') || undefined,
  };
  return [`${_id} ${outcome ?? 'in progress'}${paid}${why}`, ...indent(pairs(facts))];
}

function saleText({ buyer, price, returnedAt }: LeadRecords['lead']['sales'][number]): string {
  return `${buyer} for ${formatPrice(price)}${returnedAt ? `, returned ${returnedAt.toISOString()}` : ''}`;
}

function auctionLines(auction: Auction, number: number, receivedAt: Date | undefined): string[] {
  const { prepared, participants, at, blockedBy, captured } = auction;
  const when = at ? `, ${since(receivedAt, at)}` : '';
  return [
    ...section('Before the ping', table(prepared.map((record) => participantCells(record, record.result)))),
    ...(blockedBy ? indent([`${blockedBy} ended the lead`]) : []),
    ...section('Captured', pairs(captured ?? {})),
    ...section(
      `Auction ${number}${when}`,
      table(participants.map((one) => participantCells(one, answerOf(one, auction)))),
    ),
    ...(auction.alternatives ? indent([sayAlternatives(auction.alternatives)]) : []),
    ...defaultLine(auction),
    ...[...prepared, ...participants].flatMap(({ integration, exchange }) => exchanges(integration, [exchange])),
  ];
}

function participantCells(participant: Participant, answer: string): string[] {
  const { integration, buyer = '', durationMs, detail } = participant;
  return [
    integration,
    buyer,
    answer,
    durationMs === undefined ? '' : `${Math.round(durationMs)} ms`,
    detailText(detail),
  ];
}

/** What the integration bid and where that put it, or why there is no bid of it. */
function answerOf({ integration, result }: Participant, { ranked, dropped }: Auction): string {
  if (result === 'no_bid') return 'no bid';
  if (result !== 'bid') return `not asked: ${result}`;
  const own = ranked.flatMap((bid, index) =>
    bid.integration === integration
      ? [[`bid ${formatPrice(bid.price)}, rank ${index + 1}`, sayPlace(bid, index + 1)].filter(Boolean).join(': ')]
      : [],
  );
  const refused = dropped.filter((bid) => bid.integration === integration);
  return [...own, ...refused.map(({ price, reason }) => `bid ${formatPrice(price)}, dropped: ${reason}`)].join('; ');
}

function defaultLine({ defaultBid }: Auction): string[] {
  if (!defaultBid) return [];
  return indent([`${defaultBid.integration} takes it for ${formatPrice(defaultBid.price)} if nobody else does`]);
}

function deliveryCells(delivery: Delivery, receivedAt: Date | undefined): string[] {
  const { round, integration = '', buyer = '', state = '', reason = '', price, bid, attempt = 1, createdAt } = delivery;
  return [
    ...[`${round}`, integration, buyer, state, formatPrice(price ?? bid.price), reason],
    attempt > 1 ? `${attempt} attempts` : '',
    since(receivedAt, createdAt),
  ];
}

/** What one line of a table has no room for: how it will settle, what contradicted it, what the buyer said. */
function particulars(delivery: Delivery): string[] {
  const { _id, round, state, settleBy, conflicts, buyerReason, buyerLeadId, redirectUrl, captured } = delivery;
  const open = state === 'unknown' || state === 'pending';
  const facts: Record<string, unknown> = {
    id: open ? _id : undefined,
    'settles at': open ? settleBy?.toISOString() : undefined,
    said: buyerReason,
    'their id': buyerLeadId,
    redirect: redirectUrl,
    ...captured,
  };
  const contradictions = conflicts.map(({ at, state: answered, price, by }) => {
    const money = price === undefined ? '' : ` at ${formatPrice(price)}`;
    return `conflict: ${by} said ${answered}${money}, ${at.toISOString()}`;
  });
  const lines = [...pairs(facts), ...contradictions];
  return [
    ...section(lines.length > 0 ? `Post ${round}` : '', lines),
    ...exchanges(`Post ${round}`, delivery.exchanges),
  ];
}

function exchanges(title: string, texts: readonly (string | undefined)[] = []): string[] {
  return texts.flatMap((text) => {
    if (!text) return [];
    const { method, url, requestBody, status, code, responseBody } = JSON.parse(text) as Record<string, unknown>;
    return section(
      `Exchange with ${title}`,
      pairs({ request: `${method} ${url}`, sent: requestBody, status: status ?? code, answer: responseBody }),
    );
  });
}

function detailText(detail: unknown): string {
  return Object.entries((detail ?? {}) as Record<string, unknown>)
    .filter(([, value]) => value !== undefined && value !== null && value !== '')
    .map(([name, value]) => (name === 'reason' ? text(value) : `${name} ${text(value)}`))
    .join(', ');
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...indent(lines)];
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

function pairs(values: Record<string, unknown>): string[] {
  const shown = Object.entries(values).filter(([, value]) => value !== undefined && value !== '');
  return table(shown.map(([name, value]) => [name, text(value)]));
}

/** On one line, and without what a terminal would take for a command: some of it was written by a buyer. */
function text(value: unknown): string {
  const plain = typeof value === 'string' ? value : JSON.stringify(value);
  return plain.replace(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Time from the lead's arrival, in seconds. */
function since(from: Date | undefined, to: Date | undefined): string {
  return from && to ? `after ${((to.getTime() - from.getTime()) / 1000).toFixed(2)} s` : '';
}
