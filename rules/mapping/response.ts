import type { ResponseMapping } from '../../schema/mapping.ts';
import { type Micros, parsePrice } from '../money.ts';
import { type Answer, type ReadAnswer, readAnswer } from './answer.ts';
import { compileBids, type MappedBids } from './bids.ts';
import { compileCondition, type Test } from './condition.ts';
import { elementText, toPlain } from './plain.ts';
import { parseHttpUrl } from './url.ts';
import { compileValue, identifier, isAbsent, type Value, words } from './value.ts';

export type AnswerOutcome = 'accepted' | 'rejected' | 'duplicate' | 'pending' | 'error' | 'unrecognised';

/** What an answer means. */
export interface Interpretation extends MappedBids {
  outcome: AnswerOutcome;
  /** Final price in the answer to a post; without one the bid stands. */
  price?: Micros;
  /** The answer had a price that makes no sense. */
  priceInvalid?: boolean;
  /** Their words, up to 500 characters; may hold personal data. */
  reason?: string;
  leadId?: string;
  redirectUrl?: string;
  /** Values to store in the lead; absent ones are left out. */
  capture: Record<string, unknown>;
}

/** Failure is tested before success: a lead id appears in errors too, and a status of 200 means nothing. */
const ORDER = ['error', 'duplicate', 'rejected', 'pending', 'accepted'] as const;

/** Compiles a response mapping that was checked before. What fails in an answer is absent or not met, never a fault. */
export function compileResponse(response: ResponseMapping): (answer: Answer) => Promise<Interpretation> {
  const tests: [AnswerOutcome, Test][] = [];
  for (const outcome of ORDER) {
    const condition = response[outcome];
    if (condition !== undefined) tests.push([outcome, compileCondition(condition)]);
  }
  const bids = response.bid && compileBids(response.bid);
  const bidDecides = bids !== undefined && response.accepted === undefined;
  const readDetails = compileDetails(response);
  return async (raw) => {
    const answer = readAnswer(raw);
    let outcome = await decide(tests, answer);
    const maybeBid = outcome === 'accepted' || (bidDecides && outcome === 'unrecognised' && !answer.html);
    const found = bids && maybeBid ? await bids(answer) : { bids: [], invalidBids: [] };
    if (outcome === 'unrecognised' && found.bids.length > 0) outcome = 'accepted';
    const interpretation: Interpretation = { outcome, ...found, capture: {} };
    await readDetails(interpretation, answer);
    return interpretation;
  };
}

async function decide(tests: readonly [AnswerOutcome, Test][], answer: ReadAnswer): Promise<AnswerOutcome> {
  for (const [outcome, test] of tests) {
    const met = test(answer);
    if (met instanceof Promise ? await met : met) return outcome;
  }
  return 'unrecognised';
}

type Detail = (value: unknown) => Partial<Interpretation> | undefined;

/** Reads what the mapping names beside the outcome, in one go. */
function compileDetails({ price, reason, leadId, redirectUrl, capture = {} }: ResponseMapping) {
  const readers: [Value, Detail][] = [];
  const read = (source: string | undefined, detail: Detail) => {
    if (source !== undefined) readers.push([compileValue(source), detail]);
  };
  read(price, priceOf);
  read(reason, (value) => defined('reason', words(value)));
  read(leadId, (value) => defined('leadId', identifier(value)));
  read(redirectUrl, (value) => defined('redirectUrl', address(value)));
  const captured = Object.entries(capture).map(([name, source]) => [name, compileValue(source)] as const);
  return async (interpretation: Interpretation, answer: ReadAnswer): Promise<void> => {
    for (const [value, detail] of readers) {
      const given = value(answer);
      const known = elementText(given instanceof Promise ? await given : given);
      if (!isAbsent(known)) Object.assign(interpretation, detail(known));
    }
    for (const [name, value] of captured) {
      const given = value(answer);
      const plain = toPlain(elementText(given instanceof Promise ? await given : given));
      if (plain !== undefined && plain !== null) interpretation.capture[name] = plain;
    }
  };
}

function priceOf(value: unknown): Partial<Interpretation> {
  const price = parsePrice(value);
  return price === undefined ? { priceInvalid: true } : { price };
}

function address(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= 2000 ? parseHttpUrl(value.trim())?.href : undefined;
}

function defined(name: 'reason' | 'leadId' | 'redirectUrl', value: string | undefined) {
  return value === undefined ? undefined : { [name]: value };
}
