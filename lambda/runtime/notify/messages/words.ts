import type { AlarmKindName } from '../../../../lib/contract/alarm-kinds';
import type { FailedNotice, SucceededNotice, TestNotice } from '../../../../lib/contract/notification';
import type { ProtectionFacts, Whose } from '../facts';

/** Figures of an alarm as a sentence takes them. */
export interface Figures {
  /** The newest value with its unit; undefined when nothing was measured. */
  readonly value?: string;
  /** What is allowed, with its unit. */
  readonly limit?: string;
  /** The value itself, for a plural. */
  readonly count?: number;
}

/** What is said of one kind of alarm. `happened` and `mend` are whole sentences, `title` is part of one. */
export interface KindWords {
  readonly title: string;
  readonly happened: (figures: Figures) => string;
  /** What to do now. */
  readonly mend: string;
  readonly recovered: string;
}

/** Everything a message can say in one language; pure, for the facts and the times come as they are written. */
export interface Words {
  readonly kinds: Readonly<Record<AlarmKindName, KindWords>>;
  readonly labels: { readonly happened: string; readonly since: string; readonly safe: string; readonly mend: string };
  readonly links: { readonly alarm: string; readonly alarms: string; readonly executions: string; readonly runbook: string };
  /** What stands before a title: how urgent, or that it is over. */
  readonly prefix: Readonly<Record<'page' | 'notify' | 'recovered' | 'test' | 'digest', string>>;
  readonly whose: (whose: Whose) => string;
  readonly span: (seconds: number) => string;
  readonly bytes: (bytes: number) => string;
  readonly count: (count: number) => string;
  readonly percent: (percent: number) => string;
  readonly instant: (iso: string, timeZone: string) => string;
  readonly since: (when: string) => string;
  readonly overSince: (when: string) => string;
  readonly noLongerKnown: string;
  /** What is safe of one protection. @param recoveryPoint instant in words */
  readonly safe: (facts: ProtectionFacts, recoveryPoint: string | undefined, named: boolean) => string;
  readonly safeUnknown: string;
  readonly pausedUntil: (when: string, protection: string) => string;
  readonly failed: Readonly<Record<FailedNotice['what'], { readonly title: string; readonly happened: (slot: string) => string; readonly mend: string }>>;
  readonly said: (sentence: string) => string;
  readonly execution: (name: string, error: string) => string;
  readonly succeeded: (notice: SucceededNotice, slot: string) => { readonly title: string; readonly text: string };
  readonly test: (notice: TestNotice, when: string) => { readonly title: string; readonly text: string; readonly mend: string };
  readonly digest: {
    readonly well: string;
    readonly notWell: string;
    readonly wellText: (protections: number) => string;
    readonly notWellText: (troubles: number) => string;
    readonly notAsked: string;
    readonly nothingMeasured: string;
    readonly overdue: (span: string) => string;
    readonly tooOld: (span: string, limit: string) => string;
    readonly noneProven: string;
    readonly failedRuns: (count: number) => string;
    readonly unproven: (count: number) => string;
    readonly unreadable: (count: number) => string;
    readonly replica: string;
    readonly paused: (when: string) => string;
    readonly newest: (span: string) => string;
    readonly proven: (count: string) => string;
    readonly rate: (percent: string) => string;
    readonly stored: (bytes: string) => string;
    readonly ceiling: (days: string) => string;
    readonly restore: (percent: string) => string;
    readonly drill: (span: string) => string;
    readonly mend: string;
  };
  readonly unknown: { readonly title: string; readonly text: string; readonly mend: string };
}
