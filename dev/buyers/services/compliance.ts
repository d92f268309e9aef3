import { fieldNamed } from '../received.ts';
import { json, type WireFormat } from '../wire.ts';

/** A block-list lookup in the shape of Blacklist Alliance: phones that end in 0000 are listed. */
export const compliance: WireFormat = {
  read(received) {
    const phone = fieldNamed(received, 'phone', 'phone_number', 'primary_phone') ?? '';
    return { operation: 'call', subject: phone, refused: /0000$/.test(phone.replace(/\D/g, '')) };
  },

  write({ verdict, reason }) {
    if (verdict === 'none') return json({ status: 'error', message: reason }, 500);
    const listed = verdict !== 'accepted';
    const found = listed
      ? { message: 'Blacklisted', code: 'prior-litigation', results: 1 }
      : { message: 'Good', code: 'none', results: 0 };
    return json({ status: 'success', ...found, scrubs: true });
  },
};
