import { synthesize } from './synthesize';
import { actionOf, all, flat, idOf, only, projectOf, rightsOf, stagesOf } from '../../../test/support/template';
import { context } from '../cdk.json';

const { template } = synthesize();
const key = { 'Fn::GetAtt': [idOf(template, 'AWS::KMS::Key'), 'Arn'] };

describe('the pipeline', () => {
  test('is of type V2 and has exactly these stages', () => {
    expect(only(template, 'AWS::CodePipeline::Pipeline')).toMatchObject({ PipelineType: 'V2', Name: 'release-pipeline-dev' });
    expect(stagesOf(template).map(({ Name }) => Name)).toEqual(['Source', 'Build', 'Deploy']);
  });

  test('is started by a push to main over the connection', () => {
    expect(actionOf(template, 'Source', 'Source')).toMatchObject({
      ActionTypeId: { Provider: 'CodeStarSourceConnection' },
      Configuration: { ConnectionArn: context.connectionArn, FullRepositoryId: context.repository, BranchName: 'main' },
    });
    expect(only(template, 'AWS::CodePipeline::Pipeline').Triggers[0].GitConfiguration.Push).toEqual([{ Branches: { Includes: ['main'] } }]);
  });

  test('has a role of its own for each action', () => {
    const actions = stagesOf(template).flatMap(({ Actions }) => Actions);
    expect(new Set(actions.map(({ RoleArn }: any) => flat(RoleArn))).size).toBe(actions.length);
  });
});

describe('with a token', () => {
  const arn = 'arn:aws:secretsmanager:us-east-1:111111111111:secret:github-AbCdEf';
  const tokened = synthesize({ githubTokenSecretArn: arn }).template;

  test('the same repository is fetched by token, and a webhook starts the pipeline', () => {
    expect(actionOf(tokened, 'Source', 'Source')).toMatchObject({
      ActionTypeId: { Owner: 'ThirdParty', Provider: 'GitHub' },
      Configuration: { Owner: 'example-org', Repo: 'tea-catalogue', Branch: 'main', PollForSourceChanges: false },
    });
    expect(only(tokened, 'AWS::CodePipeline::Webhook')).toMatchObject({ Authentication: 'GITHUB_HMAC', TargetAction: 'Source' });
  });

  test('the token stands in no template', () => {
    expect(flat(actionOf(tokened, 'Source', 'Source').Configuration.OAuthToken)).toContain(`{{resolve:secretsmanager:${arn}:SecretString`);
    tokened.resourceCountIs('AWS::CodeStarConnections::Connection', 0);
  });
});

describe('the build', () => {
  const project = projectOf(template, 'Build', 'Build');
  const phase = (name: string): string => project.spec.phases[name].commands.join('\n');

  test('has a SMALL machine, privileged, of standard:5.0 or newer, for 15 minutes', () => {
    expect(project).toMatchObject({ TimeoutInMinutes: 15, Environment: { ComputeType: 'BUILD_GENERAL1_SMALL', PrivilegedMode: true } });
    expect(Number(/standard:(\d+)/.exec(project.Environment.Image)![1])).toBeGreaterThanOrEqual(5);
  });

  test('logs in and finds the tag, builds, pushes and writes imagedefinitions.json', () => {
    expect(phase('pre_build')).toMatch(/aws ecr get-login-password .*\| docker login --username AWS --password-stdin/);
    expect(phase('pre_build')).toContain('IMAGE_TAG');
    expect(phase('build')).toMatch(/docker (buildx )?build/);
    expect(phase('post_build')).toMatch(/CODEBUILD_BUILD_SUCCEEDING[^]*docker push[^]*imagedefinitions\.json/);
  });

  test('stands beside the unit tests: both pass before the release', () => {
    expect(stagesOf(template)[1].Actions.map(({ Name, RunOrder }: any) => [Name, RunOrder])).toEqual([['Build', 1], ['UnitTests', 1]]);
    expect(projectOf(template, 'Build', 'UnitTests').spec.phases.build.commands).toEqual(['npm run test:unit']);
  });

  test('all build logs are kept for 7 days and encrypted with the key', () => {
    const groups = all(template, 'AWS::CodeBuild::Project').map(([, { LogsConfig }]) => LogsConfig.CloudWatchLogs.GroupName.Ref);
    expect(groups).toHaveLength(3);
    for (const group of groups) expect(template.toJSON().Resources[group].Properties).toMatchObject({ RetentionInDays: 7, KmsKeyId: key });
  });

  test('pushes to a repository that scans on push and keeps 10 images', () => {
    const [[, repository]] = all(template, 'AWS::ECR::Repository').filter(([, { RepositoryName }]) => RepositoryName === 'tea-images-dev');
    expect(repository.ImageScanningConfiguration).toEqual({ ScanOnPush: true });
    expect(JSON.parse(repository.LifecyclePolicy.LifecyclePolicyText).rules).toEqual([
      expect.objectContaining({ selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 10 } }),
    ]);
  });

  test('the artifact bucket is versioned, private, encrypted with the key and expires everything after 30 days', () => {
    const bucket = template.toJSON().Resources[only(template, 'AWS::CodePipeline::Pipeline').ArtifactStore.Location.Ref].Properties;
    expect(bucket).toMatchObject({
      VersioningConfiguration: { Status: 'Enabled' },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key } }] },
    });
    expect(bucket.LifecycleConfiguration.Rules).toEqual([expect.objectContaining({ ExpirationInDays: 30, Status: 'Enabled' })]);
  });
});

