import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { DeliveryPipeline, FargateEnvironment, ReleaseAction, Source } from '../../src';
import { createReleaseRole } from '../../src/deploy/release-role';
import { ReleaseTargetParts } from '../../src/deploy/release-target';
import { givenNetwork } from '../support/bare-place';
import { flat } from '../support/template';

const GROUP = 'arn:aws:codedeploy:eu-west-1:111111111111:deploymentgroup:shop/web';
const APPLICATION = 'arn:aws:codedeploy:eu-west-1:111111111111:application:shop';
const CONFIG = 'arn:aws:codedeploy:eu-west-1:111111111111:deploymentconfig:CodeDeployDefault.ECSAllAtOnce';
const codeDeploy = {
  applicationName: 'shop', deploymentGroupName: 'web', applicationArn: APPLICATION, deploymentGroupArn: GROUP, deploymentConfigArn: CONFIG, containerPort: 8080,
};

/** A road to a place that is changed in these respects. */
function road(changes: Partial<ReleaseTargetParts>, releaseAction = ReleaseAction.codePipelineAction()) {
  const stack = new Stack(new App(), 'Road');
  const target = new FargateEnvironment(stack, 'Web', { network: givenNetwork(stack) });
  const parts = { ...target._releaseTarget(), ...changes };
  jest.spyOn(target, '_releaseTarget').mockReturnValue(parts);
  new DeliveryPipeline(stack, 'Delivery', { source: Source.gitHub('acme/shop'), stages: [{ releases: [{ target }] }], releaseAction });
  return Template.fromStack(stack);
}

const deployAction = (template: Template) => Object.values(template.findResources('AWS::CodePipeline::Pipeline'))[0]
  .Properties.Stages.at(-1).Actions.find(({ Name }: any) => Name.startsWith('Deploy'));

/** What CodePipeline's own action may do. */
const rightsOfAction = (template: Template): any[] => Object.values(template.findResources('AWS::IAM::ManagedPolicy'))
  .filter(({ Properties }) => JSON.stringify(Properties.Roles).includes(`"${deployAction(template).RoleArn['Fn::GetAtt'][0]}"`))
  .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);

/** https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-ECS.html, and that of its artifact. */
const FAMILY = { 'Fn::Join': ['', expect.arrayContaining([expect.stringMatching(/:task-definition\/task-Road-Web-\w+:\*$/)])] };
const OF_BOTH = [
  { Effect: 'Allow', Action: 'ecs:RegisterTaskDefinition', Resource: FAMILY },
  { Effect: 'Allow', Action: 'ecs:TagResource', Resource: FAMILY, Condition: { StringEquals: { 'ecs:CreateAction': 'RegisterTaskDefinition' } } },
];
const PASSING_AND_READING = [
  {
    Effect: 'Allow', Action: 'iam:PassRole', Condition: { StringEquals: { 'iam:PassedToService': ['ecs.amazonaws.com', 'ecs-tasks.amazonaws.com'] } },
    Resource: ['TaskRole', 'ExecutionRole'].map((role) => ({ 'Fn::GetAtt': [expect.stringMatching(new RegExp(`^Web${role}`)), 'Arn'] })),
  },
  { Effect: 'Allow', Action: ['s3:GetObject', 's3:GetObjectVersion'], Resource: { 'Fn::Join': ['', [{ 'Fn::GetAtt': [expect.stringMatching(/^DeliveryArtifacts/), 'Arn'] }, '/*']] } },
  { Effect: 'Allow', Action: 'kms:Decrypt', Resource: { 'Fn::GetAtt': [expect.stringMatching(/^DeliveryKey/), 'Arn'] } },
];

