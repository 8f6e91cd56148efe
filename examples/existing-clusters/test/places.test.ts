import { readFileSync } from 'fs';
import { join } from 'path';
import { synthesize } from './synthesize';
import { actionOf, all, flat, only, rightsOf } from '../../../test/support/template';
import { context } from '../cdk.json';

const { app, stacks, tools, ...templates } = synthesize();
const [fnId, fn] = all(tools, 'AWS::Lambda::Function').find(([, { Environment }]) => Environment?.Variables.STATE_TABLE)!;
const readme = readFileSync(join(__dirname, '../README.md'), 'utf8');

const parameters = all(tools, 'AWS::SSM::Parameter').map(([, parameter]) => parameter);

describe.each([
  { id: 'Staging', at: 'staging', account: '222222222222' } as const,
  { id: 'Production', at: 'production', account: '333333333333' } as const,
])('$id', ({ id, at, account }) => {
  const template = templates[at];
  const service = context[at];
  const { Name: parameter, Value: description } = parameters.find(({ Name }) => Name.includes(`-${id}-`));
  const arns = { application: `codedeploy-tea-${at}-dev`, group: `deployment-group-tea-${at}-dev` };

  test('has an application and a deployment group for the service, between its two target groups', () => {
    expect(only(template, 'AWS::CodeDeploy::Application')).toMatchObject({ ApplicationName: arns.application, ComputePlatform: 'ECS' });
    expect(only(template, 'AWS::CodeDeploy::DeploymentGroup')).toMatchObject({
      DeploymentGroupName: arns.group,
      DeploymentStyle: { DeploymentType: 'BLUE_GREEN', DeploymentOption: 'WITH_TRAFFIC_CONTROL' },
      ECSServices: [{ ClusterName: at, ServiceName: 'tea' }],
      LoadBalancerInfo: {
        TargetGroupPairInfoList: [{ TargetGroups: [{ Name: 'tea-blue' }, { Name: 'tea-green' }], ProdTrafficRoute: { ListenerArns: [service.listenerArn] } }],
      },
      AutoRollbackConfiguration: { Enabled: true },
    });
  });

  test('has nothing else but the role of CodeDeploy, which passes exactly the roles of the task', () => {
    expect(Object.values<any>(template.toJSON().Resources).map(({ Type }) => Type).sort()).toEqual([
      'AWS::CodeDeploy::Application', 'AWS::CodeDeploy::DeploymentGroup', 'AWS::IAM::ManagedPolicy', 'AWS::IAM::Role',
    ]);
    const condition = '{"StringEquals":{"iam:PassedToService":"ecs-tasks.amazonaws.com"}}';
    expect(rightsOf(template, all(template, 'AWS::IAM::Role')[0][0]).filter((right) => right.startsWith('iam:'))).toEqual(
      [service.taskRoleArn, service.executionRoleArn].map((role) => `iam:PassRole on ${role} if ${condition}`));
  });

  test('is deployed before the pipeline and never mentions it', () => {
    const [pipeline, place] = ['pipeline', at].map((name) => app.synth().getStackByName(`existing-clusters-${name}-dev`));
    expect(pipeline.dependencies.map(({ id: name }) => name)).toContain(place.stackName);
    expect(JSON.stringify(place.template)).not.toMatch(/pipeline-tea|existing-clusters-pipeline/);
    expect(place.environment).toMatchObject({ account, region: 'us-east-1' });
  });

  test('is released to by the release function, through the given role', () => {
    const { ActionTypeId, Configuration, InputArtifacts } = actionOf(tools, `Deploy-${id}`, `Release-${id}`);
    expect([ActionTypeId.Provider, Configuration.FunctionName, InputArtifacts]).toEqual(['Lambda', { Ref: fnId }, undefined]);
    expect(JSON.parse(flat(Configuration.UserParameters))).toMatchObject({
      task: 'release', place: id, roleArn: service.releaseRoleArn, region: 'us-east-1', digest: '#{Build.IMAGE_DIGEST}',
      parameterName: `arn:<AWS::Partition>:ssm:us-east-1:111111111111:parameter${parameter}`,
    });
    expect(JSON.parse(description)).toEqual({
      clusterArn: service.clusterArn, serviceArn: `arn:aws:ecs:us-east-1:${account}:service/${at}/tea`, containerName: 'app', targetGroupArns: service.targetGroupArns,
      alarmNames: [], url: service.url, codeDeploy: { applicationName: arns.application, deploymentGroupName: arns.group, hooks: {} },
    });
  });

  describe('the role that releases take on', () => {
    const { trustPolicy, permissions } = stacks[at].releaseRole;
    const statements: any[] = JSON.parse(permissions).Statement;
    const resourcesOf = (action: string): string[] => statements.filter(({ Action }) => Action.includes(action)).flatMap(({ Resource }) => Resource);

    test('trusts release functions of the tools account', () => {
      expect(JSON.parse(trustPolicy).Statement).toEqual([{
        Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: 'arn:aws:iam::111111111111:root' },
        Condition: { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::111111111111:role/release-function-*' } },
      }]);
      expect(tools.toJSON().Resources[fn.Role['Fn::GetAtt'][0]].Properties.RoleName).toMatch(/^release-function-/);
    });

    test('may deploy to this group and pass the roles of the task, in its own account', () => {
      expect(resourcesOf('codedeploy:CreateDeployment')).toEqual([`arn:aws:codedeploy:us-east-1:${account}:deploymentgroup:${arns.application}/${arns.group}`]);
      expect(resourcesOf('iam:PassRole')).toEqual([service.taskRoleArn, service.executionRoleArn]);
      expect(permissions.match(/\b\d{12}\b/g)!.every((found) => found === account)).toBe(true);
      expect(statements.flatMap(({ Action }) => Action).filter((action: string) => action.includes('*'))).toEqual([]);
    });

    test.each([['trust policy', trustPolicy], ['permissions', permissions]])('stands in the README in full: %s', (_, document) => {
      const blocks = [...readme.matchAll(/```json\n([^]*?)```/g)].map(([, block]) => JSON.parse(block));
      expect(blocks).toContainEqual(JSON.parse(document));
    });
  });
});

test('the release function may assume exactly the two roles and read what is known of the two places', () => {
  const rights = rightsOf(tools, fn.Role['Fn::GetAtt'][0]);
  expect(rights.filter((right) => right.startsWith('sts:')).sort()).toEqual([context.staging, context.production].map(({ releaseRoleArn }) => `sts:AssumeRole on ${releaseRoleArn}`));
  // Theirs, and where direct calls find them.
  expect(rights.filter((right) => right.startsWith('ssm:'))).toHaveLength(3);
});

test('what the execution roles need in order to pull stands in the README, for the repository of the stack', () => {
  const pull = [...readme.matchAll(/```json\n([^]*?)```/g)].map(([, block]) => block).find((block) => block.includes('ecr:GetAuthorizationToken'))!;
  expect(JSON.parse(pull).Statement).toEqual([
    { Effect: 'Allow', Action: 'ecr:GetAuthorizationToken', Resource: '*' },
    {
      Effect: 'Allow',
      Action: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      Resource: 'arn:aws:ecr:us-east-1:111111111111:repository/repository-tea-images-dev',
    },
  ]);
});
