import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { errorCode } from './failures.ts';

/** Gathers an answer's body up to a limit, in one growing buffer: a million one-byte chunks cost one byte each. */
export class ResponseBody {
  #buffer: Buffer | undefined;
  #length = 0;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes the chunk, or returns false and leaves it when it would exceed the limit. */
  append(chunk: Buffer): boolean {
    const length = this.#length + chunk.length;
    if (length > this.#limit) return false;
    if (this.#buffer === undefined) {
      // Most answers are one chunk: keep it as it came.
      this.#buffer = chunk;
    } else {
      if (length > this.#buffer.length) this.#grow(length);
      chunk.copy(this.#buffer, this.#length);
    }
    this.#length = length;
    return true;
  }

  bytes(): Buffer {
    return this.#buffer?.subarray(0, this.#length) ?? Buffer.alloc(0);
  }

  #grow(length: number): void {
    const larger = Buffer.allocUnsafe(Math.min(this.#limit, length * 2));
    this.#buffer?.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

export type Decoded = { ok: true; body: Buffer } | { ok: false; code: 'too_large' | 'decompression_failed' };

/**
 * Undoes a content coding that was not asked for. Synchronous: it is rare, and the limit keeps it to milliseconds.
 * @param limit bytes of output; decoding stops there, so a bomb costs no more than an honest answer
 */
export function decodeBody(raw: Buffer, contentEncoding: string | undefined, limit: number): Decoded {
  const coding = contentEncoding?.trim().toLowerCase() ?? '';
  if (raw.length === 0 || coding === '' || coding === 'identity') return { ok: true, body: raw };
  const decode = decoderFor(coding, raw);
  if (decode === undefined) return { ok: false, code: 'decompression_failed' };
  try {
    return { ok: true, body: decode(raw, { maxOutputLength: Math.max(1, limit) }) };
  } catch (error) {
    return { ok: false, code: errorCode(error) === 'ERR_BUFFER_TOO_LARGE' ? 'too_large' : 'decompression_failed' };
  }
}

function decoderFor(
  coding: string,
  raw: Buffer,
): ((raw: Buffer, options: { maxOutputLength: number }) => Buffer) | undefined {
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return gunzipSync;
    case 'br':
      return brotliDecompressSync;
    case 'deflate':
      // Some servers leave the zlib wrapper out; the wrapper's first byte ends in the method, 8.
      return ((raw[0] ?? 0) & 0x0f) === 8 ? inflateSync : inflateRawSync;
    default:
      return undefined;
  }
}
