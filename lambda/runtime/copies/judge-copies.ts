import type { RetireMark } from '../../../lib/contract/retire-mark';
import type { RetentionEra } from '../../../lib/model/retention';
import { decide } from '../../../lib/model/retention';
import type { SurveyedCopy } from './survey';

export interface Judged {
  readonly copy: SurveyedCopy;
  readonly keep: boolean;
  readonly reasons: readonly string[];
}

/**
 * A copy that is on its way out counts for nothing: what the others are judged by is there without it. Whether it is needed again is
 * asked apart; then it is kept beside them, as long as it is whole.
 *
 * @param now in seconds since 1970
 */
export function judgeCopies(copies: readonly SurveyedCopy[], eras: readonly RetentionEra[], now: number): Judged[] {
  const among = (some: readonly SurveyedCopy[]) => new Map(decide(some, eras, now).map((decision) => [decision.runId, decision]));
  const alone = among(copies.filter(({ mark }) => !isLeaving(mark)));
  const all = among(copies.filter(({ mark, whole }) => !isLeaving(mark) || whole));
  return copies.map((copy) => {
    const damage = copy.damage ? [copy.damage.text] : [];
    if (copy.mark.kind === 'keep') return { copy, keep: true, reasons: ['a person keeps it', ...damage] };
    const decisions = [alone.get(copy.runId), all.get(copy.runId)].filter((decision) => decision !== undefined);
    const keeping = decisions.find(({ keep }) => keep);
    return { copy, keep: keeping !== undefined, reasons: [...(keeping ?? decisions[0])?.reasons ?? ['parts of it are gone already'], ...damage] };
  });
}

/** Whether parts of a copy may have been released already. */
export function isLeaving(mark: RetireMark): boolean {
  return mark.kind === 'expire' || mark.kind === 'pending' && mark.releasing;
}
