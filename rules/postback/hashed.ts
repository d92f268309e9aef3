import { createHash } from 'node:crypto';

/**
 * Contact fields of a lead as advertising platforms match people by: normalised as Meta, Google and TikTok ask for, then
 * SHA-256 in hex. What the lead lacks is left out.
 *
 * @param lead canonical values: `email`, `phone` in E.164, `first_name`, `last_name`, `city`, `state`, `zip`
 */
export function hashedContacts(lead: Readonly<Record<string, unknown>>): Record<string, string> {
  const { email, phone, first_name: first, last_name: last, city, state, zip } = lead;
  const normalised: Record<string, string> = {
    email: plain(email),
    // Google counts dots and what follows a plus out of its own addresses.
    email_google: googleEmail(plain(email)),
    phone: text(phone),
    phone_digits: text(phone).replace(/\D/g, ''),
    first_name: plain(first),
    last_name: plain(last),
    city: plain(city).replace(/[^\p{L}\p{N}]/gu, ''),
    state: plain(state),
    zip: plain(zip).slice(0, 5),
  };
  return Object.fromEntries(
    Object.entries(normalised)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => [name, createHash('sha256').update(value).digest('hex')]),
  );
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
}

function plain(value: unknown): string {
  return text(value).toLowerCase();
}

function googleEmail(email: string): string {
  const [name = '', domain = ''] = email.split('@');
  if (domain !== 'gmail.com' && domain !== 'googlemail.com') return email;
  return `${name.replace(/\+.*$/, '').replaceAll('.', '')}@${domain}`;
}
