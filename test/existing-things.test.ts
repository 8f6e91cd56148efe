import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import {
  BuildRepository, CodeDeployGroup, DeliveryPipeline, DeployHook, DeployStrategy, Encryption, FargateCicdPipeline, FargateCicdPipelineProps, FargateEnvironment, LoadBalancer,
  Network, Notification, ReleaseRole, Source,
} from '../src';
import { givenNetwork } from './support/bare-place';

const env = { account: '111111111111', region: 'us-east-1' };
const source = Source.gitHub('acme/shop');
const arn = (service: string, resource: string) => `arn:aws:${service}:us-east-1:111111111111:${resource}`;

function made(props: (stack: Stack) => Partial<FargateCicdPipelineProps>, context: Record<string, unknown> = {}) {
  const stack = new Stack(new App({ context }), 'Shop', { env });
  const shop = new FargateCicdPipeline(stack, 'Shop', { source, network: givenNetwork(stack), ...props(stack) });
  return { stack, shop, template: Template.fromStack(stack) };
}

describe('an existing repository for builds', () => {
  const REPOSITORY = arn('ecr', 'repository/theirs');
  const theirs = (stack: Stack) => ({ repository: BuildRepository.fromRepository(ecr.Repository.fromRepositoryArn(stack, 'Theirs', REPOSITORY)) });

  test('is pushed to and copied from, and none is made', () => {
    const { shop, template } = made(theirs);
    expect(shop.delivery.repository.repositoryArn).toBe(REPOSITORY);
    // The cache of builds and the released images have theirs.
    template.resourceCountIs('AWS::ECR::Repository', 2);
    template.hasResourceProperties('AWS::IAM::ManagedPolicy', { PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: Match.arrayWith(['ecr:PutImage']), Resource: REPOSITORY })]) } });
    template.hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: Match.objectLike({ ECR_REPOSITORY: REPOSITORY }) } });
  });

  test('that is made is what no repository says', () => {
    expect(made(() => ({ repository: BuildRepository.create(), imageCount: 7 })).template.toJSON()).toEqual(made(() => ({ imageCount: 7 })).template.toJSON());
  });

  test.each([['imported', theirs, 1], ['made', () => ({}), 0]] as const)('%s: its owner lets places of other accounts pull', (_, repository, warnings) => {
    const stack = new Stack(new App(), 'Shop', { env });
    const target = FargateEnvironment.fromAttributes(stack, 'Web', {
      cluster: 'arn:aws:ecs:us-east-1:222222222222:cluster/shop', service: 'web', releaseRoleArn: 'arn:aws:iam::222222222222:role/web',
    });
    new DeliveryPipeline(stack, 'Delivery', { source, stages: [{ releases: [{ target }] }], ...repository(stack) });
    const found = Annotations.fromStack(stack).findWarning('/Shop/Delivery', Match.stringLikeRegexp('must let 222222222222 pull \\(ecr:BatchCheckLayerAvailability'));
    expect(found).toHaveLength(warnings);
  });
});

