import type { AlarmKindName } from '../../lib/contract/alarm-kinds';
import type { Timeline } from './timeline';

/** What goes wrong, and the alarms that must say so. */
export interface Fault {
  /** As a sentence tells it: `the schedule is disabled by hand`. */
  readonly name: string;
  /** Kinds of alarms that must fire, each of every protection; those that a policy does not have are not asked for. */
  readonly fires: readonly [AlarmKindName, ...AlarmKindName[]];
  /** Alarms of which regions. @default all */
  readonly where?: 'first' | 'replica';
  /** Done at a quiet hour. */
  inject(timeline: Timeline): Promise<void> | void;
  /** As a person would; what a good run mends, the next one does. */
  mend(timeline: Timeline): Promise<void> | void;
  /** The alarms must have fired by then. */
  readonly withinHours: number;
  /** And be over so long after the mend. */
  readonly overWithinHours: number;
  /** How it is done, for who reads the report. @default the name says it */
  readonly means?: string;
  /** Name of a database beside the source that it needs. @default none */
  readonly twin?: string;
  /** Why nobody can hear of it while it lasts; then only its end is told. */
  readonly unheard?: string;
  /** Between two rounds of the sentinel that really look. @default 3600 */
  readonly spacingSeconds?: number;
  /** The same once it is mended. @default as before */
  readonly overSpacingSeconds?: number;
}
