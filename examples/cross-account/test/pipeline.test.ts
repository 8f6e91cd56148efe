import { synthesize } from './synthesize';
import { actionOf, all, flat, idOf, only, projectOf, stagesOf } from '../../../test/support/template';
import { context } from '../cdk.json';

const { live, tools } = synthesize();
const key = { 'Fn::GetAtt': [idOf(tools, 'AWS::KMS::Key'), 'Arn'] };
const topic = { Ref: idOf(tools, 'AWS::SNS::Topic') };

describe('the pipeline', () => {
  test('is of type V2 and has exactly these stages', () => {
    expect(only(tools, 'AWS::CodePipeline::Pipeline')).toMatchObject({ PipelineType: 'V2', Name: 'pipeline-tea-dev' });
    expect(stagesOf(tools).map(({ Name }) => Name)).toEqual(['Source', 'Build', 'Test', 'Manual-Approval', 'Deploy']);
  });

  test('is started by a push to main over the connection', () => {
    expect(actionOf(tools, 'Source', 'Source').Configuration).toMatchObject({ ConnectionArn: context.connectionArn, FullRepositoryId: context.repository, BranchName: 'main' });
    expect(only(tools, 'AWS::CodePipeline::Pipeline').Triggers[0].GitConfiguration.Push).toEqual([{ Branches: { Includes: ['main'] } }]);
  });

  test('asks before it releases, through the topic', () => {
    expect(actionOf(tools, 'Manual-Approval', 'Approve')).toMatchObject({ ActionTypeId: { Provider: 'Manual' }, Configuration: { NotificationArn: topic } });
  });

  test('has a role of its own for each action', () => {
    const roles = stagesOf(tools).flatMap(({ Actions }) => Actions).map(({ RoleArn }: any) => flat(RoleArn));
    expect(new Set(roles).size).toBe(roles.length);
  });
});

describe('the build', () => {
  const build = projectOf(tools, 'Build', 'Build');
  const commands: string[] = Object.values<any>(build.spec.phases).flatMap((phase) => phase.commands);

  test('is of medium size, privileged, logs in and pushes', () => {
    expect(build.Environment).toMatchObject({ ComputeType: 'BUILD_GENERAL1_MEDIUM', PrivilegedMode: true });
    expect(commands.join('\n')).toMatch(/aws ecr get-login-password.*\| docker login --username AWS --password-stdin/);
    expect(commands.join('\n')).toMatch(/docker (buildx )?build[^]*docker push/);
  });

  test('keeps layers in a bucket of its own, which is encrypted', () => {
    expect(build.Cache.Type).toBe('S3');
    const [bucket, ...others] = all(tools, 'AWS::S3::Bucket').filter(([id]) => flat(build.Cache.Location).includes(`<${id}>`));
    expect(others).toEqual([]);
    expect(bucket[0]).not.toBe(only(tools, 'AWS::CodePipeline::Pipeline').ArtifactStore.Location.Ref);
    expect(bucket[1].BucketEncryption).toBeDefined();
  });

  test('the tests are small, unprivileged and stand before the approval', () => {
    const test = projectOf(tools, 'Test', 'Test');
    expect(test.Environment).toMatchObject({ ComputeType: 'BUILD_GENERAL1_SMALL', PrivilegedMode: false });
    const said = Object.values<any>(test.spec.phases).flatMap((phase) => phase.commands).join('\n');
    for (const command of ['npm ci', 'npm run test:unit', 'npm run test:integration']) expect(said).toContain(command);
    expect(projectOf(tools, 'Test', 'ImageScan').Environment.PrivilegedMode).toBe(false);
  });
});

describe('the build repository', () => {
  const repository = all(tools, 'AWS::ECR::Repository').find(([, { RepositoryName }]) => RepositoryName === 'repository-tea-images-dev')![1];

  test('scans on push, is encrypted and keeps 10 images', () => {
    expect(repository).toMatchObject({ ImageScanningConfiguration: { ScanOnPush: true }, EncryptionConfiguration: { EncryptionType: 'KMS', KmsKey: key } });
    expect(JSON.parse(repository.LifecyclePolicy.LifecyclePolicyText).rules).toEqual([
      expect.objectContaining({ selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 10 } }),
    ]);
  });

  test('admits exactly the target account, to pull', () => {
    expect(repository.RepositoryPolicyText.Statement).toEqual([{
      Effect: 'Allow',
      Action: ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'],
      Principal: { AWS: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::222222222222:root']] } },
    }]);
  });
});

