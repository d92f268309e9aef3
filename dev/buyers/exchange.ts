import type { IncomingMessage, ServerResponse } from 'node:http';
import { deliver } from './delivery.ts';
import { decide } from './decision.ts';
import { isSilent, type Behaviour, type BehaviourBook } from './behaviour.ts';
import type { Destination } from './directory.ts';
import type { BuyersLog, LogEntry } from './log.ts';
import { parseReceived, readBody, type Received } from './received.ts';
import { json, type Answer, type Operation, type Price, type Reading } from './wire.ts';
import type { Standing, Verdict, WireAnswer } from './wire.ts';

/** What the buyers work with. `now` gives milliseconds since the epoch. */
export interface ExchangeDeps {
  log: BuyersLog;
  behaviours: BehaviourBook;
  now: () => number;
}

interface Outcome {
  behaviour: Behaviour;
  answer: Answer;
  /** The decision as the format writes it. */
  decision: WireAnswer;
  /** What the buyer sets out to send. */
  shown: WireAnswer;
}

/** Plays every buyer and service: reads a request, decides, writes it down, and only then answers (or misbehaves). */
export function createExchange({ log, behaviours, now }: ExchangeDeps) {
  const decided = new Map<string, Outcome>();
  const contacts = new Set<string>();
  let leads = 100_000;

  function standingBid(to: Destination, ref: string | null): Price | undefined {
    const own = ({ op, buyer, sandbox, decision }: LogEntry): boolean =>
      op === 'ping' && buyer === to.buyer && sandbox === to.sandbox && decision === 'accepted';
    return ref === null ? undefined : log.of(ref).findLast(own)?.price;
  }

  function record(to: Destination, received: Received, answer: Answer, replay: boolean): void {
    const { operation, verdict, price, leadId } = answer;
    log.append({
      at: new Date(now()).toISOString(),
      buyer: to.buyer,
      format: to.format,
      op: operation,
      ref: received.ref,
      idempotencyKey: received.idempotencyKey,
      decision: verdict,
      price,
      leadId: operation === 'ping' || verdict === 'none' ? null : leadId,
      sandbox: to.sandbox,
      replay,
      fields: [...received.fields.keys()].sort(),
    });
  }

  function decideAnew(to: Destination, received: Received, reading: Reading, operation: Operation): Outcome {
    const told = behaviours.next(to.buyer, operation);
    const behaviour: Behaviour = received.malformed ? { mode: 'error', status: 400, reason: 'Malformed body' } : told;
    const contact = reading.uniqueKey === undefined ? undefined : scopeOf(to) + reading.uniqueKey;
    const known = contact !== undefined && contacts.has(contact);
    const bid = operation === 'post' ? standingBid(to, received.ref) : undefined;
    const leadId = String((leads += 1));
    const answer = decide({ buyer: to.buyer, operation, behaviour, reading, received, leadId, bid, known });
    if (contact !== undefined && answer.verdict === 'accepted') contacts.add(contact);
    const decision = wireOf(to, answer, isSilent(behaviour.mode) ? undefined : behaviour.status);
    // What a silent mode begins to send is either the format's error or what would have been the accept.
    const face: Verdict = behaviour.mode === 'error' ? 'none' : 'accepted';
    const shown = isSilent(behaviour.mode) ? wireOf(to, { ...answer, verdict: face }, behaviour.status) : decision;
    return { behaviour, answer, decision, shown };
  }

  async function serve(to: Destination, received: Received, response: ServerResponse): Promise<void> {
    const reading = to.wire.read(received);
    const { operation } = reading;
    if (operation === undefined) return deliver(response, json({ error: 'no such endpoint' }, 404));
    if (operation === 'status') return deliver(response, statusOf(log, to, reading, received.ref));

    const key = operation === 'post' && received.idempotencyKey ? scopeOf(to) + received.idempotencyKey : undefined;
    const earlier = key === undefined ? undefined : decided.get(key);
    if (earlier) {
      record(to, received, earlier.answer, true);
      return deliver(response, earlier.decision);
    }
    const outcome = decideAnew(to, received, reading, operation);
    if (outcome.behaviour.recordThen !== false) record(to, received, outcome.answer, false);
    if (key !== undefined && outcome.answer.verdict !== 'none') decided.set(key, outcome);
    return deliver(response, outcome.shown, outcome.behaviour);
  }

  return {
    async handle(to: Destination, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
      const body = await readBody(request);
      if (body === null) request.destroy();
      else await serve(to, parseReceived(url, request.headers, body), response);
    },
    /** Forgets every decision and contact. */
    forget(): void {
      decided.clear();
      contacts.clear();
    },
  };
}

/** The buyers' test endpoints share nothing with their live ones. */
function scopeOf({ sandbox, buyer }: Destination): string {
  return `${sandbox ? 'sandbox' : 'live'}/${buyer}/`;
}

function wireOf(to: Destination, answer: Answer, status: number | undefined): WireAnswer {
  const wire = to.wire.write(answer);
  return status === undefined ? wire : { ...wire, status };
}

/** What became of a lead by the buyer's own log. An accept outweighs what was said before or after it. */
function statusOf(log: BuyersLog, to: Destination, { leadId }: Reading, ref: string | null): WireAnswer {
  const own = ({ op, buyer, sandbox }: LogEntry): boolean =>
    op === 'post' && buyer === to.buyer && sandbox === to.sandbox;
  const known = leadId === undefined ? ref : log.entries().find((entry) => own(entry) && entry.leadId === leadId)?.ref;
  const posts = log.of(known ?? '').filter(own);
  const last = (...decisions: string[]): LogEntry | undefined =>
    posts.findLast(({ decision }) => decisions.includes(decision));
  const standing = standingOf(last);
  return to.wire.writeStatus?.(standing) ?? plainStatus(standing);
}

function standingOf(last: (...decisions: string[]) => LogEntry | undefined): Standing {
  const sold = last('accepted');
  if (sold) return { verdict: 'accepted', leadId: sold.leadId, price: sold.price };
  const waiting = last('pending');
  if (waiting) return { verdict: 'pending', leadId: waiting.leadId, price: null };
  return { verdict: last('rejected', 'duplicate') ? 'rejected' : 'none', leadId: null, price: null };
}

function plainStatus({ verdict, leadId, price }: Standing): WireAnswer {
  if (verdict === 'accepted') return json({ status: 'sold', lead_id: leadId, price: price ?? undefined });
  if (verdict === 'pending') return json({ status: 'pending', lead_id: leadId });
  return json({ status: verdict === 'rejected' ? 'reject' : 'not_found' });
}
