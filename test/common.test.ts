import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { Encryption, FargateEnvironment, ResourceNames } from '../src';
import { createBucket, createLogBucket } from '../src/common/bucket';
import { NameRequest } from '../src/common/resource-names';

const stack = () => new Stack(new App(), 'Shop');
const bucketOf = (template: Template, prefix: string): any => Object.entries(template.findResources('AWS::S3::Bucket')).find(([id]) => id.startsWith(prefix))![1].Properties;

describe('encryption', () => {
  const parts = { removalPolicy: RemovalPolicy.RETAIN, aliasName: (base?: string) => base };

  test('a key of ours admits the services that deliver, each as narrowly as it can', () => {
    const scope = stack();
    Encryption.customerManaged({ aliasName: 'shop', rotationPeriod: Duration.days(90) })._bind(scope, parts);
    const template = Template.fromStack(scope);
    template.hasResourceProperties('AWS::KMS::Key', { RotationPeriodInDays: 90 });
    template.hasResourceProperties('AWS::KMS::Alias', { AliasName: 'alias/shop' });
    const [key] = Object.values(template.findResources('AWS::KMS::Key'));
    const statements = key.Properties.KeyPolicy.Statement.slice(1);
    expect(statements.map(({ Sid, Effect }: any) => `${Effect} ${Sid}`)).toEqual(['Allow Logs', 'Allow Alarms', 'Allow Notifications', 'Allow Events', 'Deny GrantsForServicesOnly']);
    expect(statements.every(({ Condition }: any) => Condition !== undefined)).toBe(true);
    expect(statements.flatMap(({ Action }: any) => Action).filter((action: string) => action.includes('*'))).toEqual([]);
  });

  test('an existing key of the app is told the same', () => {
    const scope = stack();
    const key = new kms.Key(scope, 'Theirs');
    expect(Encryption.fromKey(key)._bind(scope, parts)).toBe(key);
    const template = Template.fromStack(scope);
    template.resourceCountIs('AWS::KMS::Key', 1);
    template.resourceCountIs('AWS::KMS::Alias', 0);
    expect(Object.values(template.findResources('AWS::KMS::Key'))[0].Properties.KeyPolicy.Statement).toHaveLength(6);
  });

  test('the alias has its base name and the suffix; the key rotates', () => {
    const scope = stack();
    new FargateEnvironment(scope, 'Place', { encryption: Encryption.customerManaged({ aliasName: 'cicd-pipeline' }), resourceNames: ResourceNames.suffixed({ suffix: 'dev' }) });
    const template = Template.fromStack(scope);
    template.hasResourceProperties('AWS::KMS::Alias', { AliasName: 'alias/cicd-pipeline-dev' });
    template.hasResourceProperties('AWS::KMS::Key', { EnableKeyRotation: true, RotationPeriodInDays: 365 });
  });

  test('keys of AWS: no key', () => {
    expect(Encryption.awsManaged()._bind(stack(), parts)).toBeUndefined();
  });

  test('an imported key is used and stays as it is', () => {
    const scope = stack();
    const key = kms.Key.fromKeyArn(scope, 'Theirs', 'arn:aws:kms:eu-west-1:111111111111:key/11111111-2222-3333-4444-555555555555');
    new FargateEnvironment(scope, 'Place', { encryption: Encryption.fromKey(key) });
    const template = Template.fromStack(scope);
    template.resourceCountIs('AWS::KMS::Key', 0);
    template.allResourcesProperties('AWS::Logs::LogGroup', { KmsKeyId: 'arn:aws:kms:eu-west-1:111111111111:key/11111111-2222-3333-4444-555555555555' });
  });
});