describe('CodePipeline\'s own action', () => {
  test('is CodeDeployToECS where CodeDeploy deploys, with the documented rights and no others', () => {
    const template = road({ codeDeploy });
    const action = deployAction(template);
    expect(action.ActionTypeId).toMatchObject({ Provider: 'CodeDeployToECS', Category: 'Deploy', Owner: 'AWS', Version: '1' });
    const artifact = action.InputArtifacts[0].Name;
    expect(action.Configuration).toEqual({
      ApplicationName: 'shop',
      DeploymentGroupName: 'web',
      TaskDefinitionTemplateArtifact: artifact,
      TaskDefinitionTemplatePath: 'taskdef.json',
      AppSpecTemplateArtifact: artifact,
      AppSpecTemplatePath: 'appspec.yaml',
    });
    expect(rightsOfAction(template)).toEqual([
      ...OF_BOTH,
      { Effect: 'Allow', Action: ['codedeploy:CreateDeployment', 'codedeploy:GetDeployment'], Resource: GROUP },
      { Effect: 'Allow', Action: ['codedeploy:GetApplication', 'codedeploy:GetApplicationRevision', 'codedeploy:RegisterApplicationRevision'], Resource: APPLICATION },
      { Effect: 'Allow', Action: 'codedeploy:GetDeploymentConfig', Resource: CONFIG },
      ...PASSING_AND_READING,
    ]);
  });

  test('is the ECS action elsewhere, with the documented rights and no others', () => {
    const template = road({});
    expect(deployAction(template).ActionTypeId.Provider).toBe('ECS');
    expect(rightsOfAction(template)).toEqual([
      ...OF_BOTH,
      { Effect: 'Allow', Action: 'ecs:DescribeTaskDefinition', Resource: '*' },
      { Effect: 'Allow', Action: ['ecs:DescribeServices', 'ecs:UpdateService'], Resource: { Ref: expect.stringMatching(/^WebService/) } },
      ...PASSING_AND_READING,
    ]);
  });
});

describe('an action of CodePipeline\'s own that fails', () => {
  const ofFunction = (template: Template) => Object.values(template.findResources('AWS::Events::Rule')).filter(({ Properties }) => JSON.stringify(Properties).includes('Action Execution State Change'));
  const readingRights = (template: Template) => Object.entries(template.findResources('AWS::IAM::ManagedPolicy')).filter(([, policy]) => JSON.stringify(policy).includes('ListActionExecutions'));

  test('is told to the release function, which may read what the action was given', () => {
    const template = road({});
    const pipeline = { Ref: expect.stringMatching(/^DeliveryPipeline/) };
    const called = { 'Fn::GetAtt': [expect.stringMatching(/^DeliveryReleaseFunction/), 'Arn'] };
    const queue = { 'Fn::GetAtt': [expect.stringMatching(/^DeliveryDeadLetters/), 'Arn'] };
    expect(ofFunction(template)).toMatchObject([{
      Properties: {
        EventPattern: {
          'source': ['aws.codepipeline'], 'detail-type': ['CodePipeline Action Execution State Change'],
          'detail': { pipeline: [pipeline], type: { category: ['Deploy'], provider: ['ECS', 'CodeDeployToECS'] }, state: ['FAILED'] },
        },
        Targets: [{ Arn: called, DeadLetterConfig: { Arn: queue } }],
      },
    }]);
    template.hasResourceProperties('AWS::Lambda::Permission', {
      Action: 'lambda:InvokeFunction', Principal: 'events.amazonaws.com', SourceArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^DeliveryFailedActionsRule'), 'Arn'] },
    });
    const [[policy, { Properties }]] = readingRights(template);
    expect(Properties).toMatchObject({
      PolicyDocument: { Statement: [{ Action: 'codepipeline:ListActionExecutions', Effect: 'Allow' }] },
      Roles: [{ Ref: expect.stringMatching(/^DeliveryReleaseFunctionRole/) }],
    });
    expect(flat(Properties.PolicyDocument.Statement[0].Resource)).toMatch(/^arn:<AWS::Partition>:codepipeline:<AWS::Region>:<AWS::AccountId>:<DeliveryPipeline\w+>$/);
    // The pipeline needs the function, so the function must not wait for a right that names the pipeline.
    expect(JSON.stringify(template.findResources('AWS::Lambda::Function'))).not.toContain(policy);
    expect(JSON.stringify(template.findResources('AWS::CodePipeline::Pipeline'))).not.toContain(policy);
  });

  test('is one wherever a release has such an action', () => {
    const stack = new Stack(new App(), 'Road');
    const target = new FargateEnvironment(stack, 'Web');
    new DeliveryPipeline(stack, 'Delivery', { source: Source.gitHub('acme/shop'), stages: [{ releases: [{ target, action: ReleaseAction.codePipelineAction() }] }] });
    expect(ofFunction(Template.fromStack(stack))).toHaveLength(1);
  });

  test('cannot be where the library\'s function releases', () => {
    const template = road({}, ReleaseAction.releaseFunction());
    expect(ofFunction(template)).toEqual([]);
    expect(readingRights(template)).toEqual([]);
  });
});