/** What a warning asks for: the policy that it prints. */
function asked(stack: Stack, id: string): { text: string; statements: any[] } {
  const [{ entry, ...others }, ...more] = Annotations.fromStack(stack).findWarning('/Shop/Shop', Match.stringLikeRegexp(`cdk-fargate-cicd:${id}\\]`));
  expect([others.level, more]).toEqual(['warning', []]);
  return { text: String(entry.data), statements: JSON.parse(/(\{.*\}) \[ack: /.exec(String(entry.data))![1]).Statement };
}
const services = (statements: any[]): string[] => statements.flatMap(({ Principal }) => Principal.Service ?? []);
const PUBLISHERS = ['cloudwatch.amazonaws.com', 'codestar-notifications.amazonaws.com', 'events.amazonaws.com'];
const KEY = arn('kms', 'key/11111111-1111-1111-1111-111111111111');
const TOPIC = arn('sns', 'ops');

test('an existing topic and an existing key, by ARN', () => {
  const { shop, template } = made((stack) => ({
    notifications: [Notification.topic(sns.Topic.fromTopicArn(stack, 'Topic', TOPIC))],
    encryption: Encryption.fromKey(kms.Key.fromKeyArn(stack, 'Key', KEY)),
  }));
  template.resourceCountIs('AWS::SNS::Topic', 0);
  template.resourceCountIs('AWS::KMS::Key', 0);
  expect(shop.topics.map(({ topicArn }) => topicArn)).toEqual([TOPIC]);
  template.allResourcesProperties('AWS::CloudWatch::Alarm', { AlarmActions: [TOPIC] });
  template.allResourcesProperties('AWS::ECR::Repository', { EncryptionConfiguration: { EncryptionType: 'KMS', KmsKey: KEY } });
});

describe('a key whose policy cannot be changed', () => {
  test.each<[string, (stack: Stack) => kms.IKey, Record<string, unknown>]>([
    ['by ARN', (stack) => kms.Key.fromKeyArn(stack, 'Key', KEY), {}],
    ['by a look-up of its alias', (stack) => kms.Key.fromLookup(stack, 'Key', { aliasName: 'alias/shop' }), {
      'key-provider:account=111111111111:aliasName=alias/shop:region=us-east-1': { keyId: '11111111-1111-1111-1111-111111111111' },
    }],
  ])('must admit by itself what is printed: %s', (_, key, context) => {
    const { stack, template } = made((scope) => ({ encryption: Encryption.fromKey(key(scope)) }), context);
    const { text, statements } = asked(stack, 'fixed-key');
    expect(text).toMatch(/^encryption: nothing can be added to the policy of arn:\S+:key\/11111111-1111-1111-1111-111111111111, so it must hold this by itself: \{/);
    expect(services(statements)).toEqual(['logs.us-east-1.amazonaws.com', ...PUBLISHERS]);
    expect(statements.at(-1)).toEqual({
      Sid: 'Account', Effect: 'Allow', Principal: { AWS: 'arn:<AWS::Partition>:iam::111111111111:root' }, Resource: '*',
      Action: ['kms:CreateGrant', 'kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:RetireGrant'],
    });
    // Nothing that policies of ours allow with the key is missing in it.
    const used = Object.values(template.findResources('AWS::IAM::ManagedPolicy')).flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
      .flatMap(({ Action }: any) => Action).filter((action: string) => action.startsWith('kms:'));
    expect([...new Set(used)].filter((action) => !statements.at(-1).Action.includes(action))).toEqual([]);
  });

  test('a key of the app gets the statements', () => {
    const { stack, template } = made((scope) => ({ encryption: Encryption.fromKey(new kms.Key(scope, 'Key')) }));
    const [{ Properties }] = Object.values(template.findResources('AWS::KMS::Key'));
    expect(services(Properties.KeyPolicy.Statement)).toEqual(['logs.us-east-1.amazonaws.com', ...PUBLISHERS]);
    Annotations.fromStack(stack).hasNoWarning('*', Match.stringLikeRegexp('fixed-key'));
  });
});

describe('a topic whose policy cannot be changed', () => {
  const told = (topic: (stack: Stack) => sns.ITopic) => made((stack) => ({ notifications: [Notification.topic(topic(stack))] }));

  test('must admit by itself what is printed', () => {
    const { stack } = told((scope) => sns.Topic.fromTopicArn(scope, 'Topic', TOPIC));
    const { text, statements } = asked(stack, 'fixed-topic');
    expect(text).toMatch(/^notifications: nothing can be added to the policy of arn:aws:sns:us-east-1:111111111111:ops, so it must hold this by itself: \{/);
    expect(services(statements)).toEqual(PUBLISHERS);
    expect(statements.map(({ Action, Resource }) => [Action, Resource])).toEqual(Array(3).fill(['sns:Publish', TOPIC]));
    Annotations.fromStack(stack).hasNoWarning('*', Match.stringLikeRegexp('fixed-topic-key'));
  });

  test('with a key that cannot be changed either: that must admit them too', () => {
    const { stack } = told((scope) => sns.Topic.fromTopicAttributes(scope, 'Topic', { topicArn: TOPIC, keyArn: KEY }));
    const { text, statements } = asked(stack, 'fixed-topic-key');
    expect(text).toContain(`nothing can be added to the policy of ${KEY}`);
    expect(services(statements)).toEqual(PUBLISHERS);
    expect(statements.at(-1).Condition).toEqual({ ArnLike: { 'kms:EncryptionContext:aws:sns:topicArn': 'arn:<AWS::Partition>:sns:us-east-1:111111111111:*' } });
  });

  test('one that the app makes gets the statements, and so does its key', () => {
    const { stack, template } = told((scope) => new sns.Topic(scope, 'Ops', { masterKey: new kms.Key(scope, 'OpsKey') }));
    const [{ Properties }] = Object.values(template.findResources('AWS::KMS::Key')).filter(({ Properties: { KeyPolicy } }) => KeyPolicy.Statement.length === 4);
    expect(services(Properties.KeyPolicy.Statement)).toEqual(PUBLISHERS);
    expect(services(Object.values(template.findResources('AWS::SNS::TopicPolicy'))[0].Properties.PolicyDocument.Statement)).toEqual(PUBLISHERS);
    Annotations.fromStack(stack).hasNoWarning('*', Match.stringLikeRegexp('fixed-topic'));
  });

  test('one with the key of the place needs nothing for it', () => {
    const { template } = made((stack) => {
      const key = new kms.Key(stack, 'Key');
      return { encryption: Encryption.fromKey(key), notifications: [Notification.topic(new sns.Topic(stack, 'Ops', { masterKey: key }))] };
    });
    expect(services(Object.values(template.findResources('AWS::KMS::Key'))[0].Properties.KeyPolicy.Statement)).toHaveLength(4);
  });
});

describe('an existing VPC', () => {
  const SUBNETS = ['subnet-11111111', 'subnet-11111112'];
  const tasksIn = (template: Template) => Object.values(template.findResources('AWS::ECS::Service'))[0].Properties.NetworkConfiguration.AwsvpcConfiguration.Subnets;
  const balancerIn = (template: Template) => Object.values(template.findResources('AWS::ElasticLoadBalancingV2::LoadBalancer'))[0].Properties.Subnets;

  test('by attributes', () => {
    const { template } = made((stack) => ({
      network: Network.fromVpc(ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
        vpcId: 'vpc-11111111', availabilityZones: ['us-east-1a', 'us-east-1b'], privateSubnetIds: SUBNETS, publicSubnetIds: ['subnet-11111113', 'subnet-11111114'],
      })),
    }));
    template.resourceCountIs('AWS::EC2::VPC', 0);
    template.resourceCountIs('AWS::EC2::NatGateway', 0);
    expect(tasksIn(template)).toEqual(SUBNETS);
    expect(balancerIn(template)).toEqual(['subnet-11111113', 'subnet-11111114']);
  });

  test('by a look-up of the CDK', () => {
    const key = 'vpc-provider:account=111111111111:filter.vpc-id=vpc-11111111:region=us-east-1:returnAsymmetricSubnets=true';
    const subnets = (ids: string[]) => ids.map((subnetId, index) => ({ subnetId, cidr: '10.0.0.0/24', availabilityZone: `us-east-1${'ab'[index]}`, routeTableId: 'rtb-1' }));
    const { template } = made((stack) => ({ network: Network.fromVpc(ec2.Vpc.fromLookup(stack, 'Vpc', { vpcId: 'vpc-11111111' })), loadBalancer: LoadBalancer.internal() }), {
      [key]: { vpcId: 'vpc-11111111', vpcCidrBlock: '10.0.0.0/16', ownerAccountId: env.account, availabilityZones: [], subnetGroups: [{ name: 'Private', type: 'Private', subnets: subnets(SUBNETS) }] },
    });
    template.resourceCountIs('AWS::EC2::VPC', 0);
    expect(tasksIn(template)).toEqual(SUBNETS);
    expect(balancerIn(template)).toEqual(SUBNETS);
  });
});

describe('a permission boundary reaches every role', () => {
  const BOUNDARY = 'arn:aws:iam::111111111111:policy/boundary';

  function everything(context: Record<string, unknown>): { app: App; stack: Stack } {
    const app = new App({ context });
    const stack = new Stack(app, 'Shop', { env });
    new FargateCicdPipeline(stack, 'Shop', { source, deployStrategy: DeployStrategy.blueGreen({ testListener: {}, hooks: [DeployHook.httpCheck()] }) });
    new FargateEnvironment(stack, 'Other', { deployStrategy: DeployStrategy.codeDeploy({}) });
    const service = { cluster: 'shop', service: 'web', passableRoleArns: ['arn:aws:iam::111111111111:role/task'] };
    new ReleaseRole(stack, 'Releases', { ...service, taskFamily: 'web' });
    new CodeDeployGroup(stack, 'Deployments', {
      ...service, listenerArn: arn('elasticloadbalancing', 'listener/app/shop/0/0'), targetGroupArns: ['b', 'g'].map((name) => arn('elasticloadbalancing', `targetgroup/${name}/0`)),
    });
    return { app, stack };
  }

  const boundaries = (stack: Stack) => Object.values(Template.fromStack(stack).findResources('AWS::IAM::Role')).map(({ Properties }) => Properties.PermissionsBoundary);

  test('given by the CDK\'s PermissionsBoundary', () => {
    const { stack } = everything({});
    iam.PermissionsBoundary.of(stack).apply(iam.ManagedPolicy.fromManagedPolicyArn(stack, 'Boundary', BOUNDARY));
    const found = boundaries(stack);
    expect(found.length).toBeGreaterThan(20);
    expect(new Set(found)).toEqual(new Set([BOUNDARY]));
  });

  test('given by the context of the app', () => {
    const { stack } = everything({ '@aws-cdk/core:permissionsBoundary': { name: 'boundary' } });
    expect(new Set(boundaries(stack).map((boundary) => JSON.stringify(boundary)))).toEqual(new Set([JSON.stringify({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::111111111111:policy/boundary']] })]));
  });
});
