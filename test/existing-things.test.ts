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

const env = { account: '111111111111', region: 'us-east-1' };
const source = Source.gitHub('acme/shop');
const arn = (service: string, resource: string) => `arn:aws:${service}:us-east-1:111111111111:${resource}`;

function made(props: (stack: Stack) => Partial<FargateCicdPipelineProps>, context: Record<string, unknown> = {}) {
  const stack = new Stack(new App({ context }), 'Shop', { env });
  const shop = new FargateCicdPipeline(stack, 'Shop', { source, ...props(stack) });
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

test('an existing topic and an existing key, by ARN', () => {
  const { shop, template } = made((stack) => ({
    notifications: [Notification.topic(sns.Topic.fromTopicArn(stack, 'Topic', arn('sns', 'ops')))],
    encryption: Encryption.fromKey(kms.Key.fromKeyArn(stack, 'Key', arn('kms', 'key/11111111-1111-1111-1111-111111111111'))),
  }));
  template.resourceCountIs('AWS::SNS::Topic', 0);
  template.resourceCountIs('AWS::KMS::Key', 0);
  expect(shop.topics.map(({ topicArn }) => topicArn)).toEqual([arn('sns', 'ops')]);
  template.allResourcesProperties('AWS::CloudWatch::Alarm', { AlarmActions: [arn('sns', 'ops')] });
  template.allResourcesProperties('AWS::ECR::Repository', { EncryptionConfiguration: { EncryptionType: 'KMS', KmsKey: arn('kms', 'key/11111111-1111-1111-1111-111111111111') } });
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
