import { createHash, randomBytes } from 'node:crypto';
import type { Mode } from '../models/origin.ts';
import type { KeyKind } from './key-holder.ts';

/** `lw_live_` (`lw_pub_live_` when anybody may read it) and 8 public digits, then the 128 secret bits. */
const KEY_FORM = /^(lw_(?:pub_)?(?:live|test)_[0-9a-f]{8})([0-9a-f]{32})$/;
const TOKEN_FORM = /^lw_at_[0-9a-f]{64}$/;
const SECRET_FORM = /^[0-9a-f]{32}$/;

export function newKeyId(kind: KeyKind, mode: Mode): string {
  return `lw_${kind === 'browser' ? 'pub_' : ''}${mode}_${randomBytes(4).toString('hex')}`;
}

/** The whole key: its public start and a new secret. */
export function newKey(id: string): string {
  return id + randomBytes(16).toString('hex');
}

export function newToken(): string {
  return `lw_at_${randomBytes(32).toString('hex')}`;
}

/** What requests are signed with; it is used as it is written, prefix included. */
export function newSigningSecret(): string {
  return `lw_sign_${randomBytes(32).toString('hex')}`;
}

/** The public start of a text that has the form of a key. */
export function keyIdIn(text: string): string | undefined {
  return KEY_FORM.exec(text)?.[1];
}

export function isToken(text: string): boolean {
  return TOKEN_FORM.test(text);
}

/** The key that a client id and a client secret make: the secret is the key's secret part, or the whole key. */
export function keyOf(clientId: string, clientSecret: string): string | undefined {
  const key = SECRET_FORM.test(clientSecret) ? clientId + clientSecret : clientSecret;
  return keyIdIn(key) === clientId ? key : undefined;
}

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
