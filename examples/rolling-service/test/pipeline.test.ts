import { synthesize } from './synthesize';
import { actionOf, all, flat, idOf, only, projectOf, rightsOf, stagesOf } from '../../../test/support/template';
import * as app from '../app/package.json';
import { context } from '../cdk.json';

const { template } = synthesize();
const actions = stagesOf(template).flatMap((stage) => stage.Actions);
const commandsOf = (stage: string, action: string): string[] => Object.values<any>(projectOf(template, stage, action).spec.phases)
  .flatMap(({ commands }) => commands);

describe('the pipeline', () => {
  test('is of type V2 and has its name', () => {
    template.hasResourceProperties('AWS::CodePipeline::Pipeline', { PipelineType: 'V2', Name: 'ecs-fargate-cicd-pipeline-dev' });
  });

  test('has exactly these stages', () => {
    expect(stagesOf(template).map(({ Name }) => Name)).toEqual(['Source', 'Build', 'Test', 'Security-Scan', 'Manual-Approval', 'Deploy']);
  });

  test('is started by a push to main over the connection', () => {
    const { connectionArn, repository } = context;
    expect(actionOf(template, 'Source', 'Source')).toMatchObject({
      ActionTypeId: { Provider: 'CodeStarSourceConnection' },
      Configuration: { ConnectionArn: connectionArn, FullRepositoryId: repository, BranchName: 'main' },
    });
    expect(only(template, 'AWS::CodePipeline::Pipeline').Triggers).toEqual([{
      ProviderType: 'CodeStarSourceConnection',
      GitConfiguration: { SourceActionName: 'Source', Push: [{ Branches: { Includes: ['main'] } }] },
    }]);
  });

  test('connects its actions by artifacts or variables', () => {
    const outputs = actions.flatMap(({ OutputArtifacts = [] }) => OutputArtifacts.map(({ Name }: any) => Name));
    const inputs = actions.flatMap(({ InputArtifacts = [] }) => InputArtifacts.map(({ Name }: any) => Name));
    expect(outputs).toEqual(expect.arrayContaining(inputs));
    // The image that was built is scanned and released.
    expect(flat(actionOf(template, 'Security-Scan', 'ImageScan').Configuration.EnvironmentVariables)).toContain('#{Build.IMAGE_DIGEST}');
    expect(flat(actionOf(template, 'Deploy', 'Prepare-TapService').Configuration.UserParameters)).toContain('#{Build.IMAGE_DIGEST}');
    expect(actionOf(template, 'Deploy', 'Deploy-TapService').InputArtifacts).toEqual(actionOf(template, 'Deploy', 'Prepare-TapService').OutputArtifacts);
  });

  test('has a role of its own for each action', () => {
    const roles = actions.map(({ RoleArn }) => flat(RoleArn));
    expect(new Set(roles).size).toBe(actions.length);
  });

  test('has a role of its own for each project, which starts and reads only that project', () => {
    const roles = all(template, 'AWS::CodeBuild::Project').map(([, { ServiceRole }]) => flat(ServiceRole));
    expect(new Set(roles).size).toBe(5);
    for (const [stage, action] of [['Build', 'Build'], ['Test', 'Test'], ['Security-Scan', 'NpmAudit'], ['Security-Scan', 'ImageScan'], ['Security-Scan', 'Eslint']]) {
      const { RoleArn, Configuration } = actionOf(template, stage, action);
      const project = `<${Configuration.ProjectName.Ref}.Arn>`;
      expect(rightsOf(template, RoleArn['Fn::GetAtt'][0]).sort()).toEqual([`codebuild:BatchGetBuilds on ${project}`, `codebuild:StartBuild on ${project}`]);
    }
  });

  test('its side reads and writes artifacts', () => {
    const bucket = idOf(template, 'AWS::S3::Bucket', { LifecycleConfiguration: { Rules: [{ ExpirationInDays: 30, NoncurrentVersionExpiration: { NoncurrentDays: 30 } }] } });
    const rights = rightsOf(template, idOf(template, 'AWS::IAM::Role', { Description: 'Runs the pipeline rolling-service-dev/TapService/Delivery' }));
    expect(rights).toEqual(expect.arrayContaining([`s3:GetObject on <${bucket}.Arn>/*`, `s3:PutObject on <${bucket}.Arn>/*`]));
  });
});

