import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

export const FOLDER = fileURLToPath(new URL('.', import.meta.url));

/** Who the recorded leads are about: values that are easy to find wherever they got to. */
export const PERSON = {
  first_name: 'Zephyrine',
  last_name: 'Quackenbush',
  email: 'zephyrine.quackenbush@example.com',
  phone: '415-555-8642',
};
/** What the buyers say about that person in the recorded leads. */
export const WORDS = `call Zephyrine Quackenbush at ${PERSON.phone}`;
export const TRACES = ['zephyrine', 'quackenbush', '5558642', '555-8642'];

export interface Recorded {
  name: string;
  workflowId: string;
  history: PlainHistory;
}

export interface PlainHistory {
  events: Record<string, unknown>[];
}

/** A history as the client fetched it, as plain JSON: long numbers and enums as text, payloads as base64. */
export function plainHistory(history: object): PlainHistory {
  return JSON.parse(JSON.stringify(history)) as PlainHistory;
}

export async function recordedHistories(): Promise<Recorded[]> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.json')).sort();
  return Promise.all(
    names.map(async (name) => {
      const { workflowId, history } = JSON.parse(await readFile(`${FOLDER}/${name}`, 'utf8')) as Omit<Recorded, 'name'>;
      return { name: name.replace('.json', ''), workflowId, history };
    }),
  );
}

/** A history as text in which payloads are decoded: otherwise nothing in them could be found. */
export function readable(history: unknown): string {
  const text = JSON.stringify(history);
  const decode = (_: string, data: string) => Buffer.from(data, 'base64').toString();
  return text + text.replace(/"data":"([A-Za-z0-9+/=]+)"/g, decode);
}
