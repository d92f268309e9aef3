import { fieldNamed } from '../received.ts';
import { json, type WireFormat } from '../wire.ts';

/** A CRM that creates contacts as HubSpot does: 201, and 409 for an e-mail address (or phone) it has already. */
export const crm: WireFormat = {
  read(received) {
    const contact = fieldNamed(received, 'email') ?? fieldNamed(received, 'phone');
    return { operation: 'call', uniqueKey: contact?.trim().toLowerCase() };
  },

  write({ verdict, leadId, reason }) {
    if (verdict === 'accepted') return json({ id: leadId, properties: {}, archived: false }, 201);
    if (verdict === 'duplicate')
      return json({ status: 'error', message: `Contact already exists. ${reason}`, category: 'CONFLICT' }, 409);
    const status = verdict === 'rejected' ? 400 : 500;
    return json({ status: 'error', message: reason, category: status === 400 ? 'VALIDATION_ERROR' : 'ERROR' }, status);
  },
};
