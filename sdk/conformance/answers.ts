import { readAnswer, type Answer } from '../../rules/mapping/answer.ts';
import type { Interpretation } from '../../rules/mapping/operation.ts';
import type { RuleId, Say } from './finding.ts';
import { answerOf, attempt, textOf, type Probe } from './probe.ts';

/** Bytes of a result that may be kept; an answer may have a megabyte. */
const RESULT_LIMIT = 16 * 1024;
/** Just less than what the outbound client lets through. */
const LARGE = 1_000_000;

const MAINTENANCE = `<!DOCTYPE html><html><head><title>Maintenance</title></head><body><h1>We are sorry</h1>
<p>The service is not available. Success is on its way; your request was not accepted: yes, true, ok, 1.</p></body></html>`;

/** What an operation makes of answers that are none. `accepted`: its probes whose fixture is a yes. */
export async function checkAnswers(probe: Probe, accepted: readonly Probe[], say: Say): Promise<void> {
  const bodies = accepted.map(({ fixture }) => answerOf(fixture.response ?? {}));
  const ask = async (rule: RuleId, answer: Answer, what: string) => {
    const { value, fault } = await attempt(() => probe.operation.interpret(answer, probe.context));
    // That a ConnectorError says so is right; anything else that is thrown is told by faults/declared.
    if (fault !== undefined || !value) return;
    const at = `operations.${probe.name}`;
    if (value.outcome === 'accepted') say(rule, 'error', `takes ${what} for a yes`, at);
    else if (isNo(value) && answer.status === 429 && probe.name === 'deliver')
      say(rule, 'error', `takes ${what} for a no, and the lead is never sent again`, at);
    else if (isNo(value)) say(rule, 'warning', `takes ${what} for a no about the lead`, at);
  };
  if (!bodies.some(({ body }) => body.length === 0)) await ask('answers/empty', answer(200, ''), 'an empty answer');
  if (!bodies.some((each) => readAnswer(each).html))
    await ask('answers/html', answer(200, MAINTENANCE, 'text/html'), 'a page of a proxy');
  if (!bodies.some((each) => Array.isArray(readAnswer(each).body))) {
    for (const body of ['[]', '[null,"yes",{"ok":true}]']) await ask('answers/array', answer(200, body), 'a list');
  }
  for (const each of bodies) {
    const text = each.body.toString();
    // Text without a structure has no end that could be missed.
    if (!/^\s*[{[<]/.test(text) || (await isStatusEnough(probe, each))) continue;
    for (const part of [1 / 2, 0.9]) {
      const body = Buffer.from(text.slice(0, Math.floor(text.length * part)));
      await ask('answers/truncated', { ...each, body }, 'half an answer');
    }
  }
  for (const [rule, status, message] of REFUSALS) {
    await ask(rule, answer(status, JSON.stringify({ error: message, message })), `status ${status}`);
  }
  await checkLarge(probe, bodies[0], say);
}

/** Whether a status such as 201 is the whole answer. */
async function isStatusEnough({ operation, context }: Probe, answer: Answer): Promise<boolean> {
  if (answer.status === 200) return false;
  const { value } = await attempt(() => operation.interpret({ ...answer, body: Buffer.alloc(0) }, context));
  return value?.outcome === 'accepted';
}

const REFUSALS = [
  ['answers/401', 401, 'Unauthorized'],
  ['answers/429', 429, 'Too Many Requests'],
  ['answers/500', 500, 'Internal Server Error'],
] as const;

function answer(status: number, body: string, type = 'application/json'): Answer {
  const headers: Record<string, string> = { 'content-type': type, ...(status === 429 ? { 'retry-after': '30' } : {}) };
  return { status, headers, body: Buffer.from(body) };
}

function isNo({ outcome }: Interpretation): boolean {
  return outcome === 'rejected' || outcome === 'duplicate';
}

/** The largest answer that gets through leaves a result of a sensible size. */
async function checkLarge({ name, operation, context }: Probe, sample: Answer | undefined, say: Say): Promise<void> {
  const text = sample?.body.toString() ?? '{}';
  const filler = 'x'.repeat(LARGE - Math.min(text.length, LARGE));
  const large = /^\s*\{.*\}\s*$/s.test(text)
    ? text.replace(/\}\s*$/, `${/^\s*\{\s*\}\s*$/.test(text) ? '' : ','}"filler":"${filler}"}`)
    : `${text}\n${filler}`;
  const read = { status: 200, headers: {}, ...sample, body: Buffer.from(large) };
  const { value } = await attempt(() => operation.interpret(read, context));
  const size = Buffer.byteLength(JSON.stringify(value ?? null, (_, each: unknown) => each));
  if (size > RESULT_LIMIT) say('answers/10mb', 'error', `keeps ${size} bytes of a large answer`, `operations.${name}`);
}

/** Prices that are none. */
const NO_PRICES = ['-1', 'NaN', '1e400', '12,50', '-0.01'];

/** A price is what the answer says or nothing: one that makes no sense must not become one. */
export async function checkPrice(probe: Probe, say: Say): Promise<void> {
  const { fixture, operation, context, file } = probe;
  const { response, result } = fixture;
  const price = result?.price ?? result?.bids?.[0]?.price;
  if (!response || price === undefined) return;
  const before = result?.bids ?? [];
  const known = before.map((bid) => Number(bid.price));
  for (const wrong of NO_PRICES) {
    const text = withPrice(textOf(response.body), price, wrong);
    if (text === undefined) return;
    const { value } = await attempt(() =>
      operation.interpret({ ...answerOf(response), body: Buffer.from(text) }, context),
    );
    const bids = value?.bids ?? [];
    const isNew = bids.some((bid) => !known.includes(bid.price / 1e6));
    if (isNew || (before.length > 0 && bids.length >= before.length) || (result?.price && value?.price !== undefined))
      return say('price/finite', 'error', `makes a price of ${wrong}`, file);
  }
}

/** An answer with another price at every place where this one stands as a number of its own. */
function withPrice(text: string, price: string, wrong: string): string | undefined {
  let found = false;
  const quoted = JSON.stringify(wrong);
  const changed = text.replace(/("?)(?<![\w.-])(\d+(?:\.\d+)?)(?![\w.])\1/g, (whole, quote: string, number: string) => {
    if (Number(number) !== Number(price)) return whole;
    found = true;
    // A number in JSON stays one where it can.
    if (quote === '' && /^\s*[{[]/.test(text)) return /^-?\d+(?:\.\d+)?$/.test(wrong) ? wrong : quoted;
    return quote === '' ? wrong : quoted;
  });
  return found ? changed : undefined;
}
