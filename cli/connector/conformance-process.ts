import { readFileSync, writeSync } from 'node:fs';
import type { CodeFunctions } from '../../rules/connector/code.ts';
import type { Subject } from '../../sdk/index.ts';
import type { ChildMessage } from '../../sdk/conformance/child.ts';
import { findingsOf, readOwn } from './folder.ts';

/** The other end of `testInChild`: runs the suite over the folder in its arguments and says what it found. */
const OUT = 3;
const token = readFileSync(0, 'utf8');
const [folder = '', previous] = process.argv.slice(2);

// As in the threads of nodes: whoever asks for something by himself is found out here.
Object.assign(globalThis, { fetch: undefined, WebSocket: undefined });

/** At once: what comes next may never end. */
function say(message: ChildMessage): void {
  writeSync(OUT, `${JSON.stringify(message)}\n`);
}

try {
  say({ at: 'index.js' });
  const subject = await readOwn(new URL(folder), previous === undefined ? undefined : new URL(previous));
  say({ left: 'index.js' });
  say({ findings: await findingsOf(told(subject)), token });
} catch (error) {
  say({ broken: error instanceof Error ? error.message : 'unknown', token });
}
// Code may have left something behind that keeps the process.
process.exit();

/** Functions that say when they are run. */
function told(subject: Subject): Subject {
  if (!subject.functions) return subject;
  const functions = Object.entries(subject.functions).map(([name, { request, response }]: [string, CodeFunctions]) => [
    name,
    {
      ...(request ? { request: around(`${name}.request`, request) } : {}),
      ...(response ? { response: around(`${name}.response`, response) } : {}),
    },
  ]);
  return { ...subject, functions: Object.fromEntries(functions) as Subject['functions'] };
}

function around<Args extends unknown[], Result>(
  at: string,
  call: (...args: Args) => Result,
): (...args: Args) => Result {
  return (...args) => {
    say({ at });
    try {
      return call(...args);
    } finally {
      say({ left: at });
    }
  };
}
