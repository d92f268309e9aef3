import type { BuyerPostback } from '../../schema/postback.ts';
import { readAnswer } from '../mapping/answer.ts';
import { compileCondition, type Test } from '../mapping/condition.ts';
import { elementText } from '../mapping/plain.ts';
import { compileValue, identifier, isAbsent, words, type Value } from '../mapping/value.ts';
import { parsePrice, type Micros } from '../money.ts';

/** A buyer's request as it came. Header names in lower case. */
export interface ReceivedPostback {
  query: Readonly<Record<string, unknown>>;
  headers: Record<string, string>;
  body: Buffer;
}

/** The names a path over a postback can start with. */
export const POSTBACK_ROOTS = ['query', 'headers', 'body', 'text'] as const;

const STATES = ['returned', 'rejected', 'pending', 'accepted'] as const;
export type PostbackState = (typeof STATES)[number];

/** What a buyer says with a postback. */
export interface PostbackMeaning {
  /** Undefined when no condition held. */
  state: PostbackState | undefined;
  price?: Micros;
  /** It named a price that makes no sense. */
  priceInvalid?: boolean;
  /** Their words; may hold personal data. */
  reason?: string;
  /** Code of the reason for a return. */
  reasonCode?: string;
  leadId?: string;
  /** Which delivery it is about, where the address does not say it. */
  find: { transactionId?: string; leadId?: string };
}

interface Read {
  query: Readonly<Record<string, unknown>>;
  headers: Record<string, string>;
  body: unknown;
  text: string;
}

/** The words of a buyer without a mapping of its own. */
const STATUS_NAMES = ['status', 'outcome'];

/** Compiles a mapping that was checked before; without one, the plain names of the documentation are read. */
export function compileBuyerPostback(
  postback: BuyerPostback = {},
): (request: ReceivedPostback) => Promise<PostbackMeaning> {
  const decide = compileStates(postback);
  const { price, reason, reasonCode, leadId, find = {} } = postback;
  const values = {
    price: reader(price, 'price'),
    reason: reader(reason, 'reason'),
    reasonCode: reader(reasonCode, 'reason_code'),
    leadId: reader(leadId, 'lead_id'),
    transactionId: reader(find.transactionId, 'transaction_id'),
    findLeadId: reader(find.leadId, 'lead_id'),
  };
  return async (request) => {
    const { body, text } = readAnswer({ status: 0, headers: request.headers, body: request.body });
    const read: Read = { query: request.query, headers: request.headers, body, text };
    const [state, priced, said, code, id, transactionId, findId] = await Promise.all([
      decide(read),
      values.price(read),
      values.reason(read),
      values.reasonCode(read),
      values.leadId(read),
      values.transactionId(read),
      values.findLeadId(read),
    ]);
    return {
      state,
      ...priceOf(priced),
      ...defined('reason', words(said)),
      ...defined('reasonCode', identifier(code)),
      ...defined('leadId', identifier(id)),
      find: { ...defined('transactionId', identifier(transactionId)), ...defined('leadId', identifier(findId)) },
    };
  };
}

type Reader = (read: Read) => unknown;

function compileStates(postback: BuyerPostback): (read: Read) => Promise<PostbackState | undefined> {
  const tests = STATES.flatMap((state): [PostbackState, Test][] => {
    const condition = postback[state];
    return condition === undefined ? [] : [[state, compileCondition(condition)]];
  });
  if (tests.length === 0) return async (read) => plainState(read);
  return async (read) => {
    for (const [state, test] of tests) if (await test(read)) return state;
    return undefined;
  };
}

function reader(expression: string | undefined, name: string): Reader {
  const value: Value = expression === undefined ? (read) => plainField(read as Read, name) : compileValue(expression);
  return async (read) => {
    const found = elementText(await value(read));
    return isAbsent(found) ? undefined : found;
  };
}

function plainState(read: Read): PostbackState | undefined {
  const given = STATUS_NAMES.map((name) => plainField(read, name)).find((value) => value !== undefined);
  const word = String(given ?? '')
    .trim()
    .toLowerCase();
  return STATES.find((state) => state === word);
}

/** A field of the body, or else of the query; an XML body's fields stand below its root. */
function plainField({ query, body }: Read, name: string): string | number | boolean | undefined {
  return scalarIn(body, name) ?? scalarIn(rootOf(body), name) ?? scalarIn(query, name);
}

function rootOf(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined;
  const values: unknown[] = Object.values(body);
  return values.length === 1 ? values[0] : undefined;
}

/** A name that is there twice says nothing. */
function scalarIn(fields: unknown, name: string): string | number | boolean | undefined {
  if (typeof fields !== 'object' || fields === null || !Object.hasOwn(fields, name)) return undefined;
  const value = elementText((fields as Record<string, unknown>)[name]);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
}

function priceOf(value: unknown): Pick<PostbackMeaning, 'price' | 'priceInvalid'> {
  if (value === undefined) return {};
  const price = parsePrice(value);
  return price === undefined ? { priceInvalid: true } : { price };
}

function defined<Name extends string>(name: Name, value: string | undefined): { [Key in Name]?: string } {
  return (value === undefined ? {} : { [name]: value }) as { [Key in Name]?: string };
}
