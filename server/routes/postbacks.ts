import { z } from 'zod';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { toReceivedHeaders } from '../../http/headers.ts';
import { DELIVERY_STATES } from '../../rules/delivery.ts';
import { operation, type ApiAnswer, type ApiRequest, type Operation, type OperationSpec } from '../api/operation.ts';
import { receivePostback, type PostbackDeps, type PostbackReceipt } from '../postbacks/receive.ts';

const receipt = z.object({
  status: z.literal(200),
  type: z.literal('success'),
  transaction_id: z.string(),
  state: z.enum(DELIVERY_STATES).describe('How the delivery stands now'),
  sandbox: z.literal(true).optional(),
});

const described = {
  path: '/api/postback/{token}',
  tag: 'Buyers',
  access: [],
  params: z.object({
    token: z
      .string()
      .describe("The delivery's own, as the post gave it; or `<integration>.<secret>`; or `<integration>`"),
  }),
  answers: {
    200: {
      description: 'Taken, or known before. An integration may configure another answer of its own',
      schema: receipt,
      also: { 'text/plain': z.string() },
    },
  },
  errors: [
    'unknown_postback',
    'postback_not_signed',
    'unknown_delivery',
    'postback_not_understood',
    'postback_too_early',
    'return_too_late',
    'return_reason_not_allowed',
    'return_refused',
    'delivery_conflict',
  ],
} as const satisfies Partial<OperationSpec>;

/** `POST|GET /api/postback/{token}`: a buyer says later what became of a lead that was delivered to it. */
export function postbackOperations(deps: PostbackDeps): Operation[] {
  const handle = (request: ApiRequest<(typeof described)['params']>) => receive(deps, request);
  const description =
    'Without a mapping of its own an integration reads `status` (or `outcome`), `price`, `reason` and `lead_id` from ' +
    'the query, JSON, a form or XML. Saying the same again is harmless.';
  return [
    operation(
      {
        ...described,
        id: 'postPostback',
        method: 'post',
        summary: 'A buyer confirms, rejects or returns a lead it was sent',
        description,
        body: { schema: {}, raw: true, description: 'As the integration maps it: JSON, form, XML or text' },
      },
      handle,
    ),
    operation(
      {
        ...described,
        id: 'getPostback',
        method: 'get',
        summary: 'The same by query alone, for buyers that can do no more',
        description,
      },
      handle,
    ),
  ];
}

async function receive(
  deps: PostbackDeps,
  { params: { token }, raw, context }: Pick<ApiRequest<(typeof described)['params']>, 'params' | 'raw' | 'context'>,
): Promise<ApiAnswer> {
  // Whatever looks at an address before it is opened must not settle anything.
  if (context.method === 'HEAD') throw new LeadwireError('method_not_allowed');
  const taken = await receivePostback(deps, {
    method: context.method,
    token,
    query: { ...context.query },
    querystring: context.querystring,
    headers: toReceivedHeaders(context.headers),
    body: raw,
  });
  return answerFor(taken);
}

function answerFor({ delivery: { lead, state, mode }, integration }: PostbackReceipt): ApiAnswer {
  const own = integration.integration.postback?.answer;
  if (own) return { status: own.status ?? 200, type: own.contentType ?? 'text/plain', body: own.body };
  const sandbox = mode === 'test' ? { sandbox: true } : {};
  return { status: 200, body: { status: 200, type: 'success', transaction_id: lead, state, ...sandbox } };
}