describe('the release', () => {
  const actions = stagesOf(template).find(({ Name }) => Name === 'Deploy').Actions;

  test("is CodePipeline's own ECS provider, then the validation by the release function", () => {
    expect(actions.map(({ Name, RunOrder, ActionTypeId }: any) => [Name, RunOrder, ActionTypeId.Provider])).toEqual([
      ['ImageScan', 1, 'CodeBuild'], ['Prepare-Tea', 2, 'Lambda'], ['Deploy-Tea', 3, 'ECS'], ['Verify-Tea', 4, 'Lambda'],
    ]);
    expect(JSON.parse(flat(actions[3].Configuration.UserParameters))).toMatchObject({ task: 'verify', digest: '#{Build.IMAGE_DIGEST}' });
  });

  test('begins when the image has no HIGH or CRITICAL finding', () => {
    const { Environment, spec } = projectOf(template, 'Deploy', 'ImageScan');
    expect(Environment).toMatchObject({ ComputeType: 'BUILD_GENERAL1_SMALL', PrivilegedMode: false });
    expect(spec.phases.build.commands.join('\n')).toMatch(/trivy image[^]*--exit-code 1[^]*--severity HIGH,CRITICAL|trivy image[^]*--severity HIGH,CRITICAL[^]*--exit-code 1/);
  });

  test('updates the service of the cluster that has exactly its name', () => {
    expect(only(template, 'AWS::ECS::Cluster').ClusterName).toBe('production-cluster');
    expect(actions[2].Configuration).toMatchObject({ ClusterName: { Ref: idOf(template, 'AWS::ECS::Cluster') } });
    expect(only(template, 'AWS::ECS::Service').DeploymentController).toEqual({ Type: 'ECS' });
    expect(only(synthesize({ ecsClusterName: 'shared' }).template, 'AWS::ECS::Cluster').ClusterName).toBe('shared');
  });
});

describe('the validation function', () => {
  const [[, fn]] = all(template, 'AWS::Lambda::Function').filter(([, { Environment }]) => Environment?.Variables.STATE_TABLE);
  const rights = rightsOf(template, fn.Role['Fn::GetAtt'][0]);
  const table = idOf(template, 'AWS::DynamoDB::Table');
  const topic = { Ref: idOf(template, 'AWS::SNS::Topic') };

  test('runs on Node.js and knows table, repository, topic and environment', () => {
    expect(fn.Runtime).toMatch(/^nodejs/);
    expect(fn.Environment.Variables).toMatchObject({
      STATE_TABLE: { Ref: table },
      ECR_REPOSITORY: { 'Fn::GetAtt': [idOf(template, 'AWS::ECR::Repository', { RepositoryName: 'tea-images-dev' }), 'Arn'] },
      SNS_TOPIC_ARN: topic,
      ENVIRONMENT_SUFFIX: 'dev',
    });
  });

  test('may write records, look at images, tell the topic and write its log', () => {
    const repository = idOf(template, 'AWS::ECR::Repository', { RepositoryName: 'tea-images-dev' });
    expect(rights).toEqual(expect.arrayContaining([
      `dynamodb:PutItem on <${table}.Arn>`, `ecr:DescribeImages on <${repository}.Arn>`, `sns:Publish on ${flat(topic)}`,
    ]));
    expect(rights.filter((right) => right.startsWith('logs:'))).not.toEqual([]);
    // AWS knows no resources of these.
    expect(rights.filter((right) => / on \*/.test(right)).map((right) => right.split(' on ')[0]).sort()).toEqual([
      'codepipeline:PutJobFailureResult', 'codepipeline:PutJobSuccessResult', 'xray:PutTelemetryRecords', 'xray:PutTraceSegments',
    ]);
  });
});
