import { z } from 'zod';
import { dryRun, type DryRun, type DryRunDeps, type Explained } from '../../activities/dry-run.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { CHECKS, type Check } from '../../rules/explain.ts';
import { parsePrice } from '../../rules/money.ts';
import { campaignId } from '../../schema/ids.ts';
import { operation, type Operation } from '../api/operation.ts';
import { moment } from '../api/pages.ts';
import { parsedBody } from '../api/parsed-body.ts';
import { rankingSchema, rankingShown } from '../dry-run/ranking.ts';

const body = z.object({
  lead: z
    .record(z.string(), z.unknown())
    .describe('Its fields, as a seller would send them; any of them may be left out'),
  source: z.string().max(100).optional().describe('Operators: the source it would come from'),
  at: moment.optional().describe('When it would come. Default now'),
  bids: z
    .record(z.string().max(100), z.number().min(0).max(1_000_000))
    .optional()
    .describe('Operators: what buyers would bid, in dollars by integration'),
});

const explained = z.object({
  id: z.string(),
  name: z.string().optional(),
  buyer: z.string().optional().describe('Operators only, as category and when'),
  category: z.string().optional(),
  when: z.string().optional(),
  eligible: z.boolean(),
  reason: z.string().optional().describe('The first no, as the reasons of docs/rules.md'),
  says: z.string().describe('The same in words'),
  checks: z.array(
    z.object({
      check: z.enum(CHECKS),
      pass: z.boolean(),
      says: z.string(),
      saw: z.record(z.string(), z.unknown()).describe('The values it went by'),
    }),
  ),
});

/** `POST /api/dry-run/{cid}`: why a buyer would get a lead, or would not. */
export function dryRunOperations(deps: DryRunDeps): Operation[] {
  return [
    operation(
      {
        id: 'explainLead',
        method: 'post',
        path: '/api/dry-run/{cid}',
        tag: 'Buyers',
        summary: 'Which integrations would get a lead, and what each check of it saw',
        description:
          'Nothing is stored and nobody is asked. A live key explains a live lead, a test key a sandbox one. A buyer sees its own ' +
          'integrations, an operator all of them, with everything that their checks saw, and how bids would rank.',
        access: ['buyer', 'operator'],
        params: z.object({ cid: campaignId }),
        body: { schema: body },
        answers: {
          200: {
            description: 'What would become of the lead',
            schema: z.object({
              status: z.literal(200),
              type: z.literal('success'),
              at: z.iso.datetime(),
              missing_fields: z.array(z.string()).describe('Required fields that it lacks'),
              invalid_fields: z.record(z.string(), z.string()),
              integrations: z.array(explained),
              facts: z.record(z.string(), z.unknown()).optional().describe('Operators: what follows from the lead'),
              score: z
                .record(z.string(), z.unknown())
                .optional()
                .describe('Operators: its score, and how it came about'),
              ranking: rankingSchema
                .optional()
                .describe('Operators: the order in which the lead would be offered, by `bids` and fixed prices'),
            }),
          },
        },
        errors: ['unknown_campaign', 'invalid_body', 'no_configuration'],
      },
      async ({ params, body: sent, key }) => {
        const { lead, at, source, bids = {} } = parsedBody(body, sent, 'Send the fields as an object in lead');
        const wanted = {
          campaign: params.cid,
          fields: lead,
          mode: key.mode,
          at: at === undefined ? new Date() : new Date(at),
        };
        if (key.kind === 'operator') {
          const supposed = new Map(Object.entries(bids).map(([id, dollars]) => [id, parsePrice(dollars) ?? 0]));
          const all = await dryRun(deps, { ...wanted, source, bids: supposed });
          const { facts, score } = all;
          const more = { ...(score ? { score } : {}), ...(all.ranking ? { ranking: rankingShown(all.ranking) } : {}) };
          return { status: 200, body: { ...answerOf(all, forOperator), facts, ...more } };
        }
        const found = await dryRun(deps, wanted, ({ buyer }) => buyer === key.buyer);
        // A campaign that it does not buy from is none of its business.
        if (found.integrations.length === 0) throw new LeadwireError('unknown_campaign');
        return { status: 200, body: answerOf(found, forBuyer) };
      },
    ),
  ];
}

function answerOf({ at, missing, invalid, integrations }: DryRun, shownAs: (one: Explained) => Partial<Explained>) {
  return {
    status: 200,
    type: 'success',
    at: at.toISOString(),
    missing_fields: missing,
    invalid_fields: invalid,
    integrations: integrations.map(shownAs),
  };
}

function forOperator({ id, name, buyer, category, when, eligible, reason, says, checks }: Explained) {
  const about = { ...(name === undefined ? {} : { name }), ...(buyer === undefined ? {} : { buyer }), category, when };
  return { id, ...about, eligible, ...(reason ? { reason } : {}), says, checks };
}

/** Where a lead comes from, and how bids are ranked beside others', is the exchange's. */
function forBuyer({ id, name, eligible, reason, checks }: Explained) {
  const shown = checks.map((check) =>
    check.check === 'rule' && isPrivate(check)
      ? discreet(check)
      : reason === 'connector_blocked'
        ? hushed(check)
        : check,
  );
  const first = shown.find(({ pass }) => !pass);
  const says = first ? `Does not get this lead: ${first.says}.` : 'Gets this lead.';
  return { id, ...(name === undefined ? {} : { name }), eligible, ...(reason ? { reason } : {}), says, checks: shown };
}

/** Why operators blocked a connector is theirs. */
function hushed(check: Check): Check {
  return check.check === 'status' ? { ...check, says: 'it is switched off', saw: {} } : check;
}

function isPrivate({ pass, saw }: Check): boolean {
  return pass || Object.keys(saw).some((name) => /^(source|integration)\./.test(name));
}

function discreet({ check, pass }: Check): Check {
  return { check, pass, says: pass ? 'its rule lets the lead through' : 'its rule keeps the lead away', saw: {} };
}
