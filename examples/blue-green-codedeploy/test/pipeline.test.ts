import { synthesize } from './synthesize';
import { actionOf, all, flat, idOf, only, projectOf, rightsOf, stagesOf } from '../../../test/support/template';

const { template } = synthesize();
const resources: Record<string, any> = template.toJSON().Resources;
const pipelineId = idOf(template, 'AWS::CodePipeline::Pipeline');
const commandsOf = (stage: string, action: string): string => Object.values<any>(projectOf(template, stage, action).spec.phases)
  .flatMap(({ commands }) => commands).join('\n');

describe('the pipeline', () => {
  test('is of type V2 and has exactly these stages', () => {
    expect(only(template, 'AWS::CodePipeline::Pipeline')).toMatchObject({ PipelineType: 'V2', Name: 'orders-pipeline-dev' });
    expect(stagesOf(template).map(({ Name }) => Name)).toEqual(['Source', 'Test', 'Build', 'Check', 'Deploy']);
  });

  test('has a role of its own for each action and each project', () => {
    const actions = stagesOf(template).flatMap(({ Actions }) => Actions);
    const projects = all(template, 'AWS::CodeBuild::Project');
    expect(projects).toHaveLength(4);
    const roles = [...actions.map(({ RoleArn }: any) => RoleArn), ...projects.map(([, { ServiceRole }]) => ServiceRole), only(template, 'AWS::CodePipeline::Pipeline').RoleArn];
    expect(new Set(roles.map(flat)).size).toBe(roles.length);
  });
});

describe('the source', () => {
  const repositoryId = idOf(template, 'AWS::CodeCommit::Repository');

  test('is the branch main of the repository that the app makes, without polling', () => {
    expect(actionOf(template, 'Source', 'Source')).toMatchObject({
      ActionTypeId: { Owner: 'AWS', Provider: 'CodeCommit' },
      Configuration: { RepositoryName: { 'Fn::GetAtt': [repositoryId, 'Name'] }, BranchName: 'main', PollForSourceChanges: false },
    });
  });

  test('a push to main starts the pipeline by an event', () => {
    const [[, rule]] = all(template, 'AWS::Events::Rule').filter(([, { EventPattern }]) => EventPattern.source[0] === 'aws.codecommit');
    expect(rule.EventPattern).toMatchObject({
      'detail-type': ['CodeCommit Repository State Change'],
      'resources': [{ 'Fn::GetAtt': [repositoryId, 'Arn'] }],
      'detail': { event: expect.arrayContaining(['referenceUpdated']), referenceName: ['main'] },
    });
    expect(rule.Targets).toHaveLength(1);
    expect(flat(rule.Targets[0].Arn)).toContain(`<${pipelineId}>`);
    expect(rightsOf(template, rule.Targets[0].RoleArn['Fn::GetAtt'][0]).map((right) => right.split(' on ')[0])).toEqual(['codepipeline:StartPipelineExecution']);
  });
});

describe('tests and scan of the code', () => {
  test('come before the build, on Python 3.9 or newer', () => {
    expect(stagesOf(template)[1].Actions).toHaveLength(2);
    for (const { Name } of stagesOf(template)[1].Actions) {
      const { spec } = projectOf(template, 'Test', Name);
      expect(Number(/^3\.(\d+)$/.exec(String(spec.phases.install['runtime-versions'].python))![1])).toBeGreaterThanOrEqual(9);
    }
  });

  test('run pytest and bandit', () => {
    const [tests, scan] = stagesOf(template)[1].Actions.map(({ Name }: any) => commandsOf('Test', Name));
    expect(tests).toMatch(/pytest/);
    expect(scan).toMatch(/bandit/);
  });

  test('the image is scanned before it is released', () => {
    expect(commandsOf('Check', 'ImageScan')).toMatch(/trivy image[^]*--severity HIGH,CRITICAL[^]*--exit-code 1|trivy image[^]*--exit-code 1[^]*--severity HIGH,CRITICAL/);
  });
});

