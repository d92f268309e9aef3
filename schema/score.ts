import { z } from 'zod';
import { logicSchema } from './filters.ts';
import { sourceId } from './ids.ts';

const points = z.number().min(-100).max(100);

/** How a campaign's leads are scored: points that add up to a number from 0 to 100. */
export const scoreSchema = z.strictObject({
  base: points.optional().describe('What every lead begins with. Default 0'),
  completeness: z
    .strictObject({
      points: points.describe('For a lead that has all of the fields; fewer for a part of them'),
      fields: z.array(z.string()).min(1).max(500).optional().describe('Default every field of the campaign'),
    })
    .optional(),
  sources: z.record(sourceId, points).optional().describe('Points by source'),
  otherSources: points.optional().describe('Points of sources that are not named. Default 0'),
  signals: z
    .array(z.strictObject({ if: logicSchema, points }))
    .max(50)
    .optional()
    .describe('Points for leads of which the condition holds'),
});
export type ScoreSettings = z.infer<typeof scoreSchema>;
