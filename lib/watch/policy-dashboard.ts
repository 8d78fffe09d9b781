import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { BackupPolicy } from '../backup-policy';
import { span } from '../model/proof/words';
import type { Protection } from '../protection';

const WIDTH = 24;
const HEIGHT = 6;

const GIBIBYTE = 2 ** 30;
const DAY = Duration.days(1);

/** The calendar shows them whatever range the page is set to. */
const MONTH = '-P30D';

const GREEN = cloudwatch.Color.GREEN;
const RED = cloudwatch.Color.RED;

/** What a team looks at: each protection against its objectives, the last 30 days, and the alarms. */
export class PolicyDashboard extends Construct {
  public readonly dashboard: cloudwatch.Dashboard;

  constructor(scope: Construct, id: string, private readonly policy: BackupPolicy) {
    super(scope, id);
    this.dashboard = new cloudwatch.Dashboard(this, 'Dashboard', { defaultInterval: Duration.days(14) });
    const { application, environment, alarms } = policy;
    this.dashboard.addWidgets(new cloudwatch.TextWidget({
      width: WIDTH, height: 2,
      markdown: `# Backup of ${application} (${environment})\n`
        + 'The same in the terminal: `backup-policy status`. What it costs a month: `backup-policy cost`.',
    }));
    // The list itself: a protection may add to it.
    const own = { title: 'Alarms of the policy', alarms: alarms._own, width: WIDTH, height: 3 };
    if (alarms._own.length > 0) this.dashboard.addWidgets(new cloudwatch.AlarmStatusWidget(own));
  }

  /** Adds the rows of one more protection. */
  public admit(protection: Protection): void {
    const { rpoSeconds, rtoSeconds } = protection._watched([]).objectives;
    const { expression, timeZone } = protection._watched([]).schedule;
    const alarms = this.policy.alarms._of(protection);
    this.dashboard.addWidgets(new cloudwatch.TextWidget({
      width: WIDTH, height: 2, background: cloudwatch.TextWidgetBackground.TRANSPARENT,
      markdown: `## ${protection.node.id}\nRuns at \`${expression}\` ${timeZone}. Recovery point objective ${span(rpoSeconds)}, recovery time objective ${span(rtoSeconds)}.`,
    }));
    if (alarms.length > 0) this.dashboard.addWidgets(new cloudwatch.AlarmStatusWidget({ title: 'Alarms', alarms, width: WIDTH, height: 3 }));
    this.dashboard.addWidgets(...this.recovery(protection, rpoSeconds), this.calendar(protection), this.times(protection, rtoSeconds));
    this.dashboard.addWidgets(this.sizes(protection), this.stored(protection), ...this.replica(protection));
  }

  private recovery(protection: Protection, rpoSeconds: number): cloudwatch.IWidget[] {
    return [
      new cloudwatch.SingleValueWidget({
        title: 'Now', width: 4, height: HEIGHT,
        metrics: [
          hours(protection.metricRecoveryPointAge(), 'newest proven copy, hours old'),
          protection.metricProvenCopies({ label: 'proven copies' }),
        ],
      }),
      graph('Age of the newest proven copy', 8, {
        left: [hours(protection.metricRecoveryPointAge(), 'hours')],
        leftAnnotations: [{ value: rpoSeconds / 3600, label: `objective, ${span(rpoSeconds)}`, color: RED }],
        leftYAxis: { min: 0, label: 'hours', showUnits: false },
      }),
    ];
  }

  /** CloudWatch knows no calendar: a bar a day, of the runs that left a proven copy and those that did not. */
  private calendar(protection: Protection): cloudwatch.IWidget {
    return graph('Copies of the last 30 days', 6, {
      left: [
        protection.metricProven({ label: 'proven', color: GREEN, period: DAY }),
        protection.metricNotProven({ label: 'not proven', color: RED, period: DAY }),
      ],
      stacked: true, start: MONTH, leftYAxis: { min: 0, showUnits: false },
    });
  }

  private times(protection: Protection, rtoSeconds: number): cloudwatch.IWidget {
    return graph('Times of runs', 6, {
      left: [
        minutes(protection.metricDumpTime(), 'dump'), minutes(protection.metricRestoreTime(), 'restore'), minutes(protection.metricDrillTime(), 'drill'),
      ],
      leftAnnotations: [{ value: rtoSeconds / 60, label: `recovery time objective, ${span(rtoSeconds)}`, color: RED }],
      leftYAxis: { min: 0, label: 'minutes', showUnits: false },
    });
  }

  private sizes(protection: Protection): cloudwatch.IWidget {
    return graph('Size and rows of copies', 8, {
      left: [gibibytes(protection.metricCopySize(), 'size')], leftYAxis: { min: 0, label: 'GiB', showUnits: false },
      right: [protection.metricRows({ label: 'rows' })], rightYAxis: { min: 0, showUnits: false },
    });
  }

  private stored(protection: Protection): cloudwatch.IWidget {
    const ceiling = this.policy.alarms._ceilingOf(protection);
    return graph('Stored', 8, {
      left: [gibibytes(protection.metricStoredBytes(), 'stored')],
      leftAnnotations: ceiling === undefined ? [] : [{ value: ceiling / GIBIBYTE, label: 'ceiling', color: RED }],
      leftYAxis: { min: 0, label: 'GiB', showUnits: false },
      ...ceiling === undefined ? {} : { right: [protection.metricDaysToCeiling({ label: 'days until the ceiling' })], rightYAxis: { min: 0, showUnits: false } },
    });
  }

  private replica(protection: Protection): cloudwatch.IWidget[] {
    if (!this.hasReplica()) return [];
    const regions = this.policy.store._replicas.map(({ region }) => region ?? 'another region').join(', ');
    return [graph(`Copies on their way to ${regions}`, 8, {
      left: [minutes(protection.metricReplicaLag(), 'oldest that is not there')], leftYAxis: { min: 0, label: 'minutes', showUnits: false },
    })];
  }

  private hasReplica(): boolean {
    return this.policy.store._replicas.length > 0;
  }
}

function graph(title: string, width: number, props: cloudwatch.GraphWidgetProps): cloudwatch.GraphWidget {
  return new cloudwatch.GraphWidget({ title, width, height: HEIGHT, ...props });
}

function hours(metric: cloudwatch.Metric, label: string): cloudwatch.IMetric {
  return scaled(metric, 3600, label);
}

function minutes(metric: cloudwatch.Metric, label: string): cloudwatch.IMetric {
  return scaled(metric, 60, label);
}

function gibibytes(metric: cloudwatch.Metric, label: string): cloudwatch.IMetric {
  return scaled(metric, GIBIBYTE, label);
}

function scaled(metric: cloudwatch.Metric, by: number, label: string): cloudwatch.IMetric {
  // A dashboard has each id once.
  const id = `${metric.metricName[0].toLowerCase()}${metric.metricName.slice(1)}`;
  return new cloudwatch.MathExpression({ expression: `${id} / ${by}`, usingMetrics: { [id]: metric }, label, period: metric.period });
}
