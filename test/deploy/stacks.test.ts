import { App, Environment, NestedStack, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as codecommit from 'aws-cdk-lib/aws-codecommit';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import {
  Check, DeliveryPipeline, DeployHook, DeployStrategy, Encryption, FargateCicdPipeline, FargateEnvironment, FargateEnvironmentProps, IReleaseTarget, LoadBalancer, Network,
  Notification, ReleaseTrust, ResourceNames, Source, WebAcl,
} from '../../src';
import { givenNetwork } from '../support/bare-place';
import { all, flat, stagesOf } from '../support/template';

const source = Source.gitHub('acme/shop');
const TOOLS = { account: '111111111111', region: 'us-east-1' };

const road = (scope: Construct, ...targets: IReleaseTarget[]) => new DeliveryPipeline(scope, 'Delivery', { source, stages: targets.map((target) => ({ releases: [{ target }] })) });
const waitsFor = (app: App, stack: string): string[] => app.synth().getStackByName(stack).dependencies.map(({ id }) => id).filter((id) => !id.endsWith('.assets'));
const namesOfRoles = (template: Template): string[] => all(template, 'AWS::IAM::Role').flatMap(([, { RoleName }]) => RoleName === undefined ? [] : flat(RoleName));
const releaseIn = (template: Template): any => JSON.parse(flat(stagesOf(template).at(-1).Actions[0].Configuration.UserParameters));

describe('nested stacks', () => {
  test('a place in one, its pipeline in another, in this order', () => {
    const top = new Stack(new App(), 'Top');
    const [places, roads] = ['Places', 'Roads'].map((id) => new NestedStack(top, id));
    road(roads, new FargateEnvironment(places, 'Web', { network: givenNetwork(places) }));
    const [[first, { Parameters: none }], [, second]] = Object.entries(Template.fromStack(top).findResources('AWS::CloudFormation::Stack')).map(([id, { DependsOn, Properties }]): [string, any] => [id, { ...Properties, DependsOn }]);
    expect(second.DependsOn).toEqual([first]);
    // Not even between parts of one stack does anything go but names.
    expect([none, second.Parameters]).toEqual([undefined, undefined]);
    expect(releaseIn(Template.fromStack(roads)).roleArn).toBe(`arn:<AWS::Partition>:iam::<AWS::AccountId>:role/${namesOfRoles(Template.fromStack(places)).find((name) => /^release-/.test(name))}`);
  });

  test.each<[string, (top: Stack, nested: NestedStack) => [Stack, Stack]]>([
    ['a place in one, its pipeline in the parent', (top, nested) => [nested, top]], ['a pipeline in one, its place in the parent', (top, nested) => [top, nested]],
    ['place and pipeline in one', (_, nested) => [nested, nested]],
  ])('%s', (_, choose) => {
    const top = new Stack(new App(), 'Top');
    const [places, roads] = choose(top, new NestedStack(top, 'Nested'));
    road(roads, new FargateEnvironment(places, 'Web', { network: givenNetwork(places) }));
    expect(stagesOf(Template.fromStack(roads)).at(-1).Name).toBe('Deploy-Web');
  });

  test('a place in one, its pipeline in another account', () => {
    const app = new App();
    const nested = new NestedStack(new Stack(app, 'Top', { env: { account: '222222222222', region: 'eu-west-1' } }), 'Nested');
    const tools = new Stack(app, 'Road', { env: TOOLS });
    road(tools, new FargateEnvironment(nested, 'Web', { network: givenNetwork(nested), releaseTrust: ReleaseTrust.account(TOOLS.account) }));
    expect(waitsFor(app, 'Road')).toEqual(['Top']);
    const [roleName] = namesOfRoles(Template.fromStack(nested));
    expect(roleName).toMatch(/^release-Top-Nested-Web-.*-eu-west-1$/);
    expect(releaseIn(Template.fromStack(tools))).toMatchObject({ roleArn: `arn:<AWS::Partition>:iam::222222222222:role/${roleName}`, region: 'eu-west-1' });
  });

  test('of one id in two stacks: their names keep apart', () => {
    const app = new App();
    const nested = ['One', 'Two'].map((id) => new NestedStack(new Stack(app, id), 'Nested'));
    nested.forEach((stack) => new FargateEnvironment(stack, 'Web', { network: givenNetwork(stack) }));
    const names = nested.flatMap((stack) => namesOfRoles(Template.fromStack(stack)));
    expect(names).toHaveLength(2);
    expect(new Set(names).size).toBe(2);
  });
});

describe('what several stacks share', () => {
  test('key, topic and VPC of a further stack bind nobody in a circle', () => {
    const app = new App();
    const shared = new Stack(app, 'Shared');
    const key = new kms.Key(shared, 'Key');
    const props = { encryption: Encryption.fromKey(key), notifications: [Notification.topic(new sns.Topic(shared, 'Topic', { masterKey: key }))] };
    const network = Network.fromVpc(new ec2.Vpc(shared, 'Vpc'));
    const targets = ['Staging', 'Live'].map((id) => new FargateEnvironment(new Stack(app, id), id, { ...props, network }));
    new DeliveryPipeline(new Stack(app, 'Road'), 'Delivery', { source, ...props, stages: targets.map((target) => ({ releases: [{ target }] })) });
    expect([waitsFor(app, 'Road'), waitsFor(app, 'Live'), waitsFor(app, 'Shared')]).toEqual([['Staging', 'Live', 'Shared'], ['Shared'], []]);
  });

  test('what the stack of the pipeline has is nothing for a place, and the CDK says why', () => {
    const app = new App();
    const tools = new Stack(app, 'Road');
    const target = new FargateEnvironment(new Stack(app, 'Live'), 'Web', { notifications: [Notification.topic(new sns.Topic(tools, 'Topic'))] });
    road(tools, target);
    expect(() => app.synth()).toThrow("'Road' depends on 'Live' (releases to it). Adding this dependency (Live -> Road/Topic/Resource.Ref) would create a cyclic reference");
  });

  test('a place is released to by two pipelines, which do not know each other', () => {
    const app = new App();
    const live = new Stack(app, 'Live');
    const target = new FargateEnvironment(live, 'Web', { network: givenNetwork(live) });
    const [one, two] = ['One', 'Two'].map((id) => road(new Stack(app, id), target));
    expect([waitsFor(app, 'One'), waitsFor(app, 'Two')]).toEqual([['Live'], ['Live']]);
    const [first, second] = [one, two].map((delivery) => Template.fromStack(Stack.of(delivery)));
    const { roleArn, parameterName } = releaseIn(first);
    expect(releaseIn(second)).toMatchObject({ roleArn, parameterName });
    expect(namesOfRoles(first)).not.toEqual(namesOfRoles(second));
  });

  test('a topic of two accounts has a statement for each, under names of their own', () => {
    const app = new App();
    const env = (account: string) => ({ account, region: 'eu-west-1' });
    const shared = new Stack(app, 'Shared', { env: env('111111111111') });
    const topic = new sns.Topic(shared, 'Topic', { topicName: 'operations' });
    for (const account of ['111111111111', '222222222222', '333333333333']) {
      const live = new Stack(app, `Live${account}`, { env: env(account) });
      new FargateEnvironment(live, 'Web', { network: givenNetwork(live), notifications: [Notification.topic(topic)] });
    }
    const [[, { PolicyDocument }]] = all(Template.fromStack(shared), 'AWS::SNS::TopicPolicy');
    expect(PolicyDocument.Statement.map(({ Sid, Condition }: any) => `${Sid} ${Condition?.StringEquals['aws:SourceAccount']}`).sort()).toEqual([
      'Alarms 111111111111', 'Alarms222222222222 222222222222', 'Alarms333333333333 333333333333', 'Events undefined',
      'Notifications 111111111111', 'Notifications222222222222 222222222222', 'Notifications333333333333 333333333333',
    ]);
  });
});

describe('everything that there is', () => {
  const everything = (stackName: string, env: Environment, id: string, props: Partial<FargateEnvironmentProps> = {}) => {
    const stack = new Stack(new App(), stackName, { env });
    const code = Source.codeCommit(new codecommit.Repository(stack, 'Code', { repositoryName: 'shop' }));
    new FargateCicdPipeline(stack, id, {
      source: code, loadBalancer: LoadBalancer.internetFacing({ webAcl: WebAcl.managedRules() }), checks: [Check.imageScan(), Check.task('Integration')],
      deployStrategy: DeployStrategy.blueGreen({ testListener: {}, hooks: [DeployHook.httpCheck()] }), ...props,
    });
    new FargateEnvironment(stack, `${id}Other`, { deployStrategy: DeployStrategy.codeDeploy(), ...props });
    return Template.fromStack(stack).toJSON();
  };

  test.each(['cn-northwest-1', 'us-gov-east-1'])('in %s no ARN is of another partition, and no address of another domain but names of services', (region) => {
    const text = JSON.stringify(everything('Shop', { ...TOOLS, region }, 'Shop'));
    expect(text.match(/arn:aws[a-z-]*:[^"]*/g)).toBeNull();
    const addresses = [...new Set(text.match(/[\w.:/-]*\.amazon(aws)?\.com[^"]*/g))].filter((address) => !/^[\w.-]+\.amazonaws\.com$/.test(address));
    expect(addresses.filter((address) => !address.includes(region))).toEqual([]);
  });

  // Limits: the service quotas of each service; of a role, a policy and a function 64, 128 and 64.
  const LONGEST: Record<string, number> = {
    'AWS::IAM::Role RoleName': 64, 'AWS::Lambda::Function FunctionName': 64, 'AWS::ElasticLoadBalancingV2::LoadBalancer Name': 32, 'AWS::ElasticLoadBalancingV2::TargetGroup Name': 32,
    'AWS::CodePipeline::Pipeline Name': 100, 'AWS::CodeDeploy::Application ApplicationName': 100, 'AWS::CodeDeploy::DeploymentGroup DeploymentGroupName': 100,
    'AWS::CodeConnections::Connection ConnectionName': 32, 'AWS::SSM::Parameter Name': 1011, 'AWS::Logs::LogGroup LogGroupName': 512,
  };

  test.each([['names by CloudFormation', {}], ['names with the longest suffix', { resourceNames: ResourceNames.suffixed({ suffix: 'production-eu-12' }) }]])(
    'in the stack and the region with the longest names every name fits: %s', (_, props) => {
      const { Resources } = everything('S'.repeat(128), { ...TOOLS, region: 'ap-southeast-1' }, 'x'.repeat(60), props);
      const names = Object.values<any>(Resources).flatMap(({ Type, Properties = {} }) => Object.entries<any>(Properties)
        .filter(([prop, value]) => /^(\w*Name|Family)$/.test(prop) && typeof value === 'string').map(([prop, value]): [string, string] => [`${Type} ${prop}`, value]));
      expect(names.map(([what]) => what)).toEqual(expect.arrayContaining(['AWS::IAM::Role RoleName', 'AWS::SSM::Parameter Name']));
      expect(names.filter(([what, name]) => name.length > (LONGEST[what] ?? 255))).toEqual([]);
    });
});
