import { z } from 'zod';
import { Name } from '../../lib/contract/common';
import type { CostEstimate } from '../../lib/model/cost-facts';

const Amount = z.number().nonnegative();

export const ReportCostLine = z.strictObject({
  group: z.enum(['storage', 'requests', 'keys', 'compute', 'orchestration', 'replication', 'watching', 'network']),
  /** Absent for what the policy's protections share. */
  protection: Name.optional(),
  what: z.string().min(1),
  quantity: Amount,
  unit: z.string().min(1),
  unitPrice: Amount,
  usd: Amount,
  /** AWS's pricing page. */
  source: z.url({ protocol: /^https$/, hostname: /^aws\.amazon\.com$/ }),
  /** Whose price it is; `standIn` where the table has none of the region it is paid in. */
  region: z.string().min(1),
  standIn: z.boolean().optional(),
});
export type ReportCostLine = z.infer<typeof ReportCostLine>;

/** A month of a policy once as many copies go as come, in USD. */
export const ReportCost = z.strictObject({
  /** Day of the price table. */
  pricesAsOf: z.iso.date(),
  pricesSource: z.string().min(1),
  copies: z.array(z.strictObject({ protection: Name, runsAMonth: Amount, kept: Amount, released: Amount })),
  lines: z.array(ReportCostLine),
  /** Sum of the lines. */
  totalUsd: Amount,
  /** What comes on top for each of something that is not known. */
  rates: z.array(z.strictObject({
    protection: Name,
    each: z.enum(['GB of a copy', 'minute of a dump', 'minute of a verification']),
    usd: Amount,
    lines: z.array(ReportCostLine),
  })),
  assumptions: z.array(z.string()),
  notCounted: z.array(z.string()),
});
export type ReportCost = z.infer<typeof ReportCost>;

/** The model's estimate is a report's, without change. */
export function reportCost(estimate: CostEstimate): ReportCost {
  return ReportCost.parse(estimate);
}
