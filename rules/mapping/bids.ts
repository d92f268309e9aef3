import type { BidMapping } from '../../schema/mapping.ts';
import { type Micros, parsePrice } from '../money.ts';
import type { ReadAnswer } from './answer.ts';
import { compileExpression } from './expression.ts';
import { elementText, toPlain } from './plain.ts';
import { compileValue, evaluateSafely, identifier, isAbsent, type Value } from './value.ts';

export interface MappedBid {
  price: Micros;
  /** The buyer's id of the bid. */
  id?: string;
  expiresInMs?: number;
  /** It is for having the lead alone. Absent: it does not have to be. */
  exclusive?: true;
  /** Values that only the post of the same integration sees. */
  private: Record<string, unknown>;
}

export interface MappedBids {
  bids: MappedBid[];
  invalidBids: { reason: 'price_invalid' }[];
}

const MAX_BIDS = 100;
const MAX_EXPIRY_MS = 24 * 3_600_000;

/** A price of zero or none is no bid; one that makes no sense is an invalid bid. */
export function compileBids(mapping: BidMapping): (answer: ReadAnswer) => Promise<MappedBids> {
  const each = mapping.each === undefined ? undefined : compileExpression(mapping.each);
  const price = compileValue(mapping.price);
  const readBid = compileBid(mapping);
  return async (answer) => {
    const found: MappedBids = { bids: [], invalidBids: [] };
    const list = each ? await evaluateSafely(each, answer) : answer;
    const inputs: unknown[] = Array.isArray(list) ? list : list === undefined ? [] : [list];
    for (const input of inputs.slice(0, MAX_BIDS)) {
      const said = elementText(await price(input, answer));
      if (isAbsent(said)) continue;
      const micros = parsePrice(said);
      if (micros === undefined) found.invalidBids.push({ reason: 'price_invalid' });
      else if (micros > 0) found.bids.push({ price: micros, ...(await readBid(input, answer)) });
    }
    return found;
  };
}

function compileBid({ id, expiresInMs, exclusive, private: kept = {} }: BidMapping) {
  const readId = id === undefined ? undefined : compileValue(id);
  const readExpiry: Value | undefined =
    typeof expiresInMs === 'string'
      ? compileValue(expiresInMs)
      : expiresInMs === undefined
        ? undefined
        : () => expiresInMs;
  const readExclusive: Value | undefined =
    typeof exclusive === 'string' ? compileValue(exclusive) : exclusive ? () => true : undefined;
  const readKept = Object.entries(kept).map(([name, source]) => [name, compileValue(source)] as const);
  return async (input: unknown, answer: ReadAnswer): Promise<Omit<MappedBid, 'price'>> => {
    const bid: Omit<MappedBid, 'price'> = { private: {} };
    const theirId = readId && identifier(await readId(input, answer));
    if (theirId !== undefined) bid.id = theirId;
    const expiry = readExpiry && milliseconds(await readExpiry(input, answer));
    if (expiry !== undefined) bid.expiresInMs = expiry;
    if (readExclusive && isYes(await readExclusive(input, answer))) bid.exclusive = true;
    for (const [name, read] of readKept) {
      const value = toPlain(await read(input, answer));
      if (value !== undefined && value !== null) bid.private[name] = value;
    }
    return bid;
  };
}

/** Zero and less is a bid that has expired already: one millisecond. */
function milliseconds(value: unknown): number | undefined {
  if (isAbsent(value)) return undefined;
  const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : NaN;
  return Number.isFinite(number) ? Math.min(Math.max(Math.floor(number), 1), MAX_EXPIRY_MS) : undefined;
}

/** True, or what buyers write for it. */
function isYes(value: unknown): boolean {
  return value === true || value === 1 || (typeof value === 'string' && YES.has(value.trim().toLowerCase()));
}

const YES: ReadonlySet<string> = new Set(['true', '1', 'yes', 'y', 'exclusive']);