describe('the build', () => {
  const project = projectOf(template, 'Build', 'Build');
  const script = commandsOf('Build', 'Build').join('\n');

  test('has a MEDIUM machine, privileged, of standard:5.0 or newer', () => {
    expect(project.Environment).toMatchObject({ ComputeType: 'BUILD_GENERAL1_MEDIUM', PrivilegedMode: true });
    expect(Number(/standard:(\d+)/.exec(project.Environment.Image)![1])).toBeGreaterThanOrEqual(5);
  });

  test('is the only privileged project', () => {
    const privileged = all(template, 'AWS::CodeBuild::Project').filter(([, { Environment }]) => Environment.PrivilegedMode);
    expect(privileged.map(([, { Name }]) => Name)).toEqual([project.Name]);
  });

  test('logs in, builds with a tag, pushes afterwards and writes imagedefinitions.json by digest for the container app', () => {
    expect(script).toMatch(/aws ecr get-login-password .*\| docker login --username AWS --password-stdin/);
    expect(script).toMatch(/docker (buildx )?build .*--tag "\$REPOSITORY_URI:\$IMAGE_TAG"/);
    expect(Object.keys(project.spec.phases)).toEqual(['pre_build', 'build', 'post_build']);
    expect(project.spec.phases.build.commands.join()).not.toContain('docker push');
    expect(project.spec.phases.post_build.commands.join()).toMatch(/CODEBUILD_BUILD_SUCCEEDING[^]*docker push[^]*IMAGE_URI="\$REPOSITORY_URI@\$IMAGE_DIGEST"[^]*imagedefinitions\.json/);
    expect(project.spec.artifacts.files).toContain('imagedefinitions.json');
    expect(project.Environment.EnvironmentVariables).toContainEqual({ Name: 'CONTAINER_NAME', Type: 'PLAINTEXT', Value: 'app' });
  });

  test('caches in a bucket of its own that is encrypted and not versioned, and says what is cached', () => {
    const [bucketId] = /(?<=<)\w+/.exec(flat(project.Cache.Location))!;
    const bucket = template.toJSON().Resources[bucketId].Properties;
    expect(project.Cache.Type).toBe('S3');
    expect(bucketId).not.toBe(only(template, 'AWS::CodePipeline::Pipeline').ArtifactStore.Location.Ref);
    expect(bucket.BucketEncryption.ServerSideEncryptionConfiguration[0].ServerSideEncryptionByDefault.SSEAlgorithm).toBe('aws:kms');
    expect(bucket.VersioningConfiguration).toBeUndefined();
    expect(project.spec.cache.paths).toEqual(['/root/.image-cache/**/*']);
    expect(script).toContain('--cache-from "type=local,src=$CACHE_DIRECTORY"');
    expect(script).toContain('--cache-to "type=local');
  });

  test('may push to the repository, write its log, read the source and write the artifact', () => {
    const rights = rightsOf(template, project.roleId);
    const repository = `<${idOf(template, 'AWS::ECR::Repository', { RepositoryName: 'container-images-dev' })}.Arn>`;
    const artifacts = `<${only(template, 'AWS::CodePipeline::Pipeline').ArtifactStore.Location.Ref}.Arn>/*`;
    const logGroup = `<${project.LogsConfig.CloudWatchLogs.GroupName.Ref}.Arn>`;
    const push = ['BatchCheckLayerAvailability', 'GetDownloadUrlForLayer', 'InitiateLayerUpload', 'UploadLayerPart', 'CompleteLayerUpload', 'PutImage'];
    expect(rights).toEqual(expect.arrayContaining([
      'ecr:GetAuthorizationToken on *',
      ...push.map((action) => `ecr:${action} on ${repository}`),
      `s3:GetObject on ${artifacts}`, `s3:PutObject on ${artifacts}`,
      `logs:CreateLogStream on ${logGroup}`, `logs:PutLogEvents on ${logGroup}`,
    ]));
  });

  test('pushes to a repository that scans on push, is encrypted and keeps 10 images', () => {
    const [[, repository]] = all(template, 'AWS::ECR::Repository').filter(([, { RepositoryName }]) => RepositoryName === 'container-images-dev');
    expect(repository).toMatchObject({ ImageScanningConfiguration: { ScanOnPush: true }, EncryptionConfiguration: { EncryptionType: 'KMS' }, EmptyOnDelete: true });
    expect(JSON.parse(repository.LifecyclePolicy.LifecyclePolicyText).rules).toEqual([
      expect.objectContaining({ selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 10 }, action: { type: 'expire' } }),
    ]);
  });
});

