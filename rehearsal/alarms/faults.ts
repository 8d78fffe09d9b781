import { ALARM_KIND_NAMES, type AlarmKindName } from '../../lib/contract/alarm-kinds';
import type { Fault } from './fault';
import { FAULTS_OF_RUNS } from './faults-of-runs';
import { FAULTS_OF_STORE } from './faults-of-store';
import { FAULTS_OF_WATCHING } from './faults-of-watching';

/** Every fault that is rehearsed. */
export const FAULTS: readonly Fault[] = [...FAULTS_OF_WATCHING, ...FAULTS_OF_RUNS, ...FAULTS_OF_STORE];

/** Kinds of alarms that no fault of these fires. */
export function kindsWithoutFault(faults: readonly Fault[] = FAULTS): AlarmKindName[] {
  return ALARM_KIND_NAMES.filter((kind) => !faults.some(({ fires }) => fires.includes(kind)));
}
