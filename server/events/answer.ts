import { z } from 'zod';
import type { LeadwireError } from '../../errors/leadwire-error.ts';
import type { EventRecord } from '../../models/event.ts';

const MESSAGE = 'Event triggered successfully';

const data = z.object({
  cid: z.string(),
  pid: z.string().describe('As it was named, or organic'),
  transaction_id: z.string(),
  conversion_id: z.string().describe('conv_… of a conversion, otherwise empty'),
  conversion: z.boolean(),
});
const sandbox = z.literal(true).optional();

/** What is answered to an event. */
export const triggered = z.object({ status: z.literal(200), message: z.literal(MESSAGE), data, sandbox });

/** The same where the campaign stands in the address: the status is a text there. */
export const fired = z.object({
  status: z.literal('200'),
  type: z.literal('success'),
  message: z.literal(MESSAGE),
  missingFields: z.object({}),
  invalidFields: z.object({}),
  data,
  sandbox,
});

function dataOf({ campaign, pid, lead, conversionId = '', conversion }: EventRecord) {
  return { cid: campaign, pid, transaction_id: lead, conversion_id: conversionId, conversion };
}

function sandboxOf({ mode }: EventRecord): { sandbox?: true } {
  return mode === 'test' ? { sandbox: true } : {};
}

export function triggeredAnswer(record: EventRecord): z.output<typeof triggered> {
  return { status: 200, message: MESSAGE, data: dataOf(record), ...sandboxOf(record) };
}

export function firedAnswer(record: EventRecord): z.output<typeof fired> {
  const fields = { missingFields: {}, invalidFields: {} };
  return { status: '200', type: 'success', message: MESSAGE, ...fields, data: dataOf(record), ...sandboxOf(record) };
}

/** The members of an error where the status is a text. */
export function firedErrorMembers({ status, details }: LeadwireError): Readonly<Record<string, unknown>> {
  const { missingFields = {}, invalidFields = {} } = details.body ?? {};
  return { status: String(status), missingFields, invalidFields };
}