describe('the tests', () => {
  const project = projectOf(template, 'Test', 'Test');

  test('run on a SMALL machine with a local cache and Node.js 18 or newer', () => {
    expect(project.Environment).toMatchObject({ ComputeType: 'BUILD_GENERAL1_SMALL', PrivilegedMode: false });
    expect(project.Cache).toEqual({ Type: 'LOCAL', Modes: ['LOCAL_CUSTOM_CACHE'] });
    expect(project.spec.cache.paths).toEqual(['/root/.npm']);
    expect(Number(project.spec.phases.install['runtime-versions'].nodejs)).toBeGreaterThanOrEqual(18);
  });

  test('install, test and lint in this order', () => {
    expect(commandsOf('Test', 'Test')).toEqual(['npm ci', 'npm run test:unit', 'npm run test:integration', 'npm run lint']);
  });

  test('leave two reports', () => {
    expect(project.spec.reports).toEqual({
      'test-results': { 'files': ['test-results/**/*.xml'], 'file-format': 'JUNITXML' },
      'coverage-results': { 'files': ['coverage/**/*.xml'], 'file-format': 'COBERTURAXML' },
    });
  });

  test('run scripts that the app has', () => {
    expect(Object.keys(app.scripts)).toEqual(expect.arrayContaining(['test:unit', 'test:integration', 'lint']));
  });
});

describe('the security scan', () => {
  test.each(['NpmAudit', 'ImageScan', 'Eslint'])('runs %s on a SMALL machine without privileges', (action) => {
    expect(projectOf(template, 'Security-Scan', action).Environment).toMatchObject({ ComputeType: 'BUILD_GENERAL1_SMALL', PrivilegedMode: false });
  });

  test('audits dependencies', () => {
    expect(commandsOf('Security-Scan', 'NpmAudit')).toEqual(['npm ci', 'npm audit --audit-level=high']);
  });

  test('lints the TypeScript sources', () => {
    expect(commandsOf('Security-Scan', 'Eslint')).toEqual(['npm ci', "npx eslint 'lib/**/*.ts'"]);
  });

  test('scans the image and fails on high and critical findings, with image and database from a mirror without limits', () => {
    const [scan] = commandsOf('Security-Scan', 'ImageScan').filter((command) => command.startsWith('trivy image'));
    expect(scan).toContain('--severity HIGH,CRITICAL');
    expect(scan).toContain('--exit-code 1');
    expect(scan).toContain('--db-repository public.ecr.aws/');
    expect(scan).toContain('"$IMAGE_URI"');
    expect(projectOf(template, 'Security-Scan', 'ImageScan').Environment.Image).toMatch(/^public\.ecr\.aws\/aquasecurity\/trivy[:@]/);
  });
});

describe('the approval', () => {
  test('is announced through the topic and waits one day', () => {
    expect(actionOf(template, 'Manual-Approval', 'Approve')).toMatchObject({
      ActionTypeId: { Category: 'Approval', Provider: 'Manual' },
      Configuration: {
        NotificationArn: { Ref: idOf(template, 'AWS::SNS::Topic') },
        CustomData: 'Review and approve deployment to production ECS cluster',
      },
      TimeoutInMinutes: 1440,
    });
  });
});

