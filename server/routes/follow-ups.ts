import { z } from 'zod';
import { authorOf, recordChange } from '../../config/audit.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { AuditModel } from '../../models/audit.ts';
import { FOLLOW_UP_STATES } from '../../models/follow-up.ts';
import {
  replayFollowUps,
  requireFollowUp,
  searchFollowUps,
  type FollowUpFilter,
} from '../../models/follow-up-search.ts';
import type { LeadModels } from '../../models/models.ts';
import { cursorOf, readCursor, type Position } from '../../models/position.ts';
import { campaignId, integrationId } from '../../schema/ids.ts';
import { operation, type Operation } from '../api/operation.ts';
import { FOLLOW_UP_OPERATIONS, followUpShown, shownFollowUp } from '../follow-ups/shown.ts';

export interface FollowUpRouteDeps {
  models: Pick<LeadModels, 'followUps' | 'outbox'>;
  audit: AuditModel;
}

const NO_STORE = { 'cache-control': 'no-store' };
const moment = z.iso.datetime({ offset: true });
const cursor = z.string().max(700);
const nextCursor = z.string().optional();
const shared = { tag: 'Integrations', access: ['operator'] } as const;
const which = {
  integration: integrationId.optional(),
  operation: z.enum(FOLLOW_UP_OPERATIONS).optional().describe('`deliver`: after an outcome or an event'),
  from: moment.optional().describe('Not made before this moment'),
  to: moment.optional().describe('Made before this moment'),
};

/** What CRMs, dialers and others were sent after the outcome or told later: `/api/follow-ups`. */
export function followUpOperations(deps: FollowUpRouteDeps): Operation[] {
  return [list(deps), replay(deps)];
}

function list({ models }: FollowUpRouteDeps): Operation {
  return operation(
    {
      ...shared,
      id: 'listFollowUps',
      method: 'get',
      path: '/api/follow-ups',
      summary: 'What services were sent after the outcome or an event, or told later, the newest first',
      description: 'Of the mode of the key.',
      query: z.object({
        state: z.enum(FOLLOW_UP_STATES).optional(),
        ...which,
        campaign: campaignId.optional(),
        transaction_id: z.string().max(60).optional(),
        limit: z.coerce.number().int().min(1).max(200).default(50),
        cursor: cursor.optional(),
      }),
      answers: {
        200: {
          description: 'A page of follow-ups',
          schema: z.object({
            status: z.literal(200),
            type: z.literal('success'),
            follow_ups: z.array(shownFollowUp),
            next_cursor: nextCursor.describe('Give it as `cursor` for the next page'),
          }),
        },
      },
      errors: [],
    },
    async ({ key, query: { transaction_id: lead, from, to, limit, cursor: at, ...filter } }) => {
      const after = at === undefined ? undefined : readCursor(at);
      const search = { ...filter, ...rangeOf(from, to), lead, mode: key.mode };
      const { records, next } = await searchFollowUps(models, { ...search, order: 'newest', limit, after });
      const body = { status: 200, type: 'success', follow_ups: records.map(followUpShown), ...more(next) };
      return { status: 200, headers: NO_STORE, body };
    },
  );
}

const replayBody = z.union([
  z.strictObject({ id: z.string().max(400).describe('One follow-up') }),
  z
    .strictObject({ ...which, cursor: cursor.optional() })
    .refine(({ cursor: _cursor, ...range }) => Object.keys(range).length > 0)
    .describe('Every failed one of these'),
  z.strictObject({ all_failed: z.literal(true), cursor: cursor.optional() }),
]);
/** Replayed by one request; the cursor of its answer leads on. */
const MOST = 500;

function replay({ models, audit }: FollowUpRouteDeps): Operation {
  return operation(
    {
      ...shared,
      id: 'replayFollowUps',
      method: 'post',
      path: '/api/follow-ups/replay',
      summary: 'Try failed follow-ups anew: one, those of a time or an integration, or all',
      description:
        `At most ${MOST} with one request, the oldest first: send it again with the \`cursor\` of the answer until there ` +
        'is none. They go out within seconds, with the ids they had, and begin anew at the first attempt. What is open, ' +
        'done or skipped is left alone.',
      body: { schema: replayBody },
      answers: {
        200: {
          description: 'They are tried anew',
          schema: z.object({
            status: z.literal(200),
            type: z.literal('success'),
            replayed: z.int(),
            next_cursor: nextCursor.describe('There are more: send it as `cursor`, with the rest as it was'),
          }),
        },
      },
      errors: ['invalid_body', 'follow_up_not_found'],
    },
    async ({ key, body }) => {
      const parsed = replayBody.safeParse(body);
      if (!parsed.success) {
        const message = 'Send an id; or integration, operation, from or to; or "all_failed": true';
        throw new LeadwireError('invalid_body', { message });
      }
      const after =
        'cursor' in parsed.data && parsed.data.cursor !== undefined ? readCursor(parsed.data.cursor) : undefined;
      const { id, ...filter } = filterOf(parsed.data);
      const { mode } = key;
      if (id !== undefined) await requireFollowUp(models, { id, mode });
      const { count, next } = await replayFollowUps(models, { id, ...filter, mode }, { limit: MOST, after });
      if (count > 0) {
        const what = { what: 'follow_up', kind: 'replayed', id: id ?? filter.integration ?? 'all_failed' } as const;
        await recordChange(audit, { at: new Date(), who: authorOf(key), ...what, details: { count: String(count) } });
      }
      const answer = { status: 200, type: 'success', replayed: count, ...more(next) };
      return { status: 200, headers: NO_STORE, body: answer };
    },
  );
}

function filterOf(wanted: z.output<typeof replayBody>): FollowUpFilter {
  if ('id' in wanted) return { id: wanted.id };
  if ('all_failed' in wanted) return {};
  const { integration, operation: which, from, to } = wanted;
  return { integration, operation: which, ...rangeOf(from, to) };
}

function rangeOf(from: string | undefined, to: string | undefined): Pick<FollowUpFilter, 'from' | 'to'> {
  return { ...(from === undefined ? {} : { from: new Date(from) }), ...(to === undefined ? {} : { to: new Date(to) }) };
}

function more(next: Position | undefined): { next_cursor?: string } {
  return next ? { next_cursor: cursorOf(next) } : {};
}
