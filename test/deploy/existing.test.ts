import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import {
  Approval, Check, DeliveryPipeline, FargateEnvironment, FargateEnvironmentAttributes, ReleaseAction, ReleaseRole, ReleaseRoleRights, ReleaseTrust, ResourceNames, Source,
} from '../../src';

const source = Source.gitHub('acme/shop');
const BUILDS = { account: '111111111111', region: 'us-east-1' };
const CLUSTER = 'arn:aws:ecs:us-east-1:222222222222:cluster/shop';
const GROUP = 'arn:aws:elasticloadbalancing:us-east-1:222222222222:targetgroup/blue/0123456789abcdef';
const RELEASER = 'arn:aws:iam::222222222222:role/releases/web';
const attributes: FargateEnvironmentAttributes = { cluster: CLUSTER, service: 'web', releaseRoleArn: RELEASER };

/** A pipeline that releases to a service of another account. */
function road(changes: Partial<FargateEnvironmentAttributes> = {}, options: { releaseAction?: ReleaseAction; checks?: Check[]; approval?: Approval } = {}) {
  const { releaseAction, checks, approval } = options;
  const stack = new Stack(new App(), 'Road', { env: BUILDS });
  const target = FargateEnvironment.fromAttributes(stack, 'Staging', { ...attributes, ...changes });
  const later = FargateEnvironment.fromAttributes(stack, 'Production', { ...attributes, url: 'https://shop.example.com', ...changes });
  const delivery = new DeliveryPipeline(stack, 'Delivery', {
    source, releaseAction, stages: [{ releases: [{ target }], checks }, { releases: [{ target: later }], approval }],
  });
  return { stack, delivery, target, template: Template.fromStack(stack) };
}

const statementsOf = (template: Template, role: RegExp): any[] => Object.values(template.findResources('AWS::IAM::ManagedPolicy'))
  .filter(({ Properties }) => role.test(JSON.stringify(Properties.Roles)))
  .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);

const described = (template: Template): any => {
  const [{ Properties }] = Object.values(template.findResources('AWS::SSM::Parameter'));
  return JSON.parse(typeof Properties.Value === 'string' ? Properties.Value : Properties.Value['Fn::Join'][1].map((part: any) => typeof part === 'string' ? part : part.Ref).join(''));
};

