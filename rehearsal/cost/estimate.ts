import { estimateCost } from '../../lib/model/cost';
import type { FoundPolicy, Resolver } from '../assembly';
import { type ReportCost, reportCost } from '../report/cost-model';
import type { RehearsalReport } from '../report/model';
import { costFactsOf } from './facts';
import { declaredFigures, type KnownFigures, rehearsedFigures } from './known-figures';

export interface PolicyCostProps {
  readonly resolver: Resolver;
  readonly policy: FoundPolicy;
  /** What a person said, by protection: before what was declared. @default nothing */
  readonly given?: (protection: string) => KnownFigures;
  /** What a rehearsal showed: after what was declared, for it may have run on a sample. @default nothing */
  readonly report?: Pick<RehearsalReport, 'policies' | 'startedAt'>;
  readonly now: Date;
}

/** A month of one policy. */
export function policyCost({ resolver, policy, given, report, now }: PolicyCostProps): ReportCost {
  const { application, environment } = policy.declared;
  return reportCost(estimateCost(costFactsOf({
    resolver, policy, now,
    figures: ({ declared: { id, expected } }) => {
      const rehearsed = report ? rehearsedFigures(report, { application, environment, protection: id }) : {};
      return merged(rehearsed, { ...declaredFigures(expected), ...given?.(id) });
    },
  })));
}

/** Copies that differ more than this are not of the same data: the times of one say nothing of the other. */
const SAME_DATA = 2;

/** What was said before what was rehearsed, and its times only where they are of a copy of about that size. */
function merged(rehearsed: KnownFigures, said: KnownFigures): KnownFigures {
  const [one, other] = [rehearsed.copyBytes, said.copyBytes];
  const far = one !== undefined && other !== undefined && Math.max(one, other) > SAME_DATA * Math.min(one, other);
  return far ? said : { ...rehearsed, ...said };
}

/** The report with an estimate for each policy that ran, by the sizes and times it showed. */
export function withCosts(report: RehearsalReport, policies: readonly FoundPolicy[], resolver: Resolver, now: Date): RehearsalReport {
  return {
    ...report,
    policies: report.policies.map((one) => {
      const policy = policies.find(({ declared }) => declared.path === one.path && declared.application === one.application);
      return policy ? { ...one, cost: policyCost({ resolver, policy, report, now }) } : one;
    }),
  };
}
