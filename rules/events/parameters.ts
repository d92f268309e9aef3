/** What an event is told by name, whatever fields its campaign has. `amount` and `revenue` are the same. */
export const EVENT_PARAMETERS = [
  ...(['cid', 'event_id', 'transaction_id', 'pid'] as const),
  ...(['revenue', 'amount', 'conversion_date', 'conversion_timezone'] as const),
] as const;
export type EventParameter = (typeof EVENT_PARAMETERS)[number];

export function isEventParameter(name: string): name is EventParameter {
  return (EVENT_PARAMETERS as readonly string[]).includes(name);
}

/** Whether something was sent at all. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && !(typeof value === 'string' && value.trim() === '');
}
