import { z } from 'zod';
import { Instant } from './common';

/** What a policy's workers are asked with in each round, beside the configuration of their own. */
export const ROUND_FIELDS = {
  /** The instant this round was scheduled for. */
  slot: Instant,
  /** Name of the execution that asks, for the trail. */
  execution: z.string().min(1),
  /** Says what it would do, and writes nothing. */
  dryRun: z.boolean().optional(),
  /** Names every copy in the answer, with its reasons; without it only figures and findings. */
  whole: z.boolean().optional(),
  /** The instant to act at, of a rehearsal: refused anywhere but at an endpoint on loopback. */
  rehearsedAt: Instant.optional(),
};