describe('names', () => {
  const naming = (names: ResourceNames, id = 'ShopApp') => names._bind(new Construct(stack(), id));
  const suffixed = (request: NameRequest, pattern?: string, id?: string) => naming(ResourceNames.suffixed({ suffix: 'dev', pattern }), id).name(request);

  test('generated: only what the user gives', () => {
    const { name, suffix } = naming(ResourceNames.generated());
    expect([name({ type: 'cluster' }), name({ type: 'cluster', base: 'mine' }), suffix]).toEqual([undefined, 'mine', '']);
  });

  test.each<[string, NameRequest, string]>([
    ['type and owner', { type: 'cluster' }, 'cluster-shop-app-dev'],
    ['a detail', { type: 'alarm', detail: 'cpu' }, 'alarm-shop-app-cpu-dev'],
    ['a base of the user', { type: 'cluster', base: 'Mine' }, 'Mine-dev'],
  ])('suffixed: %s', (_, request, name) => {
    expect(suffixed(request)).toBe(name);
    expect(naming(ResourceNames.suffixed({ suffix: 'dev' })).suffix).toBe('-dev');
  });

  test('a base that stays as it is, and another that does not', () => {
    const { name } = naming(ResourceNames.suffixed({ suffix: 'dev', exact: ['production-cluster'] }));
    expect([name({ type: 'cluster', base: 'production-cluster' }), name({ type: 'service', base: 'production' })]).toEqual(['production-cluster', 'production-dev']);
  });

  test('another pattern', () => {
    expect(suffixed({ type: 'alb' }, 'acme-{purpose}-{type}-{suffix}', 'My App!')).toBe('acme-my-app--alb-dev');
  });

  test('too long: cut, told apart, with the suffix kept', () => {
    const [one, two] = ['Web', 'Job'].map((end) => suffixed({ type: 'alb', maxLength: 32 }, undefined, `VeryLongNameOfAnApplication${end}`)!);
    expect(one).toMatch(/^alb-very-long-name-of-[0-9a-f]{6}-dev$/);
    expect(one.length).toBeLessThanOrEqual(32);
    expect(one).not.toBe(two);
    expect(suffixed({ type: 'x'.repeat(60) })).toHaveLength(64);
    expect(() => suffixed({ type: 'function', base: 'x'.repeat(64) })).toThrow("resourceNames: got 'xxx");
  });
});

describe('buckets', () => {
  test('private, over TLS only, versions and broken uploads go', () => {
    const scope = stack();
    const key = new kms.Key(scope, 'Key');
    const logBucket = createLogBucket(scope, 'Logs', RemovalPolicy.RETAIN);
    createBucket(scope, 'Bucket', { key, versioned: true, removalPolicy: RemovalPolicy.RETAIN, logBucket, logPrefix: 'here/' });
    const template = Template.fromStack(scope);
    expect(bucketOf(template, 'Bucket')).toMatchObject({
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } }] },
      LoggingConfiguration: { LogFilePrefix: 'here/' }, VersioningConfiguration: { Status: 'Enabled' },
      NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
      LifecycleConfiguration: { Rules: [{ NoncurrentVersionExpiration: { NoncurrentDays: 30 }, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } }] },
    });
    expect(bucketOf(template, 'Bucket').LifecycleConfiguration.Rules[0]).not.toHaveProperty('ExpirationInDays');
    template.allResourcesProperties('AWS::S3::Bucket', {
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
    });
  });

  test('the log bucket has keys of S3, keeps a year and admits S3 and nobody else', () => {
    const scope = stack();
    createLogBucket(scope, 'Logs', RemovalPolicy.RETAIN);
    const template = Template.fromStack(scope);
    expect(bucketOf(template, 'Logs')).toMatchObject({
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
      LifecycleConfiguration: { Rules: [{ ExpirationInDays: 365, NoncurrentVersionExpiration: { NoncurrentDays: 365 } }] },
    });
    const [policy] = Object.values(template.findResources('AWS::S3::BucketPolicy'));
    const allowed = policy.Properties.PolicyDocument.Statement.filter(({ Effect }: any) => Effect === 'Allow');
    expect(allowed).toMatchObject([{ Principal: { Service: 'logging.s3.amazonaws.com' }, Condition: { StringEquals: expect.anything(), ArnLike: expect.anything() } }]);
  });

  test('DESTROY: emptied by our function, which keeps its right until it is done', () => {
    const scope = stack();
    createBucket(scope, 'Bucket', { versioned: false, removalPolicy: RemovalPolicy.DESTROY });
    const template = Template.fromStack(scope);
    const [emptying] = Object.values(template.findResources('Custom::EmptyBucket'));
    expect(emptying.DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(/^BucketEmptierRole[0-9A-F]{8}$/), expect.stringMatching(/^BucketEmptierRoleRights/)]));
    expect(bucketOf(template, 'Bucket').LifecycleConfiguration.Rules[0]).not.toHaveProperty('NoncurrentVersionExpiration');
    template.hasResourceProperties('AWS::Lambda::Function', { Timeout: 900 });
    expect(Object.values(template.findResources('AWS::S3::Bucket'))[0].DeletionPolicy).toBe('Delete');
  });
});