test('the artifact bucket is versioned, private, encrypted with the key and expires everything after 30 days', () => {
  const bucket = tools.toJSON().Resources[only(tools, 'AWS::CodePipeline::Pipeline').ArtifactStore.Location.Ref].Properties;
  expect(bucket).toMatchObject({
    VersioningConfiguration: { Status: 'Enabled' },
    PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
    BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key } }] },
  });
  expect(bucket.LifecycleConfiguration.Rules).toEqual([expect.objectContaining({ ExpirationInDays: 30, Status: 'Enabled' })]);
});

test.each([['tools', tools], ['live', live]])('every bucket of %s is encrypted', (_, template) => {
  const buckets = all(template, 'AWS::S3::Bucket');
  expect(buckets.length).toBeGreaterThan(0);
  for (const [id, { BucketEncryption }] of buckets) expect([id, BucketEncryption]).toEqual([id, { ServerSideEncryptionConfiguration: expect.any(Array) }]);
});

test('the history table', () => {
  const table = only(tools, 'AWS::DynamoDB::Table');
  expect(table).toMatchObject({
    TableName: 'table-tea-deployments-dev',
    KeySchema: [{ AttributeName: 'deploymentId', KeyType: 'HASH' }, { AttributeName: 'timestamp', KeyType: 'RANGE' }],
    BillingMode: 'PAY_PER_REQUEST',
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  });
  expect(table.AttributeDefinitions).toEqual(expect.arrayContaining([{ AttributeName: 'deploymentId', AttributeType: 'S' }, { AttributeName: 'timestamp', AttributeType: 'N' }]));
});

describe('who is told', () => {
  const alarms = Object.fromEntries(all(tools, 'AWS::CloudWatch::Alarm').map(([, alarm]) => [alarm.MetricName, alarm]));

  test('about errors of the function', () => {
    const fn = all(tools, 'AWS::Lambda::Function').find(([, { Environment }]) => Environment?.Variables.STATE_TABLE)![0];
    expect(alarms.Errors).toMatchObject({
      AlarmName: 'alarm-tea-function-errors-dev', Namespace: 'AWS/Lambda', Statistic: 'Sum', ComparisonOperator: 'GreaterThanThreshold', Threshold: 5,
      Period: 300, EvaluationPeriods: 1, Dimensions: [{ Name: 'FunctionName', Value: { Ref: fn } }], AlarmActions: [topic],
    });
  });

  test('about failed executions', () => {
    expect(alarms.FailedPipelineExecutions).toMatchObject({
      AlarmName: 'alarm-tea-failed-executions-dev', ComparisonOperator: 'GreaterThanOrEqualToThreshold', Threshold: 1, EvaluationPeriods: 1, AlarmActions: [topic],
    });
  });

  test('is the operations team, through an encrypted topic that CloudWatch reaches', () => {
    expect(only(tools, 'AWS::SNS::Topic')).toMatchObject({ TopicName: 'topic-tea-operations-dev', KmsMasterKeyId: key });
    expect(all(tools, 'AWS::SNS::Subscription').map(([, { Protocol, Endpoint }]) => [Protocol, Endpoint])).toEqual([['email', 'operations@example.com']]);
    const admitted = (statements: any[]) => statements.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Principal }) => Principal.Service ?? []);
    expect(admitted(only(tools, 'AWS::SNS::TopicPolicy').PolicyDocument.Statement)).toContain('cloudwatch.amazonaws.com');
    expect(admitted(only(tools, 'AWS::KMS::Key').KeyPolicy.Statement)).toContain('cloudwatch.amazonaws.com');
  });
});

describe('the service in the target account', () => {
  test('rolls back by itself', () => {
    const { DeploymentConfiguration } = only(live, 'AWS::ECS::Service');
    expect(DeploymentConfiguration.DeploymentCircuitBreaker).toMatchObject({ Enable: true, Rollback: true });
    expect(DeploymentConfiguration.Alarms).toMatchObject({ Enable: true, Rollback: true });
  });

  test('is private, behind a load balancer', () => {
    expect(only(live, 'AWS::ECS::Service').NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp).toBe('DISABLED');
    expect(only(live, 'AWS::ElasticLoadBalancingV2::LoadBalancer').Scheme).toBe('internet-facing');
  });

  test('takes its images from a repository of its own account', () => {
    const image = only(live, 'AWS::ECS::TaskDefinition').ContainerDefinitions[0].Image;
    expect(JSON.stringify(image)).toContain(idOf(live, 'AWS::ECR::Repository'));
    expect(flat(image)).toMatch(/:released$/);
  });
});
