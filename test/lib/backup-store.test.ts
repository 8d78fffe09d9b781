import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { BackupLock, BackupStore, BackupStoreRemoval, type BackupStoreProps } from '../../lib';
import { declare } from './fixture';

function store(props: BackupStoreProps = {}): Template {
  const stack = new Stack(new App(), 'S');
  new BackupStore(stack, 'Store', props);
  return Template.fromStack(stack);
}

const refused = (props: BackupStoreProps) => () => store(props);

describe('BackupStore', () => {
  const template = store();

  test('versioned, encrypted with a rotated key of its own, without SSE-C, without public access', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      VersioningConfiguration: { Status: 'Enabled' },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{
          BlockedEncryptionTypes: { EncryptionType: ['SSE-C'] },
          BucketKeyEnabled: true,
          ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: { 'Fn::GetAtt': [Match.stringLikeRegexp('^StoreKey'), 'Arn'] } },
        }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    });
    template.hasResourceProperties('AWS::KMS::Key', { EnableKeyRotation: true, RotationPeriodInDays: 365 });
  });

  test('locks each object by default, and stays when its stack goes', () => {
    template.hasResource('AWS::S3::Bucket', {
      Properties: {
        ObjectLockEnabled: true,
        ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 7 } } },
      },
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    });
    template.hasResource('AWS::KMS::Key', { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
    template.allResources('AWS::S3::BucketPolicy', { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
  });

  test('refuses plain text, writing over an object, and tagging', () => {
    const anybody = { AWS: '*' };
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      Bucket: { Ref: Match.stringLikeRegexp('^StoreBucket') },
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Principal: anybody, Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
          Match.objectLike({
            Sid: 'RefuseOverwriting', Effect: 'Deny', Principal: anybody, Action: 's3:PutObject',
            Condition: { Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } },
          }),
          Match.objectLike({
            Sid: 'RefuseTagging', Effect: 'Deny', Principal: anybody,
            Action: ['s3:PutObjectTagging', 's3:DeleteObjectTagging', 's3:DeleteObjectVersionTagging'],
          }),
          Match.objectLike({
            Sid: 'RefuseRetirement', Effect: 'Deny', Principal: anybody, Action: 's3:PutObjectVersionTagging',
            Condition: { ArnNotLike: { 'aws:PrincipalArn': [{ 'Fn::Join': ['', [
              'arn:', { Ref: 'AWS::Partition' }, ':iam::', { Ref: 'AWS::AccountId' }, ':role/cdk-backup-policy/retire/*',
            ]] }] } },
          }),
        ]),
      },
    });
  });

  test('deletes only what bears the tag, and what was never finished', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      ObjectLockEnabled: true,
      LifecycleConfiguration: {
        Rules: [
          { Id: 'abort-incomplete-uploads', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, Status: 'Enabled' },
          { Id: 'expire-retired', ExpirationInDays: 1, TagFilters: [{ Key: 'retire', Value: 'expire' }], Status: 'Enabled' },
          { Id: 'remove-retired-versions', NoncurrentVersionExpiration: { NoncurrentDays: 1 }, TagFilters: [{ Key: 'retire', Value: 'expire' }], Status: 'Enabled' },
          { Id: 'expire-audits', Prefix: 'audits/', ExpirationInDays: 90, NoncurrentVersionExpiration: { NoncurrentDays: 1 }, Status: 'Enabled' },
          { Id: 'expire-scrubs', Prefix: 'scrubs/', ExpirationInDays: 90, NoncurrentVersionExpiration: { NoncurrentDays: 1 }, Status: 'Enabled' },
          { Id: 'remove-lone-delete-markers', ExpiredObjectDeleteMarker: true, Status: 'Enabled' },
        ],
      },
    });
  });

  test('keeps an access log in a bucket of its own, which nobody but S3 of this account writes', () => {
    template.hasResourceProperties('AWS::S3::Bucket', { LoggingConfiguration: { DestinationBucketName: { Ref: Match.stringLikeRegexp('^StoreAccessLogs') } } });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      Bucket: { Ref: Match.stringLikeRegexp('^StoreAccessLogs') },
      PolicyDocument: {
        Statement: Match.arrayWith([Match.objectLike({
          Effect: 'Allow', Principal: { Service: 'logging.s3.amazonaws.com' }, Action: 's3:PutObject',
          Condition: {
            ArnLike: { 'aws:SourceArn': { 'Fn::GetAtt': [Match.stringLikeRegexp('^StoreBucket'), 'Arn'] } },
            StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
          },
        })]),
      },
    });
  });

  test('takes another lock and rotation', () => {
    const other = store({ lock: BackupLock.compliance(Duration.days(90)), keyRotationPeriod: Duration.days(90) });
    other.hasResourceProperties('AWS::S3::Bucket', { ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 90 } } } });
    other.hasResourceProperties('AWS::KMS::Key', { RotationPeriodInDays: 90 });
    store({ lock: BackupLock.none() }).hasResourceProperties('AWS::S3::Bucket', { ObjectLockEnabled: true, ObjectLockConfiguration: Match.absent() });
  });

  test.each<[BackupStoreProps, RegExp]>([
    [{ keyRotationPeriod: Duration.days(89) }, /^S\/Store: keyRotationPeriod is 89 days; allowed: whole days from 90 to 2560$/],
    [{ keyRotationPeriod: Duration.days(2561) }, /keyRotationPeriod is 2561 days/],
    [{ lock: BackupLock.governance(Duration.hours(36)) }, /^S\/Store: lock is 1 day 12 hours; allowed: whole days from 1 to 36500$/],
    [{ lock: BackupLock.compliance(Duration.days(36_501)) }, /lock is 36501 days/],
    [{ lock: BackupLock.compliance(Duration.days(1)), removal: BackupStoreRemoval.destroyTestEnvironment('test') }, /lock is compliance/],
  ])('refuses %j', (props, message) => expect(refused(props)).toThrow(message));
});

describe('BackupStoreRemoval', () => {
  const removal = BackupStoreRemoval.destroyTestEnvironment('staging');

  test('a store of a test environment goes with its stack', () => {
    store({ removal }).allResources('AWS::S3::Bucket', { DeletionPolicy: 'Delete' });
    store({ removal }).hasResource('AWS::KMS::Key', { DeletionPolicy: 'Delete', Properties: { PendingWindowInDays: 7 } });
  });

  test('and no other environment may use it', () => {
    expect(declare({ environment: 'staging' }, { removal }).policy.environment).toBe('staging');
    expect(() => declare({ environment: 'production' }, { removal })).toThrow(/^S\/Backup: store is S\/Store.*for environment "staging" only; this policy is of "production"$/);
  });
});
