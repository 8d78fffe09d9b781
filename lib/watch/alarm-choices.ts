import { Duration, type Size, SizeRoundingBehavior } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { PolicyAlarmProps, ProtectionAlarmProps } from '../alarm-props';
import type { DeclaredThresholds } from '../model/watch/thresholds';
import { PropRefused, requireDuration } from '../refusal';

const MONTH = Duration.days(31);
const YEAR = Duration.days(366);

/** What a protection says of its alarms, with what its policy says where it says nothing. @throws PropRefused */
export function declaredThresholds(scope: IConstruct, own: ProtectionAlarmProps, policy: ProtectionAlarmProps): DeclaredThresholds {
  const props = { ...policy, ...defined(own) };
  const time = (prop: keyof ProtectionAlarmProps, value: Duration | undefined, least: Duration, most: Duration): number | undefined =>
    value && requireDuration(scope, `alarms.${prop}`, known(scope, prop, value), least, most);
  const percent = (prop: keyof ProtectionAlarmProps, value: number | undefined, most: number): number | undefined => {
    if (value === undefined || (value > 0 && value <= most)) return value;
    throw new PropRefused(scope, `alarms.${prop}`, String(value), `a percentage above 0, and ${most} at most`);
  };
  const minute = Duration.minutes(1);
  if (props.storeFillPercent !== undefined && props.storeCeiling === undefined) {
    throw new PropRefused(scope, 'alarms.storeFillPercent', 'given without storeCeiling', 'together with it');
  }
  return defined({
    recoveryPointOld: time('recoveryPointAge', props.recoveryPointAge, minute, YEAR),
    backupOverdue: time('overdueAfter', props.overdueAfter, minute, YEAR),
    copyUnverified: time('unverifiedAfter', props.unverifiedAfter, minute, MONTH),
    successRateLow: percent('successRatePercent', props.successRatePercent, 100),
    sizeAnomaly: percent('sizeDeviationPercent', props.sizeDeviationPercent, 10_000),
    rowsAnomaly: percent('rowsDeviationPercent', props.rowsDeviationPercent, 10_000),
    runTooLong: time('runLongerThan', props.runLongerThan, minute, Duration.days(7)),
    restoreTooSlow: percent('restoreOfRtoPercent', props.restoreOfRtoPercent, 100),
    drillOld: time('drillAge', props.drillAge, Duration.hours(1), YEAR),
    storeFilling: percent('storeFillPercent', props.storeFillPercent, 100),
    replicaLate: time('replicaLag', props.replicaLag, minute, MONTH),
    clockWrong: time('clockSkew', props.clockSkew, Duration.seconds(1), Duration.days(1)),
    copyNotRead: time('lastReadAge', props.lastReadAge, Duration.days(1), Duration.days(3660)),
    storeCeilingBytes: props.storeCeiling && bytes(scope, props.storeCeiling),
  });
}

/** @throws PropRefused */
export function declaredAuditAge(scope: IConstruct, { auditAge }: PolicyAlarmProps): number | undefined {
  return auditAge && requireDuration(scope, 'alarms.auditAge', known(scope, 'auditAge', auditAge), Duration.hours(1), YEAR);
}

function known(scope: IConstruct, prop: keyof PolicyAlarmProps, value: Duration): Duration {
  if (value.isUnresolved()) throw new PropRefused(scope, `alarms.${prop}`, 'known only at deployment', 'a literal, for the proof holds it against the schedule');
  return value;
}

function bytes(scope: IConstruct, ceiling: Size): number {
  const value = ceiling.toBytes({ rounding: SizeRoundingBehavior.NONE });
  if (!Number.isSafeInteger(value) || value <= 0) throw new PropRefused(scope, 'alarms.storeCeiling', String(value), 'whole bytes, more than 0');
  return value;
}

function defined<Props extends object>(props: Props): Props {
  return Object.fromEntries(Object.entries(props).filter(([, value]) => value !== undefined)) as Props;
}
