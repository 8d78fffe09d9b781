import { App, Size, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AlarmSet, BackupFleetDashboard, BackupPolicy, type BackupPolicyProps, BackupStore, Recipient } from '../../lib';
import { METRIC_NAMESPACE, type MetricKey, METRICS, metricsBy } from '../../lib/contract/metrics';
import { METADATA_KEY, PolicyMetadata } from '../../lib/contract/policy-metadata';
import { protection, text } from './fixture';

interface Widget {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: {
    readonly title?: string;
    readonly region?: string;
    readonly markdown?: string;
    readonly metrics?: unknown[][];
    readonly alarms?: string[];
    readonly stacked?: boolean;
    readonly start?: string;
    readonly annotations?: { readonly horizontal?: { readonly value: number; readonly label: string }[] };
  };
}

function widgets(template: Template): Widget[] {
  const [body] = Object.values(template.findResources('AWS::CloudWatch::Dashboard') as Record<string, { Properties: { DashboardBody: unknown } }>);
  return (JSON.parse(text(body.Properties.DashboardBody)) as { widgets: Widget[] }).widgets;
}

function declare(props: Partial<BackupPolicyProps> = {}, replicaRegions = ['eu-west-1']) {
  const stack = new Stack(new App(), 'S', { env: { region: 'eu-west-3' } });
  const store = new BackupStore(stack, 'Store', { replicaRegions });
  const policy = new BackupPolicy(stack, 'Backup', { application: 'shop', store, recipients: [Recipient.email('ops@example.org')], ...props });
  return { stack, policy, template: () => Template.fromStack(stack) };
}

/** Names of our metrics in a widget, each once. */
function metricsOf({ properties: { metrics = [] } }: Widget): string[] {
  return [...new Set(metrics.filter(([namespace]) => namespace === METRIC_NAMESPACE).map(([, name]) => name as string))];
}

describe('of a policy', () => {
  const { stack, policy, template } = declare();
  policy.protect('database', protection(stack, { alarms: { storeCeiling: Size.tebibytes(1) } }));
  policy.protect('files', { ...protection(stack), source: protection(stack).source });
  const made = template();
  const all = widgets(made);
  const titled = (title: string) => all.filter(({ properties }) => properties.title === title);

  test('has for each protection its objectives, drawn as lines in the unit of the graph', () => {
    expect(titled('Age of the newest proven copy').map(({ properties }) => properties.annotations?.horizontal?.[0])).toEqual(
      ['database', 'files'].map(() => expect.objectContaining({ value: 26, label: 'objective, 26 h' })),
    );
    const [times] = titled('Times of runs');
    expect(times.properties.annotations?.horizontal?.[0]).toMatchObject({ value: 60 });
    expect(metricsOf(times)).toEqual(['DumpSeconds', 'RestoreSeconds', 'DrillSeconds']);
    const [ofDatabase, ofFiles] = titled('Stored');
    expect(ofDatabase.properties.annotations?.horizontal?.[0]).toMatchObject({ value: 1024, label: 'ceiling' });
    expect(ofFiles.properties.annotations?.horizontal ?? []).toEqual([]);
  });

  test('shows the last 30 days by the day, whatever range the page is set to', () => {
    const [calendar] = titled('Copies of the last 30 days');
    expect(calendar.properties).toMatchObject({ stacked: true, start: '-P30D' });
    expect(metricsOf(calendar)).toEqual(['Proven', 'NotProven']);
    expect(JSON.stringify(calendar.properties.metrics)).toContain('"period":86400');
  });

  test('lists each alarm once, and lies nowhere over itself', () => {
    const listed = all.flatMap(({ properties }) => properties.alarms ?? []);
    expect(new Set(listed).size).toBe(listed.length);
    expect(listed).toHaveLength(policy.alarms.all.length);
    for (const [index, one] of all.entries()) {
      expect(one.x + one.width).toBeLessThanOrEqual(24);
      for (const other of all.slice(index + 1)) {
        const beside = one.x + one.width <= other.x || other.x + other.width <= one.x;
        const under = one.y + one.height <= other.y || other.y + other.height <= one.y;
        expect(beside || under).toBe(true);
      }
    }
  });

  test('shows no gauge that the sentinel does not write', () => {
    const { protections } = PolicyMetadata.parse(made.toJSON().Metadata[METADATA_KEY]).policies[0].watching!.sentinel.request;
    const gauges = new Set(metricsBy('sentinel', 'protection').map((key) => METRICS[key].name as string));
    for (const { protection: id, gauges: written } of protections) {
      const shown = all.flatMap(({ properties: { metrics = [] } }) => metrics
        .filter((metric) => metric.includes(id)).map(([, name]) => name as string)).filter((name) => gauges.has(name));
      expect(shown.length).toBeGreaterThan(3);
      expect(written.map((key) => METRICS[key as MetricKey].name)).toEqual(expect.arrayContaining([...new Set(shown)]));
    }
  });

  test('can be left out, and without alarms too nothing is written of a protection', () => {
    const without = declare({ dashboard: false, alarms: { set: AlarmSet.NONE } });
    without.policy.protect('database', protection(without.stack));
    const bare = without.template();
    bare.resourceCountIs('AWS::CloudWatch::Dashboard', 0);
    expect(without.policy.dashboard).toBeUndefined();
    const [{ watching }] = PolicyMetadata.parse(bare.toJSON().Metadata[METADATA_KEY]).policies;
    expect(watching!.sentinel.request.protections[0].gauges).toEqual([]);
  });

  test('without a replica says nothing of one', () => {
    const alone = declare({}, []);
    alone.policy.protect('database', protection(alone.stack));
    expect(widgets(alone.template()).flatMap(metricsOf)).not.toContain('ReplicaLag');
  });
});