describe('steps and bake times', () => {
  test.each([
    ['of an hour do not fit into CodePipeline\'s ECS action', 60, undefined, 'take ReleaseAction.releaseFunction()'],
    ['do not fit into a shorter limit of the function', 60, ReleaseAction.releaseFunction(), 'give the release function a longer releaseTimeout'],
  ])('%s', (_, waitMinutes, action, cure) => {
    expect(() => road({ waitMinutes }, action)).toThrow(`deployStrategy: got 'steps, bake times and hooks of 60 minutes'; allowed less than 60 minutes, the limit of the release action; ${cure}`);
  });

  test.each([
    ['below an hour fit', { waitMinutes: 59 }, undefined],
    ['under CodeDeploy have no such limit', { waitMinutes: 600, codeDeploy }, undefined],
    ['fit into a longer limit', { waitMinutes: 600 }, ReleaseAction.releaseFunction({ releaseTimeout: Duration.hours(11) })],
  ])('%s', (_, changes, action) => {
    expect(() => road(changes, action)).not.toThrow();
  });
});

describe('the release role', () => {
  const arn = (service: string, resource: string) => `arn:aws:${service}:eu-west-1:111111111111:${resource}`;
  const STACK = arn('cloudformation', 'stack/place/11111111-2222-3333-4444-555555555555');
  const roleOf = (changes: object = {}) => {
    const stack = new Stack(new App(), 'Place');
    createReleaseRole(new Construct(stack, 'Web'), 'release-web', {
      clusterArn: arn('ecs', 'cluster/shop'), clusterName: 'shop', serviceName: 'web', serviceArn: arn('ecs', 'service/shop/web'), taskFamily: 'web',
      passableRoleArns: ['arn:aws:iam::111111111111:role/web'], repositoryArn: arn('ecr', 'repository/web'), logGroupArn: arn('logs', 'log-group:web:*'), alarmNames: [], trust: { accounts: ['111111111111'] },
      parameterArn: arn('ssm', 'parameter/web'), stackArn: STACK, ...changes,
    });
    return Object.values(Template.fromStack(stack).findResources('AWS::IAM::ManagedPolicy')).flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
  };

  test('may look at exactly its stack', () => {
    expect(roleOf()).toEqual(expect.arrayContaining([{ Action: 'cloudformation:DescribeStacks', Effect: iam.Effect.ALLOW, Resource: STACK }]));
  });

  test('may update the service, or have CodeDeploy do it, but not both', () => {
    expect(JSON.stringify(roleOf())).toContain('ecs:UpdateService');
    expect(JSON.stringify(roleOf())).not.toContain('codedeploy:');
    const statements = roleOf({ codeDeploy });
    expect(JSON.stringify(statements)).not.toContain('ecs:UpdateService');
    expect(statements).toEqual(expect.arrayContaining([
      expect.objectContaining({ Action: ['codedeploy:CreateDeployment', 'codedeploy:GetDeployment', 'codedeploy:BatchGetDeployments', 'codedeploy:ListDeployments'], Resource: GROUP }),
      expect.objectContaining({ Action: ['codedeploy:RegisterApplicationRevision', 'codedeploy:GetApplicationRevision'], Resource: APPLICATION }),
      expect.objectContaining({ Action: 'codedeploy:GetDeploymentConfig', Resource: CONFIG }),
    ]));
  });
});

describe('places of a direct call', () => {
  const roadTo = (count: number): Template => {
    const stack = new Stack(new App(), 'Place');
    const target = new FargateEnvironment(stack, 'Web', { network: givenNetwork(stack) });
    const { _releaseTarget } = target;
    const targets = Array.from({ length: count }, (_, index) => Object.assign(Object.create(target) as FargateEnvironment, {
      _releaseTarget: () => ({ ..._releaseTarget.call(target), placeName: `place-${index}` }),
    }));
    const delivery = new Stack(stack.node.root as App, 'Road');
    const stageOf = (from: number) => ({ stageName: `Stage-${from}`, releases: targets.slice(from, from + 25).map((each) => ({ target: each })) });
    new DeliveryPipeline(delivery, 'Delivery', { source: Source.gitHub('acme/shop'), stages: [0, 25, 50, 75].filter((from) => from < count).map(stageOf) });
    return Template.fromStack(delivery);
  };

  test.each([15, 36, 100])('%d of them fit into standard parameters, each place once', (count) => {
    const template = roadTo(count);
    const values = Object.values(template.findResources('AWS::SSM::Parameter')).map(({ Properties }) => flat(Properties.Value));
    expect(values.flatMap((value) => Object.keys(JSON.parse(value)))).toHaveLength(count);
    for (const value of values) expect(value.replace(/<[^>]*>/g, 'ap-southeast-1').length).toBeLessThanOrEqual(4_096);
    const [{ Properties: { Environment } }] = Object.values(template.findResources('AWS::Lambda::Function', { Properties: { Environment: { Variables: { PLACES: Match.anyValue() } } } }));
    expect(JSON.stringify(Environment.Variables).length).toBeLessThan(4_096);
  });
});
