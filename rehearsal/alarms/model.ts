import type { AlarmKindName } from '../../lib/contract/alarm-kinds';
import type { Arrived } from './delivery';

export const ALARM_REPORT_VERSION = 1;

/** One alarm under one fault. */
export interface AlarmRow {
  /** Construct path. */
  readonly alarm: string;
  readonly kind?: AlarmKindName;
  readonly protection?: string;
  readonly region: string;
  readonly severity?: 'page' | 'notify';
  readonly fault: string;
  /** Of the fault; absent when it did not fire. */
  readonly firedAfterSeconds?: number;
  /** Of the mend; absent when it was not over in time. */
  readonly overAfterSeconds?: number;
  /** How it is told: empty where another alarm tells it. */
  readonly messages: readonly Arrived[];
  readonly overMessages: readonly Arrived[];
  /** Why nobody could hear of it while it lasted. */
  readonly unheard?: string;
  /** Why it did not fire, was not over, or did not arrive. */
  readonly problem?: string;
}

/** A fault and what became of it. */
export interface FaultReport {
  readonly fault: string;
  readonly rows: readonly AlarmRow[];
  /** Paths of alarms that fired too. */
  readonly also: readonly string[];
  readonly rounds: { readonly real: number; readonly quiet: number };
  readonly seconds: number;
}

/** Days without a fault. */
export interface HealthyReport {
  readonly from: string;
  readonly to: string;
  readonly days: number;
  /** Instants at which the clocks of a schedule's zone were changed. */
  readonly zoneChanges: readonly { readonly timeZone: string; readonly at: string }[];
  readonly runs: number;
  readonly rounds: { readonly real: number; readonly quiet: number };
  /** Alarms that fired all the same, and when. */
  readonly alarms: readonly { readonly alarm: string; readonly at: string; readonly reason: string }[];
  /** Messages that went out all the same. */
  readonly messages: readonly { readonly at: string; readonly message: Arrived }[];
  /** Plain messages of a topic without a worker, at the deployment: that a new alarm is well. */
  readonly births: number;
  /** What workers failed with. */
  readonly failures: readonly string[];
}

export interface PolicyAlarmReport {
  readonly application: string;
  readonly environment: string;
  readonly path: string;
  readonly region: string;
  readonly alarms: number;
  readonly healthy: HealthyReport;
  readonly faults: readonly FaultReport[];
  /** Paths of alarms that no fault has fired. */
  readonly withoutFault: readonly string[];
}

export interface AlarmReport {
  readonly version: typeof ALARM_REPORT_VERSION;
  readonly startedAt: string;
  readonly seconds: number;
  /** A part of the faults and of the days only. */
  readonly short: boolean;
  readonly outcome: 'heard' | 'failed';
  readonly policies: readonly PolicyAlarmReport[];
}

/** Every sentence that says why it failed; none where every alarm was heard and the healthy days were silent. */
export function problemsOf({ healthy, faults, withoutFault }: PolicyAlarmReport): string[] {
  return [
    ...healthy.alarms.map(({ alarm, at, reason }) => `${alarm} fired at ${at}, in days without a fault: ${reason}`),
    ...healthy.messages.map(({ at, message: { channel, title } }) => `${channel} got "${title}" at ${at}, in days without a fault`),
    ...healthy.failures.map((failure) => `in days without a fault: ${failure}`),
    ...faults.flatMap(({ rows }) => rows.flatMap(({ alarm, fault, problem }) => (problem === undefined ? [] : [`${alarm}, when ${fault}: ${problem}`]))),
    ...withoutFault.map((alarm) => `${alarm}: no fault fires it`),
  ];
}
