import { IMPLIED_CODES } from '../../server/api/openapi-errors.ts';
import type { ApiDocument } from '../../server/api/openapi.ts';

interface Answers {
  /** What the tests of this run got, as `operation status code`; a success has no code. */
  seen: Set<string>;
  /** What the document that was served says. */
  documented: Set<string>;
}

/** Kept with the process: mocha and the runner load this file each in a way of its own, and so twice. */
const holder = globalThis as unknown as Record<symbol, Answers | undefined>;
const { seen, documented } = (holder[Symbol.for('leadwire.answers')] ??= { seen: new Set(), documented: new Set() });

/** What this process saw, as plain values that another can take over. */
export interface AnswersHere {
  seen: string[];
  documented: string[];
}

export function answersHere(): AnswersHere {
  return { seen: [...seen], documented: [...documented] };
}

/** Adds what another process of the run saw. */
export function takeOver(answers: AnswersHere): void {
  for (const answer of answers.seen) seen.add(answer);
  for (const answer of answers.documented) documented.add(answer);
}

export function noteAnswer(operation: string, status: number, code: string): void {
  seen.add(`${operation} ${status} ${code}`.trim());
}

export function noteDocument(document: ApiDocument): void {
  for (const operation of Object.values(document.paths).flatMap((methods) => Object.values(methods))) {
    for (const answer of answersOf(operation)) documented.add(answer);
  }
}

/**
 * Documented answers that no test of this run saw. What comes from the passages before a handler (keys, limits, bodies,
 * bytes) is the same code wherever a request passes it: one operation stands for all.
 */
export function unseenAnswers(): string[] {
  const seenCodes = new Set([...seen].map((answer) => answer.split(' ')[2]));
  const implied: ReadonlySet<string> = IMPLIED_CODES;
  return [...documented].filter((answer) => {
    const code = answer.split(' ')[2] ?? '';
    return implied.has(code) ? !seenCodes.has(code) : !seen.has(answer);
  });
}

type Documented = NonNullable<ApiDocument['paths'][string]['get']>;

function answersOf({ operationId, responses }: Documented): string[] {
  return Object.entries(responses).flatMap(([status, { content = {}, description }]) => {
    const codes = Object.values(content).flatMap(({ examples = {} }) => Object.keys(examples));
    // Of an error and of an answer that is none, under one status, the description begins with the latter's.
    const plain = codes.length === 0 || !/^[A-Z][A-Za-z ]+ · `/.test(description);
    return [...(plain ? [`${operationId} ${status}`] : []), ...codes.map((code) => `${operationId} ${status} ${code}`)];
  });
}
