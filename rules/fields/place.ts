import { fault, type FieldValue, type Reading } from './reading.ts';
import { stateCode } from './states.ts';

const ZIP = /^(\d{5})(?:[- ]?\d{4})?$/;
/** Holtsville, New York, has the lowest ZIP code. */
const LOWEST = '00501';

/** Reads a ZIP code or ZIP+4 into five digits. A number has lost its leading zeros and gets them back: 2139 → "02139". */
export function readZip(text: string, raw: FieldValue): Reading {
  const whole = typeof raw === 'number' ? text.padStart(text.length <= 5 ? 5 : 9, '0') : text;
  const zip = ZIP.exec(whole)?.[1];
  return zip !== undefined && zip >= LOWEST ? { value: zip } : fault('not_a_zip', 'is not a ZIP code');
}

/** Reads a state's name or code into its two letters. */
export function readState(text: string): Reading {
  const code = stateCode(text);
  return code ? { value: code } : fault('not_a_state', 'is not a state of the United States');
}
