import { synthesize } from './synthesize';
import { actionOf, all, flat, idOf, only, projectOf, rightsOf, stagesOf } from '../../../test/support/template';
import { context } from '../cdk.json';

const { app, tools } = synthesize();
const key = { 'Fn::GetAtt': [idOf(tools, 'AWS::KMS::Key'), 'Arn'] };
const topic = { Ref: idOf(tools, 'AWS::SNS::Topic') };
const repository = all(tools, 'AWS::ECR::Repository').find(([, { RepositoryName }]) => RepositoryName === 'repository-tea-images-dev')!;

describe('the pipeline', () => {
  test('is of type V2 and has exactly these stages and actions', () => {
    expect(only(tools, 'AWS::CodePipeline::Pipeline')).toMatchObject({ PipelineType: 'V2', Name: 'pipeline-tea-dev' });
    expect(stagesOf(tools).map(({ Name, Actions }) => [Name, ...Actions.map((action: any) => action.Name)])).toEqual([
      ['Source', 'Source'], ['Build', 'Build', 'UnitTests'], ['Security-Scan', 'ImageScan'], ['Integration-Test', 'Integration'],
      ['Deploy-Staging', 'Release-Staging'], ['Manual-Approval', 'Approve'], ['Deploy-Production', 'Release-Production'],
    ]);
  });

  test('is started by a push to main over the connection', () => {
    expect(actionOf(tools, 'Source', 'Source').Configuration).toMatchObject({ ConnectionArn: context.connectionArn, FullRepositoryId: context.repository, BranchName: 'main' });
    expect(only(tools, 'AWS::CodePipeline::Pipeline').Triggers[0].GitConfiguration.Push).toEqual([{ Branches: { Includes: ['main'] } }]);
  });

  test('has a role of its own for each action', () => {
    const roles = stagesOf(tools).flatMap(({ Actions }) => Actions).map(({ RoleArn }: any) => flat(RoleArn));
    expect(new Set(roles).size).toBe(roles.length);
  });

  test('asks between staging and production, through the topic, with the address of staging', () => {
    expect(actionOf(tools, 'Manual-Approval', 'Approve')).toMatchObject({ ActionTypeId: { Provider: 'Manual' }, Configuration: { NotificationArn: topic } });
    expect(flat(actionOf(tools, 'Manual-Approval', 'Approve').Configuration.ExternalEntityLink)).toBe(`#{${actionOf(tools, 'Deploy-Staging', 'Release-Staging').Namespace}.ServiceUrl}`);
  });

  test('gives no artifact to anybody: bucket and key are open to its own account only', () => {
    const bucket = only(tools, 'AWS::CodePipeline::Pipeline').ArtifactStore.Location.Ref;
    expect(tools.toJSON().Resources[bucket].Properties).toMatchObject({
      VersioningConfiguration: { Status: 'Enabled' },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key } }] },
      LifecycleConfiguration: { Rules: [expect.objectContaining({ ExpirationInDays: 30, Status: 'Enabled' })] },
    });
    const [[, policy]] = all(tools, 'AWS::S3::BucketPolicy').filter(([, { Bucket }]) => Bucket.Ref === bucket);
    const statements = JSON.stringify([...policy.PolicyDocument.Statement, ...only(tools, 'AWS::KMS::Key').KeyPolicy.Statement]);
    expect(statements).not.toMatch(/222222222222|333333333333/);
    expect(only(tools, 'AWS::KMS::Alias').AliasName).toBe('alias/key-tea-dev');
  });
});

