import { fieldNamed } from '../received.ts';
import { json, type WireFormat } from '../wire.ts';

/** Line type of a phone by its last digit: 0 to 5 mobile, 6 and 7 landline, 8 and 9 voip. */
export const enrichment: WireFormat = {
  read(received) {
    return { operation: 'call', subject: fieldNamed(received, 'phone', 'phone_number', 'primary_phone') };
  },

  write({ verdict, subject, reason }) {
    if (verdict === 'none') return json({ error: reason }, 500);
    const digit = Number(/\d\D*$/.exec(subject)?.[0].charAt(0) ?? NaN);
    if (verdict !== 'accepted' || Number.isNaN(digit)) return json({ valid: false, line_type: null, carrier: null });
    const lineType = digit <= 5 ? 'mobile' : digit <= 7 ? 'landline' : 'voip';
    return json({ valid: true, line_type: lineType, carrier: `Carrier ${digit}` });
  },
};
