import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { LeadwireError } from '../errors/leadwire-error.ts';
import type { Sealed } from '../models/secret.ts';

const CIPHER = 'aes-256-gcm';

/** Public name of an encryption key: enough to tell that a text was sealed under another one. */
export function keyIdOf(key: Buffer): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 8);
}

/** Encrypts a text, bound to its own name: under another name it cannot be opened. */
export function seal(key: Buffer, name: string, value: string): Sealed {
  const nonce = randomBytes(12);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(name));
  const ciphertext = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
  return { keyId: keyIdOf(key), nonce, ciphertext, tag: cipher.getAuthTag() };
}

/** @throws LeadwireError `secret_key_missing` when it was sealed under another key. */
export function unseal(key: Buffer, name: string, sealed: Sealed): string {
  if (sealed.keyId !== keyIdOf(key)) {
    throw new LeadwireError('secret_key_missing', {
      message: `${name} was encrypted under key ${sealed.keyId}; LEADWIRE_SECRET_KEY holds key ${keyIdOf(key)}`,
    });
  }
  const decipher = createDecipheriv(CIPHER, key, bytes(sealed.nonce), { authTagLength: 16 })
    .setAAD(Buffer.from(name))
    .setAuthTag(bytes(sealed.tag));
  return Buffer.concat([decipher.update(bytes(sealed.ciphertext)), decipher.final()]).toString('utf8');
}

/** A lean read hands binary out as the driver's own wrapper. */
function bytes(value: Buffer | { buffer: Uint8Array }): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.from(value.buffer);
}
