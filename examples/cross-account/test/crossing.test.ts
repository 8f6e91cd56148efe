import { synthesize } from './synthesize';
import { all, flat, idOf, only, rightsOf, stagesOf } from '../../../test/support/template';

const { app, live, tools } = synthesize();
const releaseRole = all(live, 'AWS::IAM::Role').find(([, { RoleName }]) => /^release-/.test(RoleName ?? ''))!;
const roleArn = `arn:<AWS::Partition>:iam::222222222222:role/${releaseRole[1].RoleName}`;
const [fnId, fn] = all(tools, 'AWS::Lambda::Function').find(([, { Environment }]) => Environment?.Variables.STATE_TABLE)!;
const functionRole = fn.Role['Fn::GetAtt'][0];

describe('the release role in the target account', () => {
  test('trusts release functions of the tools account, never a service or everybody', () => {
    expect(releaseRole[1].AssumeRolePolicyDocument.Statement).toEqual([{
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Principal: { AWS: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::111111111111:root']] } },
      Condition: { ArnLike: { 'aws:PrincipalArn': { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::111111111111:role/release-function-*']] } } },
    }]);
    const { RoleName } = tools.toJSON().Resources[functionRole].Properties;
    expect(RoleName).toMatch(/^release-function-/);
  });

  test('wants to hear the external id when there is one, which the pipeline tells', () => {
    const told = synthesize({ externalId: 'tea-live' });
    const [, { AssumeRolePolicyDocument }] = all(told.live, 'AWS::IAM::Role').find(([, { RoleName }]) => /^release-/.test(RoleName ?? ''))!;
    expect(AssumeRolePolicyDocument.Statement[0].Condition.StringEquals).toEqual({ 'sts:ExternalId': 'tea-live' });
    expect(flat(stagesOf(told.tools).at(-1).Actions[0].Configuration.UserParameters)).toContain('"externalId":"tea-live"');
  });

  test('holds only the rights for this release, on resources of its own account', () => {
    const rights = rightsOf(live, releaseRole[0]);
    const services = [...new Set(rights.map((right) => right.split(':')[0]))].sort();
    expect(services).toEqual(['cloudformation', 'cloudwatch', 'ecr', 'ecs', 'elasticloadbalancing', 'iam', 'logs', 'ssm']);
    expect(rights.filter((right) => / on \*/.test(right)).map((right) => right.split(' ')[0])).toEqual(['elasticloadbalancing:DescribeTargetHealth', 'ecs:DescribeTaskDefinition']);
    expect(rights).toContain(`ecs:UpdateService on <${idOf(live, 'AWS::ECS::Service')}>`);
    expect(rights.join('\n')).not.toContain('111111111111');
    expect(rights.filter((right) => right.startsWith('ecr:')).every((right) => right.endsWith(`<${idOf(live, 'AWS::ECR::Repository')}.Arn>`))).toBe(true);
  });
});

describe('the release function in the tools account', () => {
  const rights = rightsOf(tools, functionRole);

  test('is as large as it should be', () => {
    expect(fn.Runtime).toMatch(/^nodejs/);
    expect(fn).toMatchObject({ MemorySize: 1024, Timeout: 30, ReservedConcurrentExecutions: 50 });
    expect(fn.Environment.Variables).toMatchObject({ STATE_TABLE: { Ref: idOf(tools, 'AWS::DynamoDB::Table') }, ENVIRONMENT_SUFFIX: 'dev' });
    const [, places] = all(tools, 'AWS::SSM::Parameter').find(([id]) => id === fn.Environment.Variables.PLACES.Ref)!;
    expect(JSON.parse(flat(places.Value))).toEqual({ Tea: [roleArn, expect.stringMatching(/^\/cdk-fargate-cicd\/place-/), 'us-east-1'] });
  });

  test('small accounts may lower its concurrency', () => {
    expect(all(synthesize({ reservedConcurrency: '5' }).tools, 'AWS::Lambda::Function').map(([, { ReservedConcurrentExecutions }]) => ReservedConcurrentExecutions)).toContain(5);
  });

  test('may assume exactly the release role', () => {
    expect(rights.filter((right) => right.startsWith('sts:'))).toEqual([`sts:AssumeRole on ${roleArn}`]);
  });

  test('may write records, read the build repository, tell the topic, and no more', () => {
    const [table, repository] = ['AWS::DynamoDB::Table', 'AWS::ECR::Repository'].map((type) =>
      idOf(tools, type, type === 'AWS::ECR::Repository' ? { RepositoryName: 'repository-tea-images-dev' } : {}));
    expect(rights).toEqual(expect.arrayContaining([`dynamodb:PutItem on <${table}.Arn>`, `ecr:DescribeImages on <${repository}.Arn>`]));
    expect([...new Set(rights.map((right) => right.split(' ')[0]))].sort()).toEqual([
      'codepipeline:PutJobFailureResult', 'codepipeline:PutJobSuccessResult',
      'dynamodb:PutItem', 'dynamodb:UpdateItem',
      'ecr:BatchGetImage', 'ecr:DescribeImageScanFindings', 'ecr:DescribeImages', 'ecr:GetDownloadUrlForLayer',
      'kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo',
      'logs:CreateLogStream', 'logs:PutLogEvents', 'sns:Publish', 'sqs:SendMessage', 'ssm:GetParameter', 'sts:AssumeRole', 'xray:PutTelemetryRecords', 'xray:PutTraceSegments',
    ]);
    expect(rights.filter((right) => right.startsWith('ecr:')).every((right) => right.endsWith(`<${repository}.Arn>`))).toBe(true);
  });

  test('is what the deploy action invokes, with nothing but names and a digest', () => {
    const [{ Configuration, InputArtifacts, OutputArtifacts }, ...others] = stagesOf(tools).at(-1).Actions;
    expect(others).toEqual([]);
    expect([InputArtifacts, OutputArtifacts]).toEqual([undefined, undefined]);
    expect(Configuration.FunctionName).toEqual({ Ref: fnId });
    expect(JSON.parse(flat(Configuration.UserParameters))).toEqual({
      task: 'release', place: 'Tea', roleArn, parameterName: expect.any(String), region: 'us-east-1',
      digest: '#{Build.IMAGE_DIGEST}', commit: '#{Source.CommitId}', commitTime: expect.any(String), executionId: '#{codepipeline.PipelineExecutionId}',
    });
  });
});

describe('between the stacks', () => {
  const [pipeline, place] = ['cross-account-pipeline-dev', 'cross-account-live-dev'].map((name) => app.synth().getStackByName(name));

  test('is only the order: the place first', () => {
    expect(pipeline.dependencies.map(({ id }) => id)).toContain('cross-account-live-dev');
    expect(place.dependencies.map(({ id }) => id)).not.toContain('cross-account-pipeline-dev');
  });

  test('is no export, and the place never mentions the pipeline', () => {
    for (const { template } of [pipeline, place]) {
      expect(JSON.stringify(template)).not.toContain('ImportValue');
      expect(Object.values<any>(template.Outputs).filter(({ Export }) => Export)).toEqual([]);
    }
    expect(JSON.stringify(place.template)).not.toMatch(/pipeline-tea|cross-account-pipeline/);
  });

  test('is no artifact: bucket and key are open to the account of the pipeline only', () => {
    const bucket = only(tools, 'AWS::CodePipeline::Pipeline').ArtifactStore.Location.Ref;
    const policies = all(tools, 'AWS::S3::BucketPolicy').filter(([, { Bucket }]) => Bucket.Ref === bucket);
    expect(policies).toHaveLength(1);
    const statements = [...policies[0][1].PolicyDocument.Statement, ...only(tools, 'AWS::KMS::Key').KeyPolicy.Statement];
    expect(JSON.stringify(statements)).not.toContain('222222222222');
    expect(statements.filter(({ Effect, Principal }) => Effect === 'Allow' && (Principal === '*' || Principal.AWS === '*'))).toEqual([]);
  });
});
