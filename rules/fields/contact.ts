import { domainToASCII } from 'node:url';
import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import { fault, type FieldValue, type Reading } from './reading.ts';

const LOCAL_PART = /^[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u;
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})$/;

/**
 * Reads an address of RFC 5321 without quoted parts, all in lower case: no mail provider in use tells case apart, and
 * dedupe, suppression lists and hashes of an address must find the same person.
 */
export function readEmail(text: string): Reading {
  const at = text.lastIndexOf('@');
  const local = text.slice(0, at).toLowerCase();
  const domain = domainToASCII(text.slice(at + 1)).toLowerCase();
  const fits = at > 0 && local.length <= 64 && local.length + 1 + domain.length <= 254;
  if (!fits || !LOCAL_PART.test(local) || !DOMAIN.test(domain))
    return fault('not_an_email', 'is not an e-mail address');
  return { value: `${local}@${domain}` };
}

const NORTH_AMERICAN = /^1?([2-9]\d{2}[2-9]\d{6})$/;
const NORTH_AMERICAN_E164 = /^\+1[2-9]\d{2}[2-9]\d{6}$/;
const PUNCTUATION = /[\s()./_\p{Pd}]/gu;

/**
 * Reads a phone number, of the United States unless it has a country code, into E.164; an extension is dropped.
 * North American numbers go by their shape alone, since new area codes open faster than any list is updated.
 */
export function readPhone(text: string, raw: FieldValue): Reading {
  // Neither a sign nor a decimal point of a number is punctuation.
  if (typeof raw === 'number' && !/^\d+$/.test(text)) return fault('not_a_phone', 'is not a phone number');
  const dialled = text.replace(PUNCTUATION, '');
  const national = NORTH_AMERICAN.exec(dialled.startsWith('+1') ? dialled.slice(1) : dialled)?.[1];
  if (national) return { value: `+1${national}` };
  const parsed = parsePhoneNumberFromString(text.replace(/^tel:/i, ''), { defaultCountry: 'US', extract: false });
  const valid = parsed?.countryCallingCode === '1' ? NORTH_AMERICAN_E164.test(parsed.number) : parsed?.isValid();
  return parsed && valid ? { value: parsed.number } : fault('not_a_phone', 'is not a phone number');
}
