import { z } from 'zod';
import { readCursor, type Position } from '../../models/position.ts';
import { cursor, nextCursor, nextPage } from './pages.ts';

/** Tried anew by one request; the cursor of its answer leads on. */
export const MOST_REPLAYED = 500;

export const REPLAYING =
  `At most ${MOST_REPLAYED} with one request, the oldest first: send it again with the \`cursor\` of the answer until there ` +
  'is none. They go out within seconds, with the ids they had, and begin anew at the first attempt.';

/**
 * The body of a request to try failed records anew: one by its id, those that `which` narrows down to, or all.
 *
 * @param noun What one of them is called.
 */
export function replayBody<Which extends z.ZodRawShape>(noun: string, which: Which) {
  return z.union([
    z.strictObject({ id: z.string().max(400).describe(`One ${noun}`) }),
    z
      .strictObject({ ...which, cursor: cursor.optional() })
      .refine((range) => Object.keys(range).some((name) => name !== 'cursor'))
      .describe('Every failed one of these'),
    z.strictObject({ all_failed: z.literal(true), cursor: cursor.optional() }),
  ]);
}

/** Where a request begins that goes on from another one. */
export function replayFrom(wanted: { cursor?: string | undefined } | { id: string }): Position | undefined {
  return 'cursor' in wanted && wanted.cursor !== undefined ? readCursor(wanted.cursor) : undefined;
}

export const replayAnswers = {
  200: {
    description: 'They are tried anew',
    schema: z.object({
      status: z.literal(200),
      type: z.literal('success'),
      replayed: z.int(),
      next_cursor: nextCursor.describe('There are more: send it as `cursor`, with the rest as it was'),
    }),
  },
};

/** What is answered when so many were found and are tried anew. */
export function replayed({ count, next }: { count: number; next?: Position | undefined }) {
  return { status: 200, type: 'success', replayed: count, ...nextPage(next) };
}
