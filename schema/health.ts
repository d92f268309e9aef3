import { z } from 'zod';

/** When an integration that fails is left out for a while. */
export const healthSchema = z.union([
  z.literal(false),
  z.strictObject({
    windowSeconds: z.int().min(5).max(300).optional().describe('What counts: the last so many seconds. Default 60'),
    minRequests: z
      .int()
      .min(1)
      .max(10_000)
      .optional()
      .describe('Fewer pings, or fewer posts, in that time decide nothing. Default 20'),
    failureShare: z.number().min(0.01).max(1).optional().describe('Part of them that may not fail. Default 0.5'),
    coolingSeconds: z
      .int()
      .min(1)
      .max(3600)
      .optional()
      .describe('How long it is left out before one lead tries it again. Default 30'),
  }),
]);
export type Health = z.infer<typeof healthSchema>;
