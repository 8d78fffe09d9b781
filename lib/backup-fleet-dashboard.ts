import { Duration, Stack, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { METRIC_DIMENSIONS, METRIC_NAMESPACE, type MetricKey, METRICS, POLICY_METRIC_DIMENSIONS } from './contract/metrics';
import { PropRefused, requireName } from './refusal';
import { statisticOf } from './watch/metric';

/** Properties of a BackupFleetDashboard. */
export interface BackupFleetDashboardProps {
  /**
   * Name of the dashboard; letters, digits, hyphens and underscores.
   * @default - generated
   */
  readonly dashboardName?: string;
  /**
   * Regions whose policies it shows; each has a part of its own.
   * @default - the stack's
   */
  readonly regions?: string[];
  /**
   * Environments that it shows.
   * @default - all
   */
  readonly environments?: string[];
  /**
   * Accounts that it shows. The stack's account must be a monitoring account of CloudWatch's cross-account observability, and these its
   * linked source accounts, in each of the regions (CloudWatch User Guide, "CloudWatch cross-account observability").
   * @default - the stack's, and in a monitoring account every account that is linked to it
   */
  readonly accounts?: string[];
}

const WIDTH = 24;

/** Time series that a line of the dashboard shows, the worst ones: a search finds 500 at most. */
const SHOWN = 50;

/**
 * Every backup policy of an account, or of the accounts linked to it, in the declared regions: for a platform team. What it shows is found
 * by its metrics at the time it is looked at, so that nobody keeps a list, and a policy deployed a minute ago is on it. A dashboard costs
 * $3 a month.
 */
export class BackupFleetDashboard extends Construct {
  /** The dashboard, to add widgets of one's own. */
  public readonly dashboard: cloudwatch.Dashboard;
  private readonly filter: string;

  constructor(scope: Construct, id: string, props: BackupFleetDashboardProps = {}) {
    super(scope, id);
    this.filter = filterOf(this, props);
    this.dashboard = new cloudwatch.Dashboard(this, 'Dashboard', { dashboardName: props.dashboardName, defaultInterval: Duration.days(14) });
    this.dashboard.addWidgets(new cloudwatch.TextWidget({
      width: WIDTH, height: 2,
      markdown: '# Backups\nEvery policy that its sentinel watches, found by its metrics. Who is not here has none, or a sentinel that is silent.',
    }));
    for (const region of regionsOf(this, props)) this.addRegion(region);
  }

  private addRegion(region: string): void {
    const of = (key: MetricKey, seconds: number): cloudwatch.IMetric => this.found(key, region, seconds);
    const table = (title: string, metric: cloudwatch.IMetric) => new cloudwatch.TableWidget({
      title, width: 12, height: 8, metrics: [metric], region, layout: cloudwatch.TableLayout.VERTICAL,
      summary: { columns: [cloudwatch.TableSummaryColumn.MAXIMUM], sticky: true, hideNonSummaryColumns: true },
    });
    const graph = (title: string, metric: cloudwatch.IMetric, more: cloudwatch.GraphWidgetProps = {}) => new cloudwatch.GraphWidget({
      title, width: 12, height: 6, left: [metric], region, leftYAxis: { min: 0, showUnits: false },
      legendPosition: cloudwatch.LegendPosition.RIGHT, ...more,
    });
    const background = cloudwatch.TextWidgetBackground.TRANSPARENT;
    this.dashboard.addWidgets(new cloudwatch.TextWidget({ width: WIDTH, height: 1, markdown: `## ${region}`, background }));
    this.dashboard.addWidgets(
      table('Oldest recovery points, seconds', of('recoveryPointAge', 900)),
      table('Copies that are due and not there, seconds', of('overdueSeconds', 900)),
    );
    this.dashboard.addWidgets(
      graph('Runs that failed since the newest proven copy', of('failedRuns', 900)),
      graph('Copies that are not proven', of('unprovenCopies', 900)),
    );
    this.dashboard.addWidgets(
      graph('Success rate of 30 days, the lowest', of('successRate', 3600), { leftYAxis: { max: 100, showUnits: false } }),
      graph('Last restore, seconds ago', of('drillAge', 3600)),
    );
    this.dashboard.addWidgets(
      graph('Stored bytes', of('storedBytes', 86_400), { stacked: true }),
      graph('Not yet in the other region, seconds', of('replicaLag', 900)),
    );
    this.dashboard.addWidgets(
      graph('Rounds of each sentinel in an hour: none is silence', of('sentinelRounds', 3600), { width: 12 }),
      graph('Paused, seconds left', of('pausedSeconds', 900)),
    );
  }

  private found(key: MetricKey, region: string, seconds: number): cloudwatch.IMetric {
    const { name, of } = METRICS[key];
    const dimensions = of === 'protection' ? METRIC_DIMENSIONS : POLICY_METRIC_DIMENSIONS;
    const statistic = key === 'sentinelRounds' ? cloudwatch.Stats.SUM : statisticOf(key);
    const search = `SEARCH('{${[METRIC_NAMESPACE, ...dimensions].join(',')}} MetricName="${name}"${this.filter}', '${statistic}', ${seconds})`;
    const order = statistic === cloudwatch.Stats.MINIMUM || key === 'sentinelRounds' ? 'MIN, ASC' : 'MAX, DESC';
    return new cloudwatch.SearchExpression({
      expression: `SORT(${search}, ${order}, ${SHOWN})`,
      label: of === 'protection'
        ? '${PROP(\'Dim.Application\')}/${PROP(\'Dim.Protection\')} (${PROP(\'Dim.Environment\')})'
        : '${PROP(\'Dim.Application\')} (${PROP(\'Dim.Environment\')})',
      period: Duration.seconds(seconds), searchRegion: region,
    });
  }
}

function regionsOf(scope: Construct, { regions }: BackupFleetDashboardProps): string[] {
  const all = regions ?? [Stack.of(scope).region];
  if (all.length === 0) throw new PropRefused(scope, 'regions', 'an empty list', 'at least one region, or none given for the stack\'s');
  for (const region of all) {
    if (!Token.isUnresolved(region) && !/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) throw new PropRefused(scope, 'regions', JSON.stringify(region), 'a region such as eu-west-3');
  }
  return all;
}

/** Of names and numbers alone: what stands in a search between quotes must not end it. */
function filterOf(scope: Construct, { environments, accounts }: BackupFleetDashboardProps): string {
  for (const account of accounts ?? []) {
    if (!/^\d{12}$/.test(account)) throw new PropRefused(scope, 'accounts', JSON.stringify(account), 'the 12 digits of an account');
  }
  return anyOf('Environment', environments?.map((one) => requireName(scope, 'environments', one))) + anyOf(':aws.AccountId', accounts);
}

function anyOf(property: string, values: string[] | undefined): string {
  return values === undefined || values.length === 0 ? '' : ` (${values.map((value) => `${property}="${value}"`).join(' OR ')})`;
}
