import { json, type WireFormat } from '../wire.ts';

const codes = { accepted: 1, duplicate: -2, rejected: -5, pending: -5, none: -100 };

/** LeadByte: a form to `submit.php`, JSON out, a code for each outcome and no price. No pending leads: those get a no. */
export const leadbyte: WireFormat = {
  read({ endpoint }) {
    return endpoint === 'submit.php' ? { operation: 'post' } : {};
  },

  write({ verdict, leadId, reason }) {
    const isSold = verdict === 'accepted';
    const answer = {
      code: codes[verdict],
      response: isSold ? 'OK' : reason,
      info: [],
      leadId: isSold ? Number(leadId) : null,
    };
    return json(answer, verdict === 'none' ? 500 : 200);
  },
};
