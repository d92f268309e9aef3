import type { z } from 'zod';
import { LeadwireError } from '../../errors/leadwire-error.ts';

/**
 * The body of a request in the form that an operation takes.
 *
 * @param message What to send.
 * @throws LeadwireError `invalid_body`
 */
export function parsedBody<Schema extends z.ZodType>(schema: Schema, body: unknown, message: string): z.output<Schema> {
  const { success, data } = schema.safeParse(body);
  if (!success) throw new LeadwireError('invalid_body', { message });
  return data;
}
