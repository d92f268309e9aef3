/** A lead's value as Leadwire stores it. */
export type FieldValue = string | number | boolean;

/** What is wrong with a value. The message never holds the value itself: it reaches logs and answers. */
export interface FieldFault {
  code: string;
  message: string;
}

export type Reading = { value: FieldValue } | { fault: FieldFault };

/** Reads one value. `text` is it as clean, non-empty text; `raw` is it as it was sent. */
export type FieldReader = (text: string, raw: FieldValue) => Reading;

export function fault(code: string, message: string): Reading {
  return { fault: { code, message } };
}

const CLEAN = /^[!-~]+(?: [!-~]+)*$/;
// Controls, lone surrogates, zero-width spaces and marks that reverse the reading direction; white space comes after.
const UNWANTED = /(?!\s)[\p{Cc}\p{Cs}\u200B\u202A-\u202E\u2066-\u2069]/gu;

/** Text as it is kept: trimmed, inner white space one space, NFC, without control characters. */
export function cleanText(raw: string): string {
  if (CLEAN.test(raw)) return raw;
  return raw.replace(UNWANTED, '').replace(/\s+/g, ' ').trim().normalize('NFC');
}
