import { z } from 'zod';
import type { Preview } from '../../activities/preview.ts';
import { sayAlternatives, sayDrop, sayPlace } from '../../rules/auction/words.ts';
import { toDecimal } from '../../rules/money.ts';

const dollars = z.number().describe('Dollars');

/** How supposed bids would rank. */
export const rankingSchema = z.object({
  ranked: z.array(
    z.object({
      rank: z.number().int(),
      integration: z.string(),
      buyer: z.string(),
      price: dollars,
      ranks_as: dollars.optional().describe('What it counts for beside others, where that is not its price'),
      why: z.string().describe('What puts it where it is, as in the record of an auction'),
      says: z.string().describe('The same in words'),
    }),
  ),
  dropped: z.array(z.object({ integration: z.string(), price: dollars, reason: z.string(), says: z.string() })),
  no_bid_given: z.array(z.string()).describe('Integrations that would be asked, and of which `bids` says nothing'),
  alternatives: z.string().optional().describe('What one buyer alone would pay, and several together'),
  default_buyer: z
    .object({ integration: z.string(), price: dollars })
    .optional()
    .describe('Who gets the lead when nobody else takes it'),
});

/** A preview as operators see it. */
export function rankingShown(preview: Preview): z.input<typeof rankingSchema> {
  const { ranked, dropped, unknown, alternatives, defaultBid } = preview;
  return {
    ranked: ranked.map((bid, index) => {
      const { integration, buyer, price, ranking: place } = bid;
      const ranksAs = place?.ranksAs === undefined ? {} : { ranks_as: toDecimal(place.ranksAs) };
      const says = sayPlace(bid, index + 1);
      return { rank: index + 1, integration, buyer, price: toDecimal(price), ...ranksAs, why: place?.why ?? '', says };
    }),
    dropped: dropped.map(({ price, ...bid }) => ({ ...bid, price: toDecimal(price), says: sayDrop(bid.reason) })),
    no_bid_given: unknown,
    ...(alternatives ? { alternatives: sayAlternatives(alternatives) } : {}),
    ...(defaultBid ? { default_buyer: { ...defaultBid, price: toDecimal(defaultBid.price) } } : {}),
  };
}
