import { z } from 'zod';
import type { ConfigurationRuntime } from '../../config/runtime.ts';
import type { PostingLinks } from '../../config/posting-links.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { operation, type Operation } from '../api/operation.ts';
import { guideOf, type GuideDeps } from '../instructions/guide.ts';
import { instructionsPage } from '../instructions/page.ts';

export interface InstructionDeps extends Omit<GuideDeps, 'operations'> {
  config: Pick<ConfigurationRuntime, 'current'>;
  links: Pick<PostingLinks, 'sourceOf'>;
}

const HEADERS = {
  // The page has its style in it and nothing else: no script, nothing from elsewhere.
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  // Its address is all that keeps it from strangers.
  'referrer-policy': 'no-referrer',
  'x-robots-tag': 'noindex',
  'cache-control': 'private, no-cache',
  vary: 'Accept',
};

/** `GET /docs/posting/{token}`: how one source posts its leads, out of these operations and the live configuration. */
export function instructionOperations(
  operations: readonly Operation[],
  { config, links, publicUrl, rateDefaults }: InstructionDeps,
): Operation[] {
  return [
    operation(
      {
        id: 'getPostingInstructions',
        method: 'get',
        path: '/docs/posting/{token}',
        tag: 'Service',
        summary: 'How a source posts its leads, as a page or as data',
        description: 'Made from the live configuration. Whoever knows the address may read it; it holds no key.',
        access: [],
        params: z.object({ token: z.string().describe('From `leadwire instructions url`') }),
        query: z.object({ format: z.enum(['html', 'json']).optional().describe('Default by what the reader accepts') }),
        answers: {
          200: {
            description: 'The instructions',
            contentType: 'text/html',
            schema: z.string(),
            also: {
              'application/json': z.looseObject({
                source: z.object({ id: z.string(), name: z.string(), paused: z.boolean() }),
                campaigns: z.array(z.looseObject({ id: z.string(), name: z.string() })),
              }),
            },
          },
        },
        errors: ['unknown_instructions', 'no_configuration'],
      },
      async ({ params: { token }, query: { format }, context }) => {
        const configuration = config.current();
        const source = configuration.sources.get((await links.sourceOf(token)) ?? '');
        if (!source) throw new LeadwireError('unknown_instructions');
        const guide = guideOf(configuration, source, { operations, publicUrl, rateDefaults });
        const asData = format === 'json' || (!format && context.accepts('html', 'json') === 'json');
        if (asData) return { status: 200, headers: HEADERS, body: guide };
        return { status: 200, headers: HEADERS, type: 'text/html; charset=utf-8', body: instructionsPage(guide) };
      },
    ),
  ];
}