describe('the release', () => {
  const deploy = actionOf(template, 'Deploy', 'Deploy-TapService');

  test("is CodePipeline's own ECS provider, between preparation and proof by the release function", () => {
    const [prepare, own, verify] = stagesOf(template).find(({ Name }) => Name === 'Deploy').Actions;
    expect([prepare, own, verify].map(({ Name, RunOrder, ActionTypeId }) => [Name, RunOrder, ActionTypeId.Provider])).toEqual([
      ['Prepare-TapService', 1, 'Lambda'], ['Deploy-TapService', 2, 'ECS'], ['Verify-TapService', 3, 'Lambda'],
    ]);
  });

  test('updates the service of the cluster', () => {
    expect(deploy.Configuration).toEqual({
      ClusterName: { Ref: idOf(template, 'AWS::ECS::Cluster') },
      ServiceName: { 'Fn::GetAtt': [idOf(template, 'AWS::ECS::Service'), 'Name'] },
      FileName: 'imagedefinitions.json',
    });
  });

  test('may do this and no more', () => {
    const rights = rightsOf(template, deploy.RoleArn['Fn::GetAtt'][0]);
    const actionsOn = (action: string) => rights.filter((right) => right.startsWith(`${action} on `));
    const { TaskRoleArn, ExecutionRoleArn } = only(template, 'AWS::ECS::TaskDefinition');
    const service = idOf(template, 'AWS::ECS::Service');
    expect(actionsOn('ecs:DescribeServices')).toHaveLength(1);
    expect(actionsOn('ecs:DescribeServices')[0]).toContain(service);
    expect(actionsOn('ecs:UpdateService')).toHaveLength(1);
    expect(actionsOn('ecs:UpdateService')[0]).toContain(service);
    expect(actionsOn('ecs:DescribeTaskDefinition')).toEqual(['ecs:DescribeTaskDefinition on *']);
    expect(actionsOn('ecs:RegisterTaskDefinition')[0]).toMatch(/:task-definition\/tap-service-dev:\*$/);
    expect(actionsOn('s3:GetObject')).toHaveLength(1);
    expect(actionsOn('iam:PassRole').map((right) => right.split(' if ')[0]).sort()).toEqual(
      [TaskRoleArn, ExecutionRoleArn].map((arn) => `iam:PassRole on ${flat(arn)}`).sort());
    expect(actionsOn('iam:PassRole').every((right) => right.includes('"iam:PassedToService"'))).toBe(true);
  });
});

test('all build logs are kept for 7 days', () => {
  const groups = all(template, 'AWS::CodeBuild::Project').map(([, { LogsConfig }]) => LogsConfig.CloudWatchLogs.GroupName.Ref);
  expect(groups).toHaveLength(5);
  for (const group of groups) expect(template.toJSON().Resources[group].Properties.RetentionInDays).toBe(7);
});

test('the artifact bucket is versioned, encrypted, private, refuses plain HTTP and expires everything after 30 days', () => {
  const id = only(template, 'AWS::CodePipeline::Pipeline').ArtifactStore.Location.Ref;
  const { VersioningConfiguration, BucketEncryption, PublicAccessBlockConfiguration, LifecycleConfiguration } = template.toJSON().Resources[id].Properties;
  expect(VersioningConfiguration).toEqual({ Status: 'Enabled' });
  expect(BucketEncryption.ServerSideEncryptionConfiguration[0].ServerSideEncryptionByDefault.SSEAlgorithm).toBe('aws:kms');
  expect(PublicAccessBlockConfiguration).toEqual({ BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true });
  expect(LifecycleConfiguration.Rules).toEqual([expect.objectContaining({ ExpirationInDays: 30, Status: 'Enabled' })]);
  expect(LifecycleConfiguration.Rules[0].Prefix ?? LifecycleConfiguration.Rules[0].Filter).toBeUndefined();
});
