import { Readable } from 'node:stream';
import { TextDecoder } from 'node:util';
import { parse } from 'csv-parse';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { createJsonRows } from '../../rules/events/json-rows.ts';

/** Characters of one row. */
const MAX_ROW = 32_768;
const MAX_COLUMNS = 200;
/** Bytes of one upload. */
export const MAX_UPLOAD = 64 * 1024 * 1024;

export type BulkForm = 'csv' | 'json';
export type BulkRow = Record<string, unknown>;

/**
 * Reads the rows of an upload one by one, no faster than they are taken, so that an upload of any length takes the
 * memory of a few rows.
 *
 * @param seen is given every byte as it comes, for a signature
 * @throws LeadwireError `bulk_unreadable` naming the row, `bulk_too_large`, `invalid_encoding`
 */
export async function* readRows(
  body: AsyncIterable<Buffer>,
  form: BulkForm,
  seen: (bytes: Buffer) => void = () => undefined,
): AsyncGenerator<BulkRow> {
  let rows = 0;
  try {
    const text = textOf(body, seen);
    for await (const row of form === 'csv' ? csvRows(text) : jsonRows(text)) {
      rows++;
      yield row;
    }
  } catch (error) {
    if (error instanceof LeadwireError) throw error;
    if (!isMistake(error)) throw new LeadwireError('invalid_body', { message: 'The body did not arrive whole' });
    throw new LeadwireError('bulk_unreadable', {
      message: `Row ${rowAt(error, rows)} cannot be read: nothing was taken in`,
    });
  }
}

/** The reader of CSV is ahead of what was taken from it, and says how far it came. */
function rowAt(error: unknown, taken: number): number {
  return Number((error as { records?: unknown }).records ?? taken) + 1;
}

/** A mistake in the text; anything else is the connection's. */
function isMistake(error: unknown): boolean {
  const code = String((error as { code?: unknown }).code ?? '');
  return error instanceof SyntaxError || error instanceof RangeError || code.startsWith('CSV_');
}

async function* textOf(body: AsyncIterable<Buffer>, seen: (bytes: Buffer) => void): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > MAX_UPLOAD) throw new LeadwireError('bulk_too_large');
    seen(piece);
    yield decoded(decoder, piece);
  }
  yield decoded(decoder);
}

function decoded(decoder: TextDecoder, piece?: Buffer): string {
  try {
    return piece ? decoder.decode(piece, { stream: true }) : decoder.decode();
  } catch {
    throw new LeadwireError('invalid_encoding');
  }
}

/** A header row, then the rows as RFC 4180 has them. An empty cell is nothing. */
async function* csvRows(text: AsyncIterable<string>): AsyncGenerator<BulkRow> {
  const parser = parse({
    bom: true,
    columns: columnsOf,
    max_record_size: MAX_ROW,
    skip_empty_lines: true,
  });
  const source = Readable.from(text, { highWaterMark: 1 });
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  try {
    for await (const cells of parser as AsyncIterable<Record<string, string>>) {
      yield Object.fromEntries(Object.entries(cells).filter(([, cell]) => cell !== ''));
    }
  } finally {
    source.destroy();
    parser.destroy();
  }
}

function columnsOf(header: string[]): string[] {
  const names = header.map((name) => name.trim());
  const isGood = names.length <= MAX_COLUMNS && names.every((name) => name !== '') && !hasTwice(names);
  if (!isGood) throw new SyntaxError('the header row has no, or too many, or the same names');
  return names;
}

function hasTwice(names: readonly string[]): boolean {
  return new Set(names).size < names.length;
}

async function* jsonRows(text: AsyncIterable<string>): AsyncGenerator<BulkRow> {
  const rows = createJsonRows(MAX_ROW);
  for await (const piece of text) yield* rows.push(piece);
  rows.end();
}
