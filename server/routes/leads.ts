import Router from '@koa/router';
import type { ApiKeys } from '../../config/api-keys.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { isTransactionId } from '../../rules/transaction-id.ts';
import { acceptLead, type IngressDeps } from '../ingress/accept-lead.ts';
import { leadAnswer } from '../ingress/answer.ts';
import { readIdempotencyKey } from '../ingress/idempotency.ts';
import { requireKey, type AccessState } from '../middleware/access.ts';
import { readBody, type BodyState } from '../middleware/body.ts';
import { shedLoad, type Capacity } from '../middleware/load.ts';

/** `POST /api/lead/{cid}` takes a lead in; `GET /api/lead/{transaction_id}` tells what became of it. */
export function leadRoutes(ingress: IngressDeps, keys: ApiKeys, capacity: Capacity) {
  const router = new Router<AccessState & BodyState>();

  router.post('/api/lead/:cid', requireKey(keys), shedLoad(capacity, ingress.metrics), readBody(), async (context) => {
    const idempotencyKey = readIdempotencyKey(context.headers['idempotency-key'] as string | undefined);
    const { key, raw, body } = context.state;
    const cid = context.params['cid'] ?? '';
    const answer = await acceptLead(ingress, { cid, key, raw, body, idempotencyKey });
    context.status = answer.status;
    context.body = answer.body;
  });

  router.get('/api/lead/:id', requireKey(keys), async (context) => {
    const id = context.params['id'] ?? '';
    const lead = isTransactionId(id) ? await ingress.models.leads.findById(id).lean() : null;
    const { source, mode } = context.state.key;
    // Another source's lead does not exist for this key.
    if (!lead || lead.source !== source || lead.mode !== mode) throw new LeadwireError('unknown_lead');
    const { status, body } = leadAnswer(lead, ingress.publicUrl);
    // The question was answered, whatever is still open about the lead.
    context.status = 200;
    context.body = {
      ...body,
      status: 200,
      final: status === 200,
      campaign: lead.campaign,
      source: lead.source,
      received_at: lead.receivedAt.toISOString(),
      ...(lead.concludedAt ? { concluded_at: lead.concludedAt.toISOString() } : {}),
      ...(lead.duplicateOf ? { duplicate: true } : {}),
    };
  });

  return router;
}