describe('the build', () => {
  const project = projectOf(template, 'Build', 'Build');
  const script = commandsOf('Build', 'Build');

  test('is the only privileged project', () => {
    expect(all(template, 'AWS::CodeBuild::Project').filter(([, { Environment }]) => Environment.PrivilegedMode).map(([, { Name }]) => Name)).toEqual([project.Name]);
  });

  test('gets user and password of Docker Hub from Parameter Store', () => {
    const variables = project.Environment.EnvironmentVariables.filter(({ Type }: any) => Type === 'PARAMETER_STORE');
    expect(variables.map(({ Name, Value }: any) => [Name, Value])).toEqual([
      [expect.stringContaining('DOCKER'), '/docker-hub/user'], [expect.stringContaining('DOCKER'), '/docker-hub/password'],
    ]);
  });

  test('logs in with them over standard input before it builds', () => {
    const [, password] = project.Environment.EnvironmentVariables.filter(({ Type }: any) => Type === 'PARAMETER_STORE').map(({ Name }: any) => Name);
    expect(script).toMatch(new RegExp(`\\$\\{?${password}\\}?"?[^]*docker login[^]*--password-stdin[^]*docker (buildx )?build`));
  });

  test('may read exactly these parameters', () => {
    const rights = rightsOf(template, project.roleId).filter((right) => right.startsWith('ssm:'));
    expect(rights).toHaveLength(2);
    for (const name of ['user', 'password']) expect(rights.join('\n')).toMatch(new RegExp(`^ssm:GetParameters on arn:.*:parameter/docker-hub/${name}$`, 'm'));
  });

  test('logs in to ECR, and pushes after a build that succeeded', () => {
    expect(script).toMatch(/aws ecr get-login-password .*\| docker login --username AWS --password-stdin/);
    expect(project.spec.phases.build.commands.join()).not.toContain('docker push');
    expect(project.spec.phases.post_build.commands.join()).toMatch(/CODEBUILD_BUILD_SUCCEEDING[^]*docker push[^]*imagedefinitions\.json/);
  });

  test('pushes to a repository that is encrypted, scans on push and keeps the last 10 images', () => {
    const [[, repository]] = all(template, 'AWS::ECR::Repository').filter(([, { RepositoryName }]) => RepositoryName === 'orders-images-dev');
    expect(repository).toMatchObject({ ImageScanningConfiguration: { ScanOnPush: true }, EncryptionConfiguration: { EncryptionType: 'KMS' } });
    expect(JSON.parse(repository.LifecyclePolicy.LifecyclePolicyText).rules).toEqual([
      expect.objectContaining({ selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 10 } }),
    ]);
  });

  test('logs of every project are kept for 14 days', () => {
    for (const [, { LogsConfig }] of all(template, 'AWS::CodeBuild::Project')) {
      expect(resources[LogsConfig.CloudWatchLogs.GroupName.Ref].Properties.RetentionInDays).toBe(14);
    }
  });
});

describe('the release', () => {
  const [prepare, deploy, verify] = stagesOf(template).find(({ Name }) => Name === 'Deploy').Actions;

  test("is CodePipeline's own CodeDeployToECS between preparation and proof by the release function", () => {
    expect([prepare, deploy, verify].map(({ Name, RunOrder, ActionTypeId }) => [Name, RunOrder, ActionTypeId.Provider])).toEqual([
      ['Prepare-Orders', 1, 'Lambda'], ['Deploy-Orders', 2, 'CodeDeployToECS'], ['Verify-Orders', 3, 'Lambda'],
    ]);
  });

  test('takes task definition and AppSpec from the artifact of the preparation', () => {
    expect(deploy.InputArtifacts).toEqual(prepare.OutputArtifacts);
    expect(deploy.Configuration).toMatchObject({
      ApplicationName: { Ref: idOf(template, 'AWS::CodeDeploy::Application') },
      DeploymentGroupName: { Ref: idOf(template, 'AWS::CodeDeploy::DeploymentGroup') },
      TaskDefinitionTemplateArtifact: deploy.InputArtifacts[0].Name,
      AppSpecTemplateArtifact: deploy.InputArtifacts[0].Name,
    });
  });
});

describe('around it', () => {
  test('the artifact bucket is encrypted, refuses plain HTTP and is emptied when it is deleted', () => {
    const id = only(template, 'AWS::CodePipeline::Pipeline').ArtifactStore.Location.Ref;
    expect(resources[id]).toMatchObject({ DeletionPolicy: 'Delete', Properties: { BucketEncryption: { ServerSideEncryptionConfiguration: [expect.anything()] } } });
    const [[, policy]] = all(template, 'AWS::S3::BucketPolicy').filter(([, { Bucket }]) => Bucket.Ref === id);
    expect(policy.PolicyDocument.Statement).toContainEqual(expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }));
    expect(all(template, 'Custom::EmptyBucket').map(([, { BucketName }]) => BucketName.Ref)).toContain(id);
  });

  const rulesOf = (detailType: string) => all(template, 'AWS::Events::Rule').map(([, rule]) => rule).filter(({ EventPattern }) => EventPattern['detail-type']?.includes(detailType));

  test('a deploy action that fails is told to the release function, which explains and records it', () => {
    const [rule] = rulesOf('CodePipeline Action Execution State Change');
    expect(rule.EventPattern.detail).toEqual({ state: ['FAILED'], pipeline: [{ Ref: pipelineId }], type: { category: ['Deploy'], provider: ['ECS', 'CodeDeployToECS'] } });
    expect(rule.Targets).toMatchObject([{ Arn: { 'Fn::GetAtt': [expect.stringMatching(/ReleaseFunction/), 'Arn'] } }]);
  });

  test('failed executions are told to the topic, which mails the DevOps team', () => {
    const [rule] = rulesOf('CodePipeline Pipeline Execution State Change');
    expect(rule.EventPattern.detail).toEqual({ state: ['FAILED'], pipeline: [{ Ref: pipelineId }] });
    expect(rule.Targets[0].Arn).toEqual({ Ref: idOf(template, 'AWS::SNS::Topic') });
    expect(only(template, 'AWS::SNS::Subscription')).toMatchObject({ Protocol: 'email', Endpoint: 'devops@example.com' });
  });

  test.each(['albDnsName', 'ecsClusterArn'])('the output %s is there and described', (name) => {
    const outputs = Object.entries(template.findOutputs('*')).filter(([id]) => id.toLowerCase().includes(name.toLowerCase()));
    expect(outputs).toHaveLength(1);
    expect(outputs[0][1].Description).toMatch(/\w/);
  });
});
