/** Where a page of records ended that are ordered by a time and then by their id. */
export interface Position {
  at: Date;
  id: string;
}

/** As a cursor: opaque to whoever gets it. */
export function cursorOf({ at, id }: Position): string {
  return Buffer.from(`${at.getTime()} ${id}`).toString('base64url');
}

/** What is no cursor of ours stands before everything. */
export function readCursor(cursor: string): Position {
  const [, time = '0', id = ''] = /^(\d{1,15}) (.*)$/s.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  return { at: new Date(Number(time)), id };
}

/** Records that come before a position, or after it, by the time in `field`. */
export function beyond(field: string, { at, id }: Position, way: '$lt' | '$gt'): Record<string, unknown> {
  return { $or: [{ [field]: { [way]: at } }, { [field]: at, _id: { [way]: id } }] };
}
