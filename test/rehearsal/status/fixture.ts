import { ALARM_KIND_NAMES, ALARM_KINDS, type AlarmKindName } from '../../../lib/contract/alarm-kinds';
import { METRICS, metricsBy } from '../../../lib/contract/metrics';
import { parseSentinelReport, type SentinelReport, type WatchedCopy, type WatchedState } from '../../../lib/contract/sentinel-report';
import type { DeclaredSentinel } from '../../../lib/contract/sentinel-request';
import type { DeclaredAlarm } from '../../../lib/contract/watching';
import { judge } from '../../../rehearsal/status/judge';
import type { PolicyStatus, Status } from '../../../rehearsal/status/model';
import { worst } from '../../../rehearsal/status/model';

export const AT = '2026-11-21T09:14:00Z';
const DAY = 86_400_000;

/** Gauges of a healthy protection. */
const WELL: Readonly<Record<string, number>> = {
  ...Object.fromEntries(metricsBy('sentinel', 'protection').map((metric) => [metric, 0])),
  recoveryPointAge: 26_040, successRate: 100, provenCopies: 23, sizeDeviation: 1.4, rowsDeviation: 0.2, runSeconds: 312, restoreOfRto: 2.02,
  drillAge: 24_780, storedBytes: 9_460_000_000, storeFill: 9.46, daysToCeiling: 612,
};

const POLICY_WELL: Readonly<Record<string, number>> = {
  ...Object.fromEntries(metricsBy('sentinel', 'policy').map((metric) => [metric, 0])), sentinelRounds: 1, auditAge: 18_000,
};

export function instant(daysAgo: number, time = '02:00:00'): string {
  return `${new Date(Date.parse(AT) - daysAgo * DAY).toISOString().slice(0, 10)}T${time}Z`;
}

export function copy(daysAgo: number, change: Partial<WatchedCopy> = {}): WatchedCopy {
  const recoveryPoint = instant(daysAgo);
  return {
    runId: recoveryPoint.replace(/[-:]/g, ''), recoveryPoint, finishedAt: instant(daysAgo, '02:05:12'), sizeBytes: 412_300_000, rows: 1_204_551,
    outcome: 'proven', verifiedAt: instant(daysAgo, '02:21:00'), restoreSeconds: 72.6, replicas: [{ region: 'eu-west-1', whole: true }], ...change,
  };
}

/** Whatever is not changed is well: a daily copy for 30 days, each proven. */
export function state({ gauges, ...change }: Partial<WatchedState> = {}): WatchedState {
  const copies = change.copies ?? [copy(0), copy(1), copy(2)];
  return {
    protection: 'database', newestCopy: copies[0], newestProven: copies[0], copies, nextSlot: instant(-1),
    days: Array.from({ length: 30 }, (_, index) => ({ day: instant(29 - index).slice(0, 10), expected: 1, proven: 1, unproven: 0 })),
    notes: [], ...change, gauges: { ...WELL, ...gauges },
  };
}

export function report({ gauges, ...change }: Partial<SentinelReport> = {}): SentinelReport {
  return parseSentinelReport(JSON.parse(JSON.stringify({
    version: 1, environment: 'production', application: 'montoit', region: 'eu-west-3', at: AT, since: instant(200), notes: [],
    protections: [state()], requests: { list: 4, read: 9 }, ...change, gauges: { ...POLICY_WELL, ...gauges },
  })));
}

/** Thresholds as a daily schedule with an RPO of 26 hours would have them. */
const THRESHOLDS: Readonly<Partial<Record<AlarmKindName, number>>> = {
  recoveryPointOld: 93_600, backupOverdue: 3_600, successRateLow: 99, sizeAnomaly: 50, rowsAnomaly: 20, runTooLong: 7_200,
  restoreTooSlow: 100, drillOld: 172_800, copyUnverified: 14_400, storeFilling: 80, replicaLate: 3_600, clockWrong: 900,
  copyNotRead: 7_776_000, sentinelSilent: 1, auditOld: 172_800,
};