describe('a service that exists', () => {
  test('makes one parameter beside the pipeline and nothing else', () => {
    const stack = new Stack(new App(), 'Road', { env: BUILDS });
    FargateEnvironment.fromAttributes(stack, 'Staging', attributes);
    const template = Template.fromStack(stack);
    expect(Object.values(template.toJSON().Resources).map(({ Type }: any) => Type)).toEqual(['AWS::SSM::Parameter']);
    expect(described(template)).toEqual({
      clusterArn: CLUSTER, serviceArn: 'arn:aws:ecs:us-east-1:222222222222:service/shop/web', containerName: 'app', alarmNames: [], url: '',
    });
  });

  test('says all that is known of it', () => {
    const { template } = road({
      service: 'arn:aws:ecs:us-east-1:222222222222:service/shop/web', containerName: 'shop', alarmNames: ['errors'], targetGroupArns: [GROUP], url: 'https://staging.example.com',
      repositoryArn: 'arn:aws:ecr:us-east-1:222222222222:repository/shop',
      codeDeploy: {
        application: 'arn:aws:codedeploy:us-east-1:222222222222:application:shop', deploymentGroup: 'arn:aws:codedeploy:us-east-1:222222222222:deploymentgroup:shop/web',
        hooks: { AfterAllowTestTraffic: 'ask' },
      },
    });
    expect(described(template)).toEqual({
      clusterArn: CLUSTER, serviceArn: 'arn:aws:ecs:us-east-1:222222222222:service/shop/web', containerName: 'shop', alarmNames: ['errors'], targetGroupArns: [GROUP],
      url: 'https://staging.example.com', repositoryArn: 'arn:aws:ecr:us-east-1:222222222222:repository/shop',
      codeDeploy: { applicationName: 'shop', deploymentGroupName: 'web', hooks: { AfterAllowTestTraffic: 'ask' } },
    });
  });

  test('has a parameter whose name ends with the suffix, where names do', () => {
    const { target } = road({ resourceNames: ResourceNames.suffixed({ suffix: 'dev' }) });
    expect(target._releaseTarget().parameterName).toMatch(/:parameter\/cdk-fargate-cicd\/place-Road-Staging-\w+-dev$/);
  });

  test('is addressed by names alone in the account of its role and the region of the stack', () => {
    const { target } = road({ cluster: 'shop', service: 'web' });
    expect(target._releaseTarget()).toMatchObject({ region: 'us-east-1', clusterName: 'shop', serviceName: 'web', roleArn: RELEASER });
    expect(target._releaseTarget().serviceArn).toMatch(/:ecs:us-east-1:222222222222:service\/shop\/web$/);
  });

  test('is addressed by the ARN of its service alone, old or new', () => {
    const { target } = road({ cluster: 'shop', service: 'arn:aws:ecs:us-east-1:222222222222:service/web' });
    expect(target._releaseTarget()).toMatchObject({ clusterName: 'shop', serviceName: 'web', serviceArn: 'arn:aws:ecs:us-east-1:222222222222:service/web' });
    expect(described(Template.fromStack(Stack.of(target))).clusterArn).toBe(CLUSTER);
  });

  test('may be a token', () => {
    const stack = new Stack(new App(), 'Road');
    const token = (name: string) => stack.formatArn({ service: 'ecs', resource: name });
    const target = FargateEnvironment.fromAttributes(stack, 'Staging', {
      cluster: token('cluster/shop'), service: token('service/shop/web'), releaseRoleArn: `arn:${stack.partition}:iam::${stack.account}:role/r`,
      codeDeploy: { application: token('application'), deploymentGroup: token('group') },
    });
    expect(stack.resolve(target._releaseTarget().serviceName)).toEqual({ 'Fn::Select': [2, { 'Fn::Split': ['/', expect.anything()] }] });
  });
});

