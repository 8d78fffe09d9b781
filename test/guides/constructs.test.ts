import { App, Duration, Size, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BackupLock, BackupPolicy, BackupSchedule, BackupStore, type BackupStoreProps, Compute, Criticality, ExpectedLoad,
  PostgresFlavor, PostgresSource, type Protection, type ProtectionProps, Recipient, Retention,
} from '../../lib';
import { METADATA_KEY, PolicyMetadata } from '../../lib/contract/policy-metadata';

const folder = mkdtempSync(join(tmpdir(), 'guides-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Guide {
  readonly application: string;
  readonly flavor: PostgresFlavor;
  readonly store: BackupStoreProps;
  /** Something lengthens the lock of what is kept. */
  readonly extended?: boolean;
  readonly protection: Omit<ProtectionProps, 'source'>;
  readonly then?: (protection: Protection) => void;
}

/** The findings of the assembly, whether or not the synthesis ended well: open ones only. */
function synthesized({ application, flavor, store, extended, protection, then }: Guide): { ended: boolean; findings: string[] } {
  const outdir = mkdtempSync(join(folder, 'out-'));
  const app = new App({ outdir });
  const stack = new Stack(app, 'S', { env: { account: '123456789012', region: 'eu-west-3' } });
  const made = new BackupStore(stack, 'Store', store);
  const policy = new BackupPolicy(stack, 'Backup', { application, store: made, recipients: [Recipient.email('ops@example.org')] });
  const source = new PostgresSource({ connection: Secret.fromSecretNameV2(stack, 'Connection', application), caCertificate: Secret.fromSecretNameV2(stack, 'Ca', `${application}-ca`), flavor });
  const database = policy.protect('database', { source, ...protection });
  then?.(database);
  if (extended) {
    const role = new iam.Role(stack, 'Extender', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    made.grantExtendLock(role, { environment: policy.environment, application }, Duration.days(400));
  }
  let ended = true;
  try {
    app.synth();
  } catch {
    ended = false;
  }
  const [declared] = PolicyMetadata.parse(JSON.parse(readFileSync(join(outdir, 'S.template.json'), 'utf8')).Metadata[METADATA_KEY]).policies;
  const all = [...declared.findings, ...declared.protections.flatMap(({ findings }) => findings)];
  return { ended, findings: all.filter(({ acknowledged }) => acknowledged === undefined).map(({ severity, code }) => `${severity} ${code}`) };
}

const KAMBA: Guide = {
  application: 'kamba-lhains', flavor: PostgresFlavor.SELF_HOSTED,
  store: { lock: BackupLock.none(), gracePeriod: Duration.days(1) },
  protection: {
    criticality: Criticality.CRITICAL, schedule: BackupSchedule.every(Duration.hours(4)),
    retention: Retention.days(2, { minimumVerified: 1 }),
    retentionFloor: Duration.days(7 * 365), retentionCeiling: Duration.days(3 * 365),
  },
};

const MONTOIT: Guide = {
  application: 'montoit', flavor: PostgresFlavor.SUPABASE,
  store: { lock: BackupLock.none(), gracePeriod: Duration.days(1) },
  protection: {
    schedule: BackupSchedule.daily({ at: '02:00' }), retention: Retention.gfs({ daily: 7, weekly: 4, monthly: 12 }),
    objectives: { rpo: Duration.hours(24), rto: Duration.hours(1) },
    expected: ExpectedLoad.of({ dump: Duration.minutes(30), restore: Duration.hours(2) }),
  },
};

describe('guides as constructs, as declared', () => {
  test('guide: Kamba Lhains ends the synthesis', () => {
    expect(synthesized(KAMBA)).toEqual({
      ended: false,
      findings: [
        'error RPO_NEEDS_CONTINUOUS_COPY', 'error RETENTION_BELOW_FLOOR', 'error RETENTION_CONTRADICTION', 'error SECOND_REGION_MISSING', 'warning LOCK_MISSING', 'info LOAD_UNKNOWN',
      ],
    });
  });

  test('guide: MonToit ends the synthesis, and would not run on Lambda either', () => {
    expect(synthesized(MONTOIT)).toEqual({
      ended: false,
      findings: ['error RPO_UNREACHABLE', 'error RTO_UNREACHABLE', 'error RUN_EXCEEDS_LIMIT', 'warning LOCK_MISSING', 'warning SECOND_REGION_MISSING'],
    });
  });
});

describe('guides as constructs, corrected', () => {
  const store: BackupStoreProps = { lock: BackupLock.governance(Duration.days(7)), replicaRegions: ['eu-west-1'] };
  const expected = ExpectedLoad.of({ size: Size.gibibytes(3), dump: Duration.minutes(4), restore: Duration.minutes(11) });
  const protection = { criticality: Criticality.CRITICAL, expected, retentionFloor: Duration.days(7 * 365) };
  const kamba: Guide = { ...KAMBA, store, extended: true, protection };

  test('guide: Kamba Lhains, where only the continuous copy is left to be named', () => {
    expect(synthesized(kamba)).toEqual({ ended: false, findings: ['error RPO_NEEDS_CONTINUOUS_COPY'] });
  });

  test('guide: Kamba Lhains, with the continuous copy named', () => {
    expect(synthesized({ ...kamba, then: (database) => database.acknowledge('RPO_NEEDS_CONTINUOUS_COPY', 'the hoster archives WAL; these copies are for what a replay would repeat') }))
      .toEqual({ ended: true, findings: [] });
  });

  test('guide: MonToit, twice a day', () => {
    const twice = { ...MONTOIT.protection, schedule: BackupSchedule.every(Duration.hours(12)), expected, compute: Compute.lambda() };
    expect(synthesized({ ...MONTOIT, store, extended: true, protection: twice })).toEqual({ ended: true, findings: [] });
  });
});
