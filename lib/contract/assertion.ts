import { z } from 'zod';

const Scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/**
 * A question to the restored copy with the answer it must give: the first column of the first row.
 * `equals` compares as text, the bounds as numbers.
 */
export const Assertion = z.strictObject({
  name: z.string().min(1),
  /** The engine's own query language: SQL for the relational engines. */
  query: z.string().min(1),
  /** Database the query runs in; the protection's first one when absent. */
  database: z.string().min(1).optional(),
  equals: Scalar.optional(),
  atLeast: z.number().optional(),
  atMost: z.number().optional(),
}).refine((a) => a.equals !== undefined || a.atLeast !== undefined || a.atMost !== undefined, 'needs equals, atLeast or atMost');
export type Assertion = z.infer<typeof Assertion>;
