import { Duration, Lazy, type Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Construct } from 'constructs';
import { acknowledgeRegulations } from '../acknowledgements';
import type { BackupPolicy } from '../backup-policy';
import { ALARM_KINDS, type AlarmKindName } from '../contract/alarm-kinds';
import { METRICS } from '../contract/metrics';
import { alarmMark } from '../contract/notification';
import { alarmSection } from '../contract/runbook';
import type { DeclaredAlarm } from '../contract/watching';
import { span } from '../model/proof/words';
import type { Protection } from '../protection';
import { ALARM_WORDS } from './alarm-words';
import { unnamed } from './data-at-risk';
import { watchedMetric } from './metric';

/** Rounds of the sentinel that are looked at, and how many of them must lie beyond the threshold. */
const ROUNDS = { evaluated: 3, breaching: 2 };

/** A person has a day to confirm a subscription: by the hour, every one of 24. */
const CONFIRMATION = { periodSeconds: 3600, evaluated: 24, breaching: 24 };

/**
 * A new alarm has no data before the sentinel's first rounds, and would take that for silence; it ends as soon as there is enough
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-warm-up.html). Three rounds are at most 3 hours.
 */
export const WARM_UP_MINUTES = 240;

/** Between the transitions of two alarms that look at the same missing values. */
const SUPPRESSION = Duration.minutes(5);

export interface AlarmOfGaugeProps {
  readonly kind: AlarmKindName;
  readonly threshold: number;
  readonly policy: BackupPolicy;
  /** Left out for an alarm of the policy itself. */
  readonly protection?: Protection;
  /** The alarm of the sentinel's silence, of which missing values of every other gauge are a consequence. */
  readonly silence?: cloudwatch.Alarm;
}

/** One alarm of one gauge, which tells the intake topic of its severity when it begins and when it ends. */
export class AlarmOfGauge extends Construct {
  public readonly kind: AlarmKindName;
  public readonly protection?: Protection;
  public readonly alarm: cloudwatch.Alarm;
  private readonly told?: cloudwatch.CompositeAlarm;

  constructor(scope: Construct, id: string, private readonly props: AlarmOfGaugeProps) {
    super(scope, id);
    this.kind = props.kind;
    this.protection = props.protection;
    const { missing } = ALARM_KINDS[props.kind];
    this.alarm = this.createAlarm();
    // Only a composite can be kept silent by another alarm.
    this.told = missing === 'breaching' && props.silence ? this.createComposite(props.silence) : undefined;
    const action = new SnsAction(props.policy._intake[ALARM_KINDS[props.kind].severity]);
    const speaker = this.told ?? this.alarm;
    speaker.addAlarmAction(action);
    speaker.addOkAction(action);
    if (this.told) acknowledgeRegulations(this.alarm, 'CloudWatchAlarmAction', 'The composite alarm around it tells, unless the sentinel itself is silent.');
  }

  public declare(stack: Stack): DeclaredAlarm {
    const logicalId = (alarm: cloudwatch.AlarmBase): string => stack.getLogicalId(alarm.node.defaultChild as cloudwatch.CfnAlarm);
    const { kind, threshold, protection } = this.props;
    return {
      kind, threshold, severity: ALARM_KINDS[kind].severity, logicalId: logicalId(this.alarm),
      ...protection ? { protection: protection.node.id } : {},
      ...this.told ? { toldBy: logicalId(this.told) } : {},
    };
  }

  private createAlarm(): cloudwatch.Alarm {
    const { kind, threshold, policy, protection } = this.props;
    const { breach, missing } = ALARM_KINDS[kind];
    const { evaluated, breaching, periodSeconds } = kind === 'recipientUnconfirmed' ? CONFIRMATION : { ...ROUNDS, periodSeconds: undefined };
    const alarm = new cloudwatch.Alarm(this, 'Alarm', {
      alarmDescription: this.description(),
      metric: watchedMetric(kind, (key) => (protection ?? policy)._metric(key)),
      threshold,
      comparisonOperator: breach === 'above'
        ? cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD : cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: evaluated,
      datapointsToAlarm: breaching,
      treatMissingData: missing === 'breaching' ? cloudwatch.TreatMissingData.BREACHING : cloudwatch.TreatMissingData.IGNORE,
    });
    const made = alarm.node.defaultChild as cloudwatch.CfnAlarm;
    setPeriod(made, () => periodSeconds ?? policy._watch.minutes() * 60);
    if (missing === 'breaching') made.warmUpConfiguration = { warmUpPeriodDurationInMinutes: WARM_UP_MINUTES };
    return alarm;
  }

  private createComposite(silence: cloudwatch.Alarm): cloudwatch.CompositeAlarm {
    return unnamed(new cloudwatch.CompositeAlarm(this, 'Told', {
      alarmDescription: this.description(),
      alarmRule: cloudwatch.AlarmRule.fromAlarm(this.alarm, cloudwatch.AlarmState.ALARM),
      actionsSuppressor: silence,
      actionsSuppressorWaitPeriod: SUPPRESSION,
      actionsSuppressorExtensionPeriod: SUPPRESSION,
    }));
  }

  /** The last line is read by the notify worker. CloudWatch ends a description at 1,024 characters. */
  private description(): string {
    const { kind, threshold, policy: { environment, application }, protection } = this.props;
    const { meaning, risk } = ALARM_WORDS[kind];
    const whose = protection ? `${application}/${protection.node.id}` : application;
    const limit = bound(kind, threshold);
    return [
      `${whose} (${environment}): ${meaning}${limit === undefined ? '' : ` Said ${limit}.`}`,
      `At risk: ${risk}`,
      `What to do: ${alarmSection(kind, 'en')}`,
      alarmMark({ kind, environment, application, ...protection ? { protection: protection.node.id } : {} }),
    ].join('\n');
  }
}

/** From where on, in words; nothing where a single one is too many. */
function bound(kind: AlarmKindName, threshold: number): string | undefined {
  const { metric, breach } = ALARM_KINDS[kind];
  const { unit } = METRICS[metric];
  if (threshold === 0 || unit === 'Count') return undefined;
  return `${breach === 'above' ? 'above' : 'below'} ${unit === 'Seconds' ? span(threshold) : `${threshold} %`}`;
}

/** The period is the sentinel's interval, which is known once every protection is there: the CDK's own construct wants it at once. */
function setPeriod(alarm: cloudwatch.CfnAlarm, produce: () => number): void {
  const period = Lazy.number({ produce });
  if (!Array.isArray(alarm.metrics)) {
    alarm.period = period;
    return;
  }
  alarm.metrics = (alarm.metrics as cloudwatch.CfnAlarm.MetricDataQueryProperty[]).map((query) => {
    const stat = query.metricStat as cloudwatch.CfnAlarm.MetricStatProperty | undefined;
    return stat ? { ...query, metricStat: { ...stat, period } } : { ...query, period };
  });
}
