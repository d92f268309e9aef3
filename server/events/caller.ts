import { mayRead, type BrowserKey, type SellerKey } from '../../config/key-holder.ts';
import type { CompiledEvent } from '../../config/events.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { EventRecord } from '../../models/event.ts';
import { unauthorized } from '../access/credential.ts';
import type { Subject } from './subject.ts';

/** Who fires an event. */
export type Caller =
  { origin: 'open' } | { origin: 'key' | 'bulk'; key: SellerKey | BrowserKey } | { origin: 'operator'; name: string };

/** What the event's record says of who fired it. */
export function signedBy(caller: Caller): Pick<EventRecord, 'origin' | 'by' | 'verified'> {
  const by = caller.origin === 'operator' ? caller.name : caller.origin === 'open' ? undefined : caller.key.id;
  return { origin: caller.origin, ...(by === undefined ? {} : { by }), verified: vouches(caller) };
}

/** Whether somebody we know answers for it: the key of a page is everybody's. */
function vouches(caller: Caller): boolean {
  return caller.origin === 'operator' || (caller.origin !== 'open' && caller.key.kind === 'seller');
}

/**
 * Holds a caller to what the event asks for.
 *
 * @throws LeadwireError `event_key_required`, `key_not_allowed`, `missing_signature`
 */
export function requireStanding(caller: Caller, { requires }: CompiledEvent): void {
  if (requires === undefined || caller.origin === 'operator') return;
  if (caller.origin === 'open') {
    throw new LeadwireError('event_key_required', { headers: { 'www-authenticate': 'Bearer realm="leadwire"' } });
  }
  if (!vouches(caller)) throw new LeadwireError('key_not_allowed');
  // The signature of a key that signs was checked before the request came this far.
  if (requires === 'signature' && !caller.key.signed) throw unauthorized('missing_signature');
}

/** Whether the transaction is the caller's; without a key whoever knows its id may say what happened to it. */
export function isOwn(caller: Caller, subject: Subject): boolean {
  if (caller.origin === 'open' || caller.origin === 'operator') return true;
  const { key } = caller;
  return key.kind === 'seller' ? mayRead(key, subject) : key.source === subject.source && key.mode === subject.mode;
}
