import { priceText, redirectUrl, xml, type WireFormat } from '../wire.ts';

const types = {
  accepted: 'No_Error',
  pending: 'No_Error',
  duplicate: 'Duplicate_Lead',
  rejected: 'Outside_Criteria',
  none: 'Data_Errors',
};

/** LeadExec: a form to `/processor/insert/general`, XML out; a lead that waits for its review is a valid post all the same. */
export const leadexec: WireFormat = {
  read({ endpoint }) {
    return endpoint === 'general' ? { operation: 'post' } : {};
  },

  write({ verdict, price, leadId, reason }) {
    const isValid = verdict === 'accepted' || verdict === 'pending';
    const answer = {
      isValidPost: String(isValid),
      ResponseType: types[verdict],
      ResponseDetails: reason,
      LeadIdentifier: isValid ? leadId : null,
      PendingQCReview: String(verdict === 'pending'),
      Price: priceText(price),
      RedirectURL: verdict === 'accepted' ? redirectUrl(leadId) : null,
    };
    const written = xml('PostResponse', answer, 'text/xml; charset=utf-8');
    return verdict === 'none' ? { ...written, status: 500 } : written;
  },
};
