import { randomBytes } from 'node:crypto';

const FORM = /^txn_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * A new lead's id: `txn_` and a UUID version 7, so that ids sort by the time they were made (epoch milliseconds), in
 * no order within a millisecond. `random` gives ten random bytes.
 */
export function newTransactionId(now: number = Date.now(), random: Uint8Array = randomBytes(10)): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(now, 0, 6);
  bytes.set(random, 6);
  bytes[6] = 0x70 | (bytes.readUInt8(6) & 0x0f);
  bytes[8] = 0x80 | (bytes.readUInt8(8) & 0x3f);
  const hex = bytes.toString('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
  return `txn_${parts.join('-')}`;
}

/** The text that every id made at or after `at` (epoch milliseconds) sorts behind, and every earlier one before. */
export function transactionIdsFrom(at: number): string {
  const hex = at.toString(16).padStart(12, '0');
  return `txn_${hex.slice(0, 8)}-${hex.slice(8)}`;
}

/** When an id was made: epoch milliseconds. */
export function timeOfTransaction(id: string): number {
  return Number.parseInt(id.slice('txn_'.length).replace('-', '').slice(0, 12), 16);
}

export function isTransactionId(text: string): boolean {
  return FORM.test(text);
}
