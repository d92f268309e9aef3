import { z } from 'zod';
import { authorOf, recordChange } from '../../config/audit.ts';
import type { AuditModel } from '../../models/audit.ts';
import { FOLLOW_UP_STATES } from '../../models/follow-up.ts';
import {
  replayFollowUps,
  requireFollowUp,
  searchFollowUps,
  type FollowUpFilter,
} from '../../models/follow-up-search.ts';
import type { LeadModels } from '../../models/models.ts';
import { readCursor } from '../../models/position.ts';
import { campaignId, integrationId } from '../../schema/ids.ts';
import { operation, type Operation } from '../api/operation.ts';
import { cursor, moment, nextPage, pageOf, timeRange } from '../api/pages.ts';
import { parsedBody } from '../api/parsed-body.ts';
import { MOST_REPLAYED, replayAnswers, replayBody, replayed, replayFrom, REPLAYING } from '../api/replay.ts';
import { FOLLOW_UP_OPERATIONS, followUpShown, shownFollowUp } from '../follow-ups/shown.ts';

export interface FollowUpRouteDeps {
  models: Pick<LeadModels, 'followUps' | 'outbox'>;
  audit: AuditModel;
}

const NO_STORE = { 'cache-control': 'no-store' };
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
          schema: pageOf({ follow_ups: z.array(shownFollowUp) }),
        },
      },
      errors: [],
    },
    async ({ key, query: { transaction_id: lead, from, to, limit, cursor: at, ...filter } }) => {
      const after = at === undefined ? undefined : readCursor(at);
      const search = { ...filter, ...timeRange(from, to), lead, mode: key.mode };
      const { records, next } = await searchFollowUps(models, { ...search, order: 'newest', limit, after });
      const body = { status: 200, type: 'success', follow_ups: records.map(followUpShown), ...nextPage(next) };
      return { status: 200, headers: NO_STORE, body };
    },
  );
}

const wantedReplay = replayBody('follow-up', which);

function replay({ models, audit }: FollowUpRouteDeps): Operation {
  return operation(
    {
      ...shared,
      id: 'replayFollowUps',
      method: 'post',
      path: '/api/follow-ups/replay',
      summary: 'Try failed follow-ups anew: one, those of a time or an integration, or all',
      description: `${REPLAYING} What is open, done or skipped is left alone.`,
      body: { schema: wantedReplay },
      answers: replayAnswers,
      errors: ['invalid_body', 'follow_up_not_found'],
    },
    async ({ key, body }) => {
      const message = 'Send an id; or integration, operation, from or to; or "all_failed": true';
      const wanted = parsedBody(wantedReplay, body, message);
      const { id, ...filter } = filterOf(wanted);
      const { mode } = key;
      if (id !== undefined) await requireFollowUp(models, { id, mode });
      const page = { limit: MOST_REPLAYED, after: replayFrom(wanted) };
      const { count, next } = await replayFollowUps(models, { id, ...filter, mode }, page);
      if (count > 0) {
        const what = { what: 'follow_up', kind: 'replayed', id: id ?? filter.integration ?? 'all_failed' } as const;
        await recordChange(audit, { at: new Date(), who: authorOf(key), ...what, details: { count: String(count) } });
      }
      return { status: 200, headers: NO_STORE, body: replayed({ count, next }) };
    },
  );
}

function filterOf(wanted: z.output<typeof wantedReplay>): FollowUpFilter {
  if ('id' in wanted) return { id: wanted.id };
  if ('all_failed' in wanted) return {};
  const { integration, operation: which, from, to } = wanted;
  return { integration, operation: which, ...timeRange(from, to) };
}
