import { z } from 'zod';

const Kept = z.number().int().positive().optional();

/** Which copies are kept, and never fewer proven ones than `minimumVerified`; hours, days, weeks, months and years are of `timeZone`. */
export const DeclaredRetention = z.strictObject({
  rules: z.strictObject({ last: Kept, hourly: Kept, daily: Kept, weekly: Kept, monthly: Kept, yearly: Kept, days: Kept })
    .refine((rules) => Object.values(rules).some((count) => count !== undefined), 'at least one rule'),
  minimumVerified: z.number().int().positive(),
  timeZone: z.string().min(1),
});
export type DeclaredRetention = z.infer<typeof DeclaredRetention>;