describe('of the fleet', () => {
  const fleet = (props: ConstructorParameters<typeof BackupFleetDashboard>[2] = {}) => {
    const stack = new Stack(new App(), 'Platform', { env: { region: 'eu-west-3' } });
    new BackupFleetDashboard(stack, 'Fleet', props);
    return widgets(Template.fromStack(stack));
  };
  const searches = (all: Widget[]) => all.flatMap(({ properties: { metrics = [] } }) =>
    metrics.map(([one]) => one as { expression: string; region?: string }));

  test('finds every policy by its metrics: no name of any is in it', () => {
    const all = fleet();
    const expressions = searches(all).map(({ expression }) => expression);
    expect(expressions).toContain(
      'SORT(SEARCH(\'{BackupPolicy,Environment,Application,Protection} MetricName="RecoveryPointAge"\', \'Maximum\', 900), MAX, DESC, 50)',
    );
    expect(expressions).toContain('SORT(SEARCH(\'{BackupPolicy,Environment,Application} MetricName="SentinelRounds"\', \'Sum\', 3600), MIN, ASC, 50)');
    expect(expressions).toContain(
      'SORT(SEARCH(\'{BackupPolicy,Environment,Application,Protection} MetricName="SuccessRate"\', \'Minimum\', 3600), MIN, ASC, 50)',
    );
    const names = new Set<string>(Object.values(METRICS).map(({ name }) => name));
    for (const expression of expressions) expect(names.has(/MetricName="(\w+)"/.exec(expression)![1])).toBe(true);
  });

  test('has a part for each region, searched there', () => {
    const all = fleet({ regions: ['eu-west-3', 'eu-west-1'] });
    const regions = searches(all).map(({ region = 'eu-west-3' }) => region);
    expect(regions).toContain('eu-west-1');
    expect(regions.filter((one) => one === 'eu-west-1')).toHaveLength(regions.filter((one) => one === 'eu-west-3').length);
    const headings = all.filter(({ type }) => type === 'text').map(({ properties }) => properties.markdown);
    expect(headings).toEqual(expect.arrayContaining(['## eu-west-3', '## eu-west-1']));
  });

  test('of some environments and linked accounts', () => {
    const [{ expression }] = searches(fleet({ environments: ['production', 'staging'], accounts: ['111111111111'] }));
    expect(expression).toContain('MetricName="RecoveryPointAge" (Environment="production" OR Environment="staging") (:aws.AccountId="111111111111")\'');
  });

  test.each<[string, ConstructorParameters<typeof BackupFleetDashboard>[2], string]>([
    ['no region', { regions: [] }, 'regions is an empty list'],
    ['no such region', { regions: ['Paris'] }, 'regions is "Paris"; allowed: a region such as eu-west-3'],
    ['a quote in an environment', { environments: ['x" OR "'] }, 'environments is "x\\" OR \\""'],
    ['no account', { accounts: ['ours'] }, 'accounts is "ours"; allowed: the 12 digits of an account'],
  ])('%s is refused', (_, props, message) => {
    expect(() => fleet(props)).toThrow(message);
  });
});