export function alarms(protections: readonly string[] = ['database']): DeclaredAlarm[] {
  return ALARM_KIND_NAMES.flatMap((kind) => {
    const { metric, severity } = ALARM_KINDS[kind];
    const whose = METRICS[metric].of === 'policy' ? [undefined] : protections;
    return whose.map((protection) => ({ kind, protection, severity, threshold: THRESHOLDS[kind] ?? 0, logicalId: `Alarm${kind}${protection ?? ''}` }));
  });
}

export function declared(protections: readonly string[] = ['database'], ceilingBytes: number | undefined = 100_000_000_000): DeclaredSentinel {
  return {
    version: 1, environment: 'production', application: 'montoit',
    store: { bucket: 'store', region: 'eu-west-3', graceSeconds: 604_800, replicas: [{ bucket: 'replica', region: 'eu-west-1' }] },
    expected: { keys: [] }, topics: [], limits: { timeoutSeconds: 300 },
    protections: protections.map((protection) => ({
      protection, schedule: { expression: 'cron(0 2 * * ? *)', timeZone: 'UTC', longestGapSeconds: 86_400 },
      retention: { version: 1 } as never, objectives: { rpoSeconds: 93_600, rtoSeconds: 3_600 }, longestRunSeconds: 7_200,
      verdictSeconds: 14_400, ceilingBytes, gauges: [],
    })),
  };
}

export function policy(change: Partial<SentinelReport> = {}): PolicyStatus {
  const names = (change.protections ?? [state()]).map(({ protection }) => protection);
  return judge({ report: report(change), declared: declared(names), alarms: alarms(names) });
}

export function status(policies: readonly PolicyStatus[] = [policy()], unread: Status['unread'] = []): Status {
  return { version: 1, condition: worst([...policies.map(({ condition }) => condition), ...unread.map(() => 'unknown' as const)]), policies, unread };
}

/** Its stored copies are read again, and one of them is not as it was written. */
export function damaged(): PolicyStatus {
  const { runId } = copy(1);
  const about = `runs/production/montoit/database/${runId}.json`;
  return policy({
    protections: [state({
      damagedCopies: 1, gauges: { lastReadAge: 18 * 86_400, unreadable: 1, provenCopies: 22 }, copies: [copy(0), copy(1, { outcome: 'not-proven' })],
      notes: [{ metric: 'unreadable', text: `The copy ${runId} is damaged: Part rows/00001.sql has SHA-256 0a, its manifest says 0b.`, about }],
    })],
  });
}

/** A policy with one of each: well, late, paused, waiting. */
export function mixed(): PolicyStatus {
  const days = state().days.map((one, index) => (index > 27 || index === 12 ? { ...one, proven: 0, unproven: index === 12 ? 1 : 0 } : one));
  return policy({
    notes: [{ metric: 'auditAge', text: 'The last audit of the store found 2 parts that no manifest names.' }],
    protections: [
      state({ days: state().days.map((one, index) => (index < 4 ? { ...one, expected: 0, proven: 0 } : one)) }),
      state({
        protection: 'documents', copies: [copy(2), copy(3)], days,
        gauges: { recoveryPointAge: 198_840, overdueSeconds: 112_440, failedRuns: 2, successRate: 90, drillAge: 197_580 },
        notes: [{ metric: 'failedRuns', text: 'Slots of 20 and 21 November left no copy: the worker could not sign in at db.example.org:5432.' }],
      }),
      state({ protection: 'catalogue', paused: { until: instant(-2, '06:00:00'), reason: 'migration to PostgreSQL 17' }, gauges: { pausedSeconds: 160_000, recoveryPointAge: 112_440 }, copies: [copy(1), copy(2)] }),
      state({
        protection: 'sessions', copies: [], newestCopy: undefined, newestProven: undefined, days: [],
        gauges: { recoveryPointAge: 1_200, provenCopies: 0, drillAge: 1_200, storedBytes: 0, restoreOfRto: 0 },
      }),
    ],
  });
}
