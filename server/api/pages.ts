import { z } from 'zod';
import { cursorOf, type Position } from '../../models/position.ts';

/** A moment with its offset: `2026-03-01T09:00:00-05:00`. */
export const moment = z.iso.datetime({ offset: true });
/** What a page before told as `next_cursor`. */
export const cursor = z.string().max(700);
export const nextCursor = z.string().optional().describe('There are more: ask again with it as `cursor`');

/** The answer of an operation that lists: its rows, and what else there is to say of a page. */
export function pageOf<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.object({ status: z.literal(200), type: z.literal('success'), ...shape, next_cursor: nextCursor });
}

/** The range of time that a query names, as records are searched by. */
export function timeRange(from: string | undefined, to: string | undefined): { from?: Date; to?: Date } {
  return { ...(from === undefined ? {} : { from: new Date(from) }), ...(to === undefined ? {} : { to: new Date(to) }) };
}

/** What an answer says of the page after it. */
export function nextPage(next: Position | undefined): { next_cursor?: string } {
  return next ? { next_cursor: cursorOf(next) } : {};
}