describe('the build', () => {
  const build = projectOf(tools, 'Build', 'Build');
  const unit = projectOf(tools, 'Build', 'UnitTests');

  test('makes the image, in the only privileged project', () => {
    expect(JSON.stringify(build.spec.phases)).toMatch(/docker (buildx )?build/);
    expect(all(tools, 'AWS::CodeBuild::Project').map(([, { Environment }]) => Environment.PrivilegedMode).sort()).toEqual([false, false, true]);
  });

  test('stands beside the unit tests', () => {
    expect(stagesOf(tools)[1].Actions.map(({ RunOrder }: any) => RunOrder)).toEqual([1, 1]);
    expect(unit.spec.phases.build.commands).toEqual(['npm run test:unit']);
  });

  test.each([['the build', build], ['the unit tests', unit]])('%s get the token of npm by reference, and may read that secret only', (_, { Environment, roleId }) => {
    const [variable] = Environment.EnvironmentVariables.filter(({ Name }: any) => Name === 'NPM_TOKEN');
    expect(variable.Type).toBe('SECRETS_MANAGER');
    expect(flat(variable.Value)).toBe('arn:<AWS::Partition>:secretsmanager:us-east-1:111111111111:secret:tea/npm-token');
    expect(rightsOf(tools, roleId).filter((right) => right.startsWith('secretsmanager:'))).toEqual([
      'secretsmanager:GetSecretValue on arn:<AWS::Partition>:secretsmanager:us-east-1:111111111111:secret:tea/npm-token-??????',
    ]);
  });

  test('every project has a log group of its own that ends', () => {
    const groups = all(tools, 'AWS::CodeBuild::Project').map(([, { LogsConfig }]) => LogsConfig.CloudWatchLogs.GroupName.Ref);
    expect(new Set(groups).size).toBe(3);
    for (const group of groups) expect(tools.toJSON().Resources[group].Properties).toMatchObject({ RetentionInDays: 30, KmsKeyId: key });
  });

  test('the repository admits exactly the two accounts, to pull', () => {
    const root = (account: string) => ({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:iam::${account}:root`]] });
    expect(repository[1]).toMatchObject({ ImageScanningConfiguration: { ScanOnPush: true }, EncryptionConfiguration: { EncryptionType: 'KMS', KmsKey: key } });
    expect(repository[1].RepositoryPolicyText.Statement).toEqual([{
      Sid: 'PlacesPull', Effect: 'Allow',
      Action: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      Principal: { AWS: ['222222222222', '333333333333'].map(root) },
    }]);
  });
});

test('the scan is Trivy, which fails on HIGH and CRITICAL', () => {
  const { Environment, spec } = projectOf(tools, 'Security-Scan', 'ImageScan');
  expect(Environment).toMatchObject({ Image: expect.stringContaining('public.ecr.aws/aquasecurity/trivy'), PrivilegedMode: false });
  expect(JSON.stringify(spec.phases)).toMatch(/--severity HIGH,CRITICAL.*--exit-code 1|--exit-code 1.*--severity HIGH,CRITICAL/);
});

describe('the integration test', () => {
  const action = actionOf(tools, 'Integration-Test', 'Integration');
  const fn = tools.toJSON().Resources[action.Configuration.FunctionName.Ref].Properties;
  const rights = rightsOf(tools, fn.Role['Fn::GetAtt'][0]);
  const { Family } = only(tools, 'AWS::ECS::TaskDefinition');

  test('runs the image that was built, in the given cluster, subnets and security group, without a public address', () => {
    expect(JSON.parse(flat(action.Configuration.UserParameters))).toMatchObject({ digest: '#{Build.IMAGE_DIGEST}' });
    const { clusterArn, subnetIds: subnets, securityGroupId } = context.testTask;
    const settings = flat(fn.Environment.Variables.SETTINGS);
    for (const told of [{ command: ['node', 'lib/self-test.ts'] }, { clusterArn }, { family: Family }, { subnets }, { securityGroups: [securityGroupId] }, { assignPublicIp: false }]) {
      expect(settings).toContain(JSON.stringify(told).slice(1, -1));
    }
    expect(flat(only(tools, 'AWS::ECS::TaskDefinition').ContainerDefinitions[0].Image)).toContain(repository[0]);
  });

  test('may run that task definition in that cluster and nothing else', () => {
    expect(rights.filter((right) => right.startsWith('ecs:RunTask'))).toEqual([
      `ecs:RunTask on arn:<AWS::Partition>:ecs:us-east-1:111111111111:task-definition/${Family}:* if {"ArnEquals":{"ecs:cluster":"${context.testTask.clusterArn}"}}`,
    ]);
    expect(rights.filter((right) => right.startsWith('ecs:StopTask'))).toEqual([expect.stringMatching(/^ecs:StopTask on arn:.*:task\/tests\/\* if .*aws:ResourceTag/)]);
    expect(rights.filter((right) => right.startsWith('iam:PassRole'))).toHaveLength(2);
    expect(rights.filter((right) => right.startsWith('iam:PassRole') && !/on <\w+\.Arn> if .*ecs-tasks\.amazonaws\.com/.test(right))).toEqual([]);
    expect(all(tools, 'AWS::IAM::ManagedPolicy').filter(([, { PolicyDocument }]) => JSON.stringify(PolicyDocument).includes('ecs:RunTask'))).toHaveLength(1);
  });

  test('is stopped in every case: also when the execution is stopped, and after its time', () => {
    const rules = all(tools, 'AWS::Events::Rule').filter(([, { Targets }]) => JSON.stringify(Targets).includes(action.Configuration.FunctionName.Ref)).map(([, rule]) => rule);
    expect(rules.map(({ ScheduleExpression, EventPattern }) => ScheduleExpression ?? EventPattern.detail.state)).toEqual(['rate(5 minutes)', ['STOPPED', 'CANCELED']]);
    expect(fn.Environment.Variables.RELEASE_TIMEOUT_MINUTES).toBe('10');
  });
});

describe('who is told', () => {
  test('two addresses, by an encrypted topic', () => {
    expect(only(tools, 'AWS::SNS::Topic')).toMatchObject({ TopicName: 'topic-tea-operations-dev', KmsMasterKeyId: key });
    expect(all(tools, 'AWS::SNS::Subscription').map(([, { Protocol, Endpoint }]) => [Protocol, Endpoint])).toEqual([['email', 'operations@example.com'], ['email', 'platform@example.com']]);
  });

  test('by alarms of failed executions and of the function', () => {
    const alarms = all(tools, 'AWS::CloudWatch::Alarm').map(([, { AlarmName, MetricName, AlarmActions }]) => [AlarmName, MetricName, AlarmActions]);
    expect(alarms).toEqual(expect.arrayContaining([
      ['alarm-tea-failed-executions-dev', 'FailedPipelineExecutions', [topic]], ['alarm-tea-function-errors-dev', 'Errors', [topic]],
    ]));
  });

  test('on a dashboard with executions and releases of both places', () => {
    const { DashboardName, DashboardBody } = only(tools, 'AWS::CloudWatch::Dashboard');
    expect(DashboardName).toBe('dashboard-tea-dev');
    for (const word of ['FailedPipelineExecutions', 'Staging', 'Production']) expect(flat(DashboardBody)).toContain(word);
  });
});

test('nothing is exported', () => {
  for (const { template } of app.synth().stacks) {
    expect(JSON.stringify(template)).not.toContain('ImportValue');
    expect(Object.values<any>(template.Outputs).filter(({ Export }) => Export)).toEqual([]);
  }
});
