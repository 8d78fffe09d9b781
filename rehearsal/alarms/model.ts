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
  /** How long quiet hours kept its message. */
  readonly quietSeconds?: number;
  /** Why nobody could hear of it while it lasted. */
  readonly unheard?: string;
  /** Why it did not fire, was not over, or did not arrive. */
  readonly problem?: string;
}

/** A run of the state machine in which a fault stood, and what it said at once, without waiting for any alarm. */
export interface RunRow {
  readonly protection: string;
  readonly slot: string;
  readonly outcome: 'proven' | 'failed';
  /** Of the fault. */
  readonly endedAfterSeconds: number;
  /** Error and sentence, of one that failed. */
  readonly failure?: string;
  readonly messages: readonly Arrived[];
  /** Why nobody heard of one that failed. */
  readonly problem?: string;
}

/** A fault and what became of it. */
export interface FaultReport {
  readonly fault: string;
  /** How it was done. @default the fault says it */
  readonly means?: string;
  readonly runs: readonly RunRow[];
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
  readonly zoneChanges: readonly { readonly timeZone: string; readonly at: string; readonly kind: 'hour-skipped' | 'hour-twice' }[];
  /** The zone whose clocks the schedules were kept by, because those of their own never change: what rings says nothing of this policy. */
  readonly standIn?: string;
  /** The first hour after the deployment, as a rule with no copy and none due. */
  readonly deployed: {
    readonly seconds: number; readonly runs: number; readonly rounds: number; readonly alarms: number; readonly messages: number;
  };
  readonly runs: number;
  readonly rounds: { readonly real: number; readonly quiet: number };
  /** Alarms that fired all the same, and when. */
  readonly alarms: readonly { readonly alarm: string; readonly at: string; readonly reason: string }[];
  /** Messages that went out all the same. */
  readonly messages: readonly { readonly at: string; readonly message: Arrived }[];
  /** What workers failed with. */
  readonly failures: readonly string[];
}

/** Something that other tools learn of late or never. */
export interface OftenMissed {
  readonly what: string;
  /** How it was done. */
  readonly means: string;
  /** Kinds of the alarms that must say it; none where nobody may hear of it. */
  readonly alarms: readonly string[];
  /** Of the first alarm. */
  readonly firedAfterSeconds?: number;
  readonly asItShould: boolean;
}

export interface PolicyAlarmReport {
  readonly application: string;
  readonly environment: string;
  readonly path: string;
  readonly region: string;
  readonly alarms: number;
  readonly healthy: HealthyReport;
  /** Days around the other changes of the clocks, each from a deployment on. */
  readonly clockChanges: readonly HealthyReport[];
  readonly faults: readonly FaultReport[];
  readonly oftenMissed: readonly OftenMissed[];
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
export function problemsOf({ healthy, clockChanges, faults, withoutFault }: PolicyAlarmReport): string[] {
  return [
    ...[healthy, ...clockChanges].filter(({ standIn }) => standIn === undefined).flatMap(disturbances),
    ...faults.flatMap(({ fault, runs }) => runs.flatMap(({ protection, slot, problem }) => (
      problem === undefined ? [] : [`the run of ${protection} at ${slot}, when ${fault}: ${problem}`]))),
    ...faults.flatMap(({ rows }) => rows.flatMap(({ alarm, fault, problem }) => (problem === undefined ? [] : [`${alarm}, when ${fault}: ${problem}`]))),
    ...withoutFault.map((alarm) => `${alarm}: no fault fires it`),
  ];
}

/** What rang in days without a fault. */
function disturbances({ alarms, messages, failures }: HealthyReport): string[] {
  return [
    ...alarms.map(({ alarm, at, reason }) => `${alarm} fired at ${at}, in days without a fault: ${reason}`),
    ...messages.map(({ at, message: { channel, title } }) => `${channel} got "${title}" at ${at}, in days without a fault`),
    ...failures.map((failure) => `in days without a fault: ${failure}`),
  ];
}
