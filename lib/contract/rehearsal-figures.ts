import { z } from 'zod';
import { parseVersioned } from './common';

const Seconds = z.number().nonnegative();

/** The part of a rehearsal's `report.json` that later runs are judged by; the rest of it may be anything. */
const RehearsalFigures = z.object({
  version: z.literal(1),
  finishedAt: z.string(),
  policies: z.array(z.object({
    application: z.string(),
    protections: z.array(z.object({
      id: z.string(),
      outcome: z.string(),
      sizeBytes: z.number().optional(),
      rawSizeBytes: z.number().optional(),
      seconds: z.record(z.string(), Seconds),
      verdict: z.object({ seconds: z.object({ scratch: Seconds, restore: Seconds }) }).optional(),
    })),
  })),
});
export type RehearsalFigures = z.infer<typeof RehearsalFigures>;

/** @throws NewerContractError for a version above this release's, ContractError for another shape. */
export function parseRehearsalFigures(value: unknown): RehearsalFigures {
  return parseVersioned('the rehearsal report', RehearsalFigures, value);
}
