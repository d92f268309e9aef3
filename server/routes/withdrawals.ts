import { z } from 'zod';
import { authorOf, recordChange } from '../../config/audit.ts';
import { mayRead, type OperatorKey, type SellerKey } from '../../config/key-holder.ts';
import type { AuditModel } from '../../models/audit.ts';
import type { WithdrawalKind, WithdrawalRecord } from '../../models/withdrawal.ts';
import { returnReasonSchema } from '../../schema/money.ts';
import { operation, type Operation } from '../api/operation.ts';
import { parsedBody } from '../api/parsed-body.ts';
import { requestWithdrawal, type Withdrawable, type WithdrawalDeps } from '../withdrawals/request.ts';
import { proofShown, shownProof, shownWithdrawal, withdrawalShown } from '../withdrawals/shown.ts';

export interface WithdrawalRouteDeps extends WithdrawalDeps {
  audit: AuditModel;
}

const NO_STORE = { 'cache-control': 'no-store' };
const params = z.object({ id: z.string().describe('Transaction id') });
const reason = returnReasonSchema.optional().describe('Code of the reason: `opt_out`');
const revokeBody = z.object({ reason });

/** `POST /api/lead/{id}/revoke` takes a consent back, `DELETE /api/lead/{id}` erases what is known of a person. */
export function withdrawalOperations(deps: WithdrawalRouteDeps): Operation[] {
  return [revoke(deps), erase(deps)];
}

function revoke(deps: WithdrawalRouteDeps): Operation {
  return operation(
    {
      id: 'revokeLead',
      method: 'post',
      path: '/api/lead/{id}/revoke',
      tag: 'Leads',
      summary: 'The person took the consent back: sell the lead to nobody, and tell who has it',
      description:
        'A lead that is held, or not sold yet, ends as `cancelled`; a sale stands. Whoever got the lead and wants to know ' +
        'is told, for days if need be. Asking again changes nothing and shows how it stands.',
      access: ['seller', 'operator'],
      params,
      body: { schema: revokeBody },
      answers: {
        200: {
          description: 'It is revoked. Operators see who is told',
          schema: z.object({
            status: z.literal(200),
            type: z.literal('success'),
            revocation: z.union([shownProof, shownWithdrawal]),
          }),
        },
      },
      errors: ['invalid_body', 'unknown_lead'],
    },
    async ({ params: { id }, body, key }) => {
      const { reason } = parsedBody(revokeBody, body, 'reason is a code, such as opt_out');
      const record = await withdraw(deps, key, id, 'revoke', reason);
      const revocation = key.kind === 'operator' ? await proofShown(deps.models, record) : withdrawalShown(record);
      return { status: 200, headers: NO_STORE, body: { status: 200, type: 'success', revocation } };
    },
  );
}

function erase(deps: WithdrawalRouteDeps): Operation {
  return operation(
    {
      id: 'eraseLead',
      method: 'delete',
      path: '/api/lead/{id}',
      tag: 'Leads',
      summary: 'Erase what is known of the person of a lead, a ping or a visit',
      description:
        'Operators only. Every value goes from our records, also from requests and answers that were kept; ids, prices, ' +
        'times and codes stay. Whoever got the lead and can erase is told. It cannot be undone. Asking again changes ' +
        'nothing and shows the proof.',
      access: ['operator'],
      params,
      query: z.strictObject({ reason }),
      answers: {
        200: {
          description: 'It is being erased, or has been: the proof',
          schema: z.object({ status: z.literal(200), type: z.literal('success'), erasure: shownProof }),
        },
      },
      errors: ['unknown_lead'],
    },
    async ({ params: { id }, query, key }) => {
      const record = await withdraw(deps, key, id, 'erase', query.reason);
      const erasure = await proofShown(deps.models, record);
      return { status: 200, headers: NO_STORE, body: { status: 200, type: 'success', erasure } };
    },
  );
}

async function withdraw(
  deps: WithdrawalRouteDeps,
  key: SellerKey | OperatorKey,
  id: string,
  kind: WithdrawalKind,
  why: string | undefined,
): Promise<WithdrawalRecord> {
  // Another source's lead does not exist for this key, nor does one of the other mode.
  const mayAsk = (of: Withdrawable) => (key.kind === 'operator' ? key.mode === of.mode : mayRead(key, of));
  const { record, isNew } = await requestWithdrawal(deps, { id, kind, why, by: authorOf(key), mayAsk });
  if (isNew) {
    const details = why === undefined ? {} : { details: { reason: why } };
    await recordChange(deps.audit, { at: new Date(), who: authorOf(key), what: 'lead', kind, id, ...details });
  }
  return record;
}