describe('a pipeline that releases there', () => {
  test('hands over the ARN of the parameter, the role and the external id, in little room', () => {
    const { template } = road({ externalId: 'shop-staging' });
    const [release] = Object.values(template.findResources('AWS::CodePipeline::Pipeline'))[0].Properties.Stages.at(-2).Actions;
    const text = JSON.stringify(release.Configuration.UserParameters);
    expect(text).toContain(':ssm:us-east-1:111111111111:parameter/cdk-fargate-cicd/place-');
    expect(text).toContain(RELEASER);
    expect(text).toContain('shop-staging');
    expect(text.length).toBeLessThan(900);
  });

  test('fits into the parameters of an action with the longest of everything', () => {
    const stack = new Stack(new App(), 'S'.repeat(100), { env: { account: '111111111111', region: 'ap-southeast-1' } });
    const target = FargateEnvironment.fromAttributes(stack, 'P'.repeat(80), {
      cluster: 'c'.repeat(255), service: 's'.repeat(255), releaseRoleArn: `arn:aws:iam::222222222222:role/${'r'.repeat(219)}`, externalId: 'x'.repeat(128), url: 'https://shop.example.com',
    });
    new DeliveryPipeline(stack, 'Delivery', { source, stages: [{ releases: [{ target }] }] });
    const [release] = Object.values(Template.fromStack(stack).findResources('AWS::CodePipeline::Pipeline'))[0].Properties.Stages.at(-1).Actions;
    const text = release.Configuration.UserParameters['Fn::Join'][1].map((part: any) => typeof part === 'string' ? part : 'aws').join('')
      .replace('#{Build.IMAGE_DIGEST}', `sha256:${'0'.repeat(64)}`).replace('#{Source.CommitId}', 'c'.repeat(40)).replace('#{Source.AuthorDate}', 'd'.repeat(25))
      .replace('#{codepipeline.PipelineExecutionId}', 'e'.repeat(36));
    expect(text).not.toContain('#{');
    expect(text.length).toBeLessThanOrEqual(1000);
    expect(text.length).toBeGreaterThan(900);
  });

  test('may read exactly these parameters and take on exactly these roles', () => {
    const { template } = road();
    const statements = statementsOf(template, /ReleaseFunctionRole/);
    const names = Object.values(template.findResources('AWS::SSM::Parameter')).flatMap(({ Properties }) => Properties.Name ?? []);
    const readable = statements.filter(({ Action }) => Action === 'ssm:GetParameter').flatMap(({ Resource }) => Resource);
    expect(readable.filter((arn: any) => !/Places1/.test(JSON.stringify(arn))).map((arn: any) => arn['Fn::Join'][1]))
      .toEqual(names.map((name) => ['arn:', { Ref: 'AWS::Partition' }, `:ssm:us-east-1:111111111111:parameter${name}`]));
    expect(statements.find(({ Action }) => Action === 'sts:AssumeRole').Resource).toBe(RELEASER);
  });

  test('reads no parameter without such a place, but where direct calls find places', () => {
    const stack = new Stack(new App(), 'Road');
    new DeliveryPipeline(stack, 'Delivery', { source, stages: [{ releases: [{ target: new FargateEnvironment(stack, 'Web') }] }] });
    const reading = statementsOf(Template.fromStack(stack), /DeliveryReleaseFunctionRole/).filter(({ Action }) => JSON.stringify(Action).includes('ssm:'));
    expect(reading.map(({ Resource }) => JSON.stringify(Resource))).toEqual([expect.stringMatching(/Places1/)]);
  });

  test('lets exactly that account pull what it built', () => {
    const { template } = road();
    template.hasResourceProperties('AWS::ECR::Repository', {
      RepositoryPolicyText: {
        Statement: [{
          Sid: 'PlacesPull', Effect: 'Allow',
          Action: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
          Principal: { AWS: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::222222222222:root']] } },
        }],
      },
    });
  });

  test('lets nobody pull when the place has a repository of its own', () => {
    road({ repositoryArn: 'arn:aws:ecr:us-east-1:222222222222:repository/shop' }).template
      .hasResourceProperties('AWS::ECR::Repository', { RepositoryPolicyText: Match.absent() });
  });

  test('tells checks and approvals where the service answers, if it knows', () => {
    const options = { checks: [Check.commands('Smoke', { commands: ['true'] })], approval: Approval.manual() };
    const actions = (url?: string) => {
      const { template } = road({ url }, options);
      const [, check, approval] = Object.values(template.findResources('AWS::CodePipeline::Pipeline'))[0].Properties.Stages.slice(-3).flatMap(({ Actions }: any) => Actions);
      return JSON.stringify([check.Configuration, approval.Configuration]);
    };
    expect(actions()).not.toContain('ServiceUrl');
    expect(actions('https://staging.example.com').match(/ServiceUrl/g)).toHaveLength(2);
  });
});

describe('what a pipeline cannot reach is said at synth', () => {
  const said = (make: () => unknown): string[] => {
    try {
      make();
      return [];
    } catch (error) {
      return (error as Error).message.split('\n').slice(1).map((line) => line.trim());
    }
  };

  test.each([
    ['a region without the build repository', { cluster: 'arn:aws:ecs:eu-west-1:222222222222:cluster/shop' }, {},
      "target: got 'a place from attributes in eu-west-1 without a repository'; allowed places in us-east-1, where the build repository is, or with a repository of their own; give it repositoryArn"],
    ['another partition', { cluster: 'arn:aws-cn:ecs:cn-north-1:222222222222:cluster/shop', repositoryArn: 'arn:aws-cn:ecr:cn-north-1:222222222222:repository/shop', releaseRoleArn: 'arn:aws-cn:iam::222222222222:role/r' }, {},
      "target: got 'a place in the region cn-north-1'; allowed places in the partition aws of the pipeline; make a pipeline there"],
    ['CodePipeline\'s own action', {}, { releaseAction: ReleaseAction.codePipelineAction() },
      "target: got 'a place from attributes'; allowed places of this library with ReleaseAction.codePipelineAction(), whose rights name the roles of the place; take ReleaseAction.releaseFunction()"],
  ])('%s', (_, changes, options, problem) => {
    expect(said(() => road(changes, options))).toEqual(['stages[0].releases[0].', 'stages[1].releases[0].'].map((prop) => expect.stringContaining(`${prop}${problem}`)));
  });

  test('another region with a repository of its own is fine', () => {
    expect(said(() => road({ cluster: 'arn:aws:ecs:eu-west-1:222222222222:cluster/shop', repositoryArn: 'arn:aws:ecr:eu-west-1:222222222222:repository/shop' }))).toEqual([]);
  });

  test('attributes in a stack of another account', () => {
    const app = new App();
    const target = FargateEnvironment.fromAttributes(new Stack(app, 'Theirs', { env: { ...BUILDS, account: '222222222222' } }), 'Staging', attributes);
    expect(said(() => new DeliveryPipeline(new Stack(app, 'Road', { env: BUILDS }), 'Delivery', { source, stages: [{ releases: [{ target }] }] }))).toEqual([
      "stages[0].releases[0].target: got 'a place from attributes in the stack Theirs of the account 222222222222'; allowed places from attributes in stacks of 111111111111, "
      + 'the account of the pipeline, which keeps what is known of them; write FargateEnvironment.fromAttributes in the stack of the pipeline',
    ]);
  });

  test('attributes in another stack of the account are fine, and nothing is exported', () => {
    const app = new App();
    const target = FargateEnvironment.fromAttributes(new Stack(app, 'Places', { env: BUILDS }), 'Staging', attributes);
    const stack = new Stack(app, 'Road', { env: BUILDS });
    new DeliveryPipeline(stack, 'Delivery', { source, stages: [{ releases: [{ target }] }] });
    expect(JSON.stringify(Template.fromStack(stack).toJSON())).not.toContain('Fn::ImportValue');
    expect(stack.dependencies.map(({ stackName }) => stackName)).toEqual(['Places']);
  });
});

describe('the release role', () => {
  const ROLES = ['arn:aws:iam::222222222222:role/shop-task', 'arn:aws:iam::222222222222:role/shop-execution'];
  const rights: ReleaseRoleRights = { cluster: CLUSTER, service: 'web', taskFamily: 'shop', passableRoleArns: ROLES, releaseTrust: ReleaseTrust.account('111111111111', { externalId: 'shop' }) };
  const full: ReleaseRoleRights = {
    ...rights, repositoryArn: 'arn:aws:ecr:us-east-1:222222222222:repository/shop', logGroupName: '/shop', alarmNames: ['errors'],
    codeDeploy: { application: 'shop', deploymentGroup: 'web', deploymentConfigName: 'CodeDeployDefault.ECSCanary10Percent5Minutes' },
  };
  const printed = (changes: Partial<ReleaseRoleRights> = {}) => {
    const { trustPolicy, permissions } = ReleaseRole.policies({ ...rights, ...changes });
    return { trust: JSON.parse(trustPolicy), permissions: JSON.parse(permissions) };
  };
  const made = (props = rights, env: object = { account: '222222222222', region: 'us-east-1' }) => {
    const stack = new Stack(new App(), 'Shop', { env });
    const role = new ReleaseRole(stack, 'Releases', props);
    return { stack, role, template: Template.fromStack(stack) };
  };

  test('is printed with exact trust', () => {
    expect(printed().trust).toEqual({
      Version: '2012-10-17',
      Statement: [{
        Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: 'arn:aws:iam::111111111111:root' },
        Condition: { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::111111111111:role/release-function-*' }, StringEquals: { 'sts:ExternalId': 'shop' } },
      }],
    });
  });

  test('trusts the account of the service by default', () => {
    expect(printed({ releaseTrust: undefined }).trust.Statement[0].Principal).toEqual({ AWS: 'arn:aws:iam::222222222222:root' });
  });

  test('is printed with rights on this one service', () => {
    const text = JSON.stringify(printed().permissions);
    expect(text).toContain('"Action":["ecs:UpdateService","ecs:ListServiceDeployments"],"Resource":["arn:aws:ecs:us-east-1:222222222222:service/shop/web"]');
    expect(text).toContain('"Action":["iam:PassRole"],"Resource":["arn:aws:iam::222222222222:role/shop-task","arn:aws:iam::222222222222:role/shop-execution"],"Condition":{"StringEquals":{"iam:PassedToService":"ecs-tasks.amazonaws.com"}}');
    for (const absent of ['ssm:', 'cloudformation:', 'ecr:', 'logs:', 'cloudwatch:', 'codedeploy:', 'Token', 'undefined']) expect(text).not.toContain(absent);
  });

  test('and, where it is given, on repository, log, alarms and deployment group', () => {
    const of = (prefix: string) => printed(full).permissions.Statement.filter(({ Action }: any) => Action[0].startsWith(prefix)).flatMap(({ Resource }: any) => Resource);
    expect(of('ecr:')).toEqual(['arn:aws:ecr:us-east-1:222222222222:repository/shop']);
    expect(of('logs:')).toEqual(['arn:aws:logs:us-east-1:222222222222:log-group:/shop:*']);
    expect(of('cloudwatch:')).toEqual(['arn:aws:cloudwatch:us-east-1:222222222222:alarm:errors']);
    expect(of('codedeploy:')).toEqual([
      'arn:aws:codedeploy:us-east-1:222222222222:deploymentgroup:shop/web', 'arn:aws:codedeploy:us-east-1:222222222222:application:shop',
      'arn:aws:codedeploy:us-east-1:222222222222:deploymentconfig:CodeDeployDefault.ECSCanary10Percent5Minutes', '*',
    ]);
    expect(JSON.stringify(printed(full).permissions)).not.toContain('ecs:UpdateService');
    expect(JSON.stringify(printed({ codeDeploy: { application: 'a', deploymentGroup: 'b' } }))).toContain('deploymentconfig:CodeDeployDefault.ECSAllAtOnce');
  });

  test.each([['the smallest', rights], ['a full one', full]])('that is made is the one that is printed: %s', (_, props) => {
    const { template } = made(props);
    const literal = (value: unknown): any => JSON.parse(JSON.stringify(value, (__, part) => part?.['Fn::Join']
      ? part['Fn::Join'][1].map((piece: any) => typeof piece === 'string' ? piece : 'aws').join('') : part));
    const list = (value: unknown) => [value].flat();
    const statements = (all: any[]) => all.map(({ Action, Resource, Condition, Principal }) => ({
      Action: list(Action), Resource: Resource && list(Resource), Condition, Principal,
    }));
    const [role] = Object.values(template.findResources('AWS::IAM::Role'));
    expect(statements(literal(role.Properties.AssumeRolePolicyDocument.Statement))).toEqual(statements(printed(props).trust.Statement));
    expect(statements(literal(statementsOf(template, /Releases/)))).toEqual(statements(printed(props).permissions.Statement));
  });

  test('has a name that is known beforehand, and is opened for the user', () => {
    const { role, stack, template } = made({ ...rights, roleName: 'releases-web' } as ReleaseRoleRights);
    expect(stack.resolve(role.roleArn)).toEqual({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::222222222222:role/releases-web']] });
    template.hasResourceProperties('AWS::IAM::Role', { RoleName: 'releases-web' });
    template.hasOutput('*', { Value: stack.resolve(role.roleArn) });
    const unnamed = made();
    expect(JSON.stringify(unnamed.stack.resolve(unnamed.role.roleArn))).toMatch(/:role\/release-Shop-?Releases[\w-]*-us-east-1"\]\]\}$/);
  });

  test('stands in a stack that tells account and region, when names are given', () => {
    const { template } = made({ ...rights, cluster: 'shop' }, {});
    expect(JSON.stringify(statementsOf(template, /Releases/))).toContain('":ecs:",{"Ref":"AWS::Region"},":",{"Ref":"AWS::AccountId"},":service/shop/web"');
  });
});
