import { z } from 'zod';

/** A page of a funnel, as whoever builds the funnel calls it. */
export const pageName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,59}$/, 'must be lower case letters, digits, _ and -')
  .describe('Page of the funnel, such as thank-you');

/** Where the offers of a click listing are shown. */
export const placementSchema = z.strictObject({
  page: pageName,
  position: z.int().min(1).max(100).describe('Its offers come before those of higher positions'),
  offers: z.int().min(1).max(50).optional().describe('How many of its offers are shown at most. Default 10'),
});
export type Placement = z.infer<typeof placementSchema>;
