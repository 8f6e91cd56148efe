import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { judge, withAndWithoutFeatureFlags } from './checkers';
import {
  Approval, BuildCache, Check, Cluster, CodeDeployEvent, DeliveryPipeline, DeployHook, DeployStrategy, Encryption, FargateCicdPipeline, FargateCicdPipelineProps,
  FargateEnvironment, FargateEnvironmentProps, ImageBuild, LoadBalancer, Network, Notification, ReleaseAction, ResourceNames, Scaling, Source, TaskPlace, TrafficRouting,
} from '../src';

// The CDK prints its report of warnings, which the judge returns.
beforeAll(() => { jest.spyOn(console, 'error').mockImplementation(); });

const source = Source.gitHub('acme/shop');
const notifications = [Notification.email('team@example.com')];

const https = (scope: Construct) => LoadBalancer.internetFacing({
  certificate: acm.Certificate.fromCertificateArn(scope, 'Certificate', 'arn:aws:acm:eu-west-1:111111111111:certificate/1'),
});

const existingVpc = (scope: Construct) => ec2.Vpc.fromVpcAttributes(scope, 'Vpc', {
  vpcId: 'vpc-11111111', availabilityZones: ['eu-west-1a', 'eu-west-1b'], publicSubnetIds: ['subnet-11111111', 'subnet-22222222'], privateSubnetIds: ['subnet-33333333', 'subnet-44444444'],
  publicSubnetRouteTableIds: ['rtb-1', 'rtb-1'], privateSubnetRouteTableIds: ['rtb-2', 'rtb-2'],
});

const function1 = (scope: Construct) => lambda.Function.fromFunctionArn(scope, 'Ask', 'arn:aws:lambda:eu-west-1:111111111111:function:ask');

const STRATEGIES: [string, (scope: Construct) => Partial<FargateEnvironmentProps>][] = [
  ['blue/green with a test listener, a hook and a check', (scope) => ({
    loadBalancer: https(scope),
    deployStrategy: DeployStrategy.blueGreen({
      testListener: {}, hooks: [DeployHook.httpCheck(), DeployHook.ecs(function1(scope), { stages: [ecs.DeploymentLifecycleStage.PRE_SCALE_UP] })],
    }),
  })],
  ['linear, plain HTTP by choice', () => ({ loadBalancer: LoadBalancer.internetFacing(), deployStrategy: DeployStrategy.linear({ testListener: {} }) })],
  ['canary, existing VPC', (scope) => ({
    loadBalancer: LoadBalancer.internal(), network: Network.fromVpc(existingVpc(scope)),
    deployStrategy: DeployStrategy.canary({ testListener: {}, hooks: [DeployHook.httpCheck()] }),
  })],
  ['CodeDeploy with everything', (scope) => ({
    loadBalancer: https(scope),
    deployStrategy: DeployStrategy.codeDeploy({
      trafficRouting: TrafficRouting.linear({ percent: 40 }), testListener: {},
      hooks: [DeployHook.httpCheck(), DeployHook.codeDeploy(function1(scope), CodeDeployEvent.AFTER_INSTALL)],
    }),
  })],
];

const FULLER: [string, (scope: Construct) => Partial<FargateCicdPipelineProps>][] = [
  ['HTTPS, own VPC, gates, checks, scaling, suffixed names', (scope) => ({
    loadBalancer: https(scope),
    network: Network.create({ cidr: '10.8.0.0/20', natGateways: 2 }),
    approval: Approval.manual({ notify: Notification.email('boss@example.com') }),
    checks: [Check.nodeTests(), Check.imageScan()],
    releaseChecks: [Check.commands('Smoke', { commands: ['curl -fsS "$SERVICE_URL"'] })],
    scaling: Scaling.onRequests({ requestsPerTask: 1000 }),
    resourceNames: ResourceNames.suffixed({ suffix: 'dev' }),
    earlierStages: [{ releases: [{ target: new FargateEnvironment(scope, 'Staging', { loadBalancer: LoadBalancer.internal(), notifications: [] }) }], approval: Approval.manual() }],
  })],
  ['one-off tasks beside services and in a cluster of its own', (scope) => ({
    loadBalancer: LoadBalancer.internal(),
    checks: [Check.task('Integration', { tests: { image: 'public.ecr.aws/acme/tests:1' } }), Check.task('Elsewhere', {
      place: TaskPlace.inCluster({
        cluster: ecs.Cluster.fromClusterArn(scope, 'Theirs', 'arn:aws:ecs:eu-west-1:111111111111:cluster/theirs'), subnetIds: ['subnet-11111111'],
        securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(scope, 'TheirGroup', 'sg-11111111')],
      }),
    })],
    beforeRelease: [Check.task('Migrate', { command: ['migrate'] }), Check.commands('Freeze', { commands: ['true'] })],
    releaseChecks: [Check.http({ path: '/health' }), Check.invokeFunction('Ask', lambda.Function.fromFunctionName(scope, 'Named', 'ask')), Check.action(new actions.ManualApprovalAction({ actionName: 'Look' }))],
    resourceNames: ResourceNames.suffixed({ suffix: 'dev' }),
  })],
  ['keys of AWS, one-off tasks', (scope) => ({
    loadBalancer: LoadBalancer.internal(), encryption: Encryption.awsManaged(), removalPolicy: RemovalPolicy.DESTROY, network: Network.fromVpc(existingVpc(scope)),
    checks: [Check.task('Elsewhere', {
      place: TaskPlace.inCluster({
        cluster: ecs.Cluster.fromClusterArn(scope, 'Theirs', 'arn:aws:ecs:eu-west-1:111111111111:cluster/theirs'), subnetIds: ['subnet-11111111'],
        securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(scope, 'TheirGroup', 'sg-11111111')], taskRole: iam.Role.fromRoleName(scope, 'TheirRole', 'theirs'),
      }),
    })],
  })],
  ['DESTROY, CodePipeline\'s own action, S3 cache', (scope) => ({
    loadBalancer: https(scope),
    removalPolicy: RemovalPolicy.DESTROY,
    releaseAction: ReleaseAction.codePipelineAction(),
    imageBuild: ImageBuild.dockerfile({ cache: BuildCache.s3() }),
    container: { secrets: {}, metricNamespace: 'Shop', logRetention: 30 },
  })],
  ['keys of AWS, plain HTTP by choice, existing VPC and bucket', (scope) => ({
    loadBalancer: LoadBalancer.internetFacing(),
    encryption: Encryption.awsManaged(),
    network: Network.fromVpc(existingVpc(scope)),
    cluster: Cluster.create(),
    imageBuild: ImageBuild.dockerfile({ cache: BuildCache.fromBucket(s3.Bucket.fromBucketName(scope, 'CacheBucket', 'cache')) }),
  })],
  ['keys of AWS, DESTROY, CodePipeline\'s own action', (scope) => ({
    loadBalancer: LoadBalancer.internal(), encryption: Encryption.awsManaged(), removalPolicy: RemovalPolicy.DESTROY, releaseAction: ReleaseAction.codePipelineAction(),
    network: Network.fromVpc(existingVpc(scope)),
  })],
];

withAndWithoutFeatureFlags((context) => {
  test('the smallest app says two things and no more', () => {
    const app = new App({ context });
    new FargateCicdPipeline(new Stack(app, 'Shop'), 'Shop', { source });
    expect(judge(app).map((finding) => finding.split(':')[0])).toEqual([
      'WARNING Shop/Shop notifications',
      'WARNING Shop/Shop/Environment loadBalancer',
    ]);
  });

  test.each(FULLER)('nothing against: %s', (_, props) => {
    const app = new App({ context });
    const stack = new Stack(app, 'Shop');
    new FargateCicdPipeline(stack, 'Shop', { source, notifications, ...props(stack) });
    expect(judge(app)).toEqual([]);
  });

  test.each(STRATEGIES)('nothing against: %s', (_, props) => {
    const app = new App({ context });
    const stack = new Stack(app, 'Shop');
    new FargateEnvironment(stack, 'Place', { notifications, ...props(stack) });
    expect(judge(app)).toEqual([]);
  });

  test('nothing against a place and a road apart, in stacks that name account and region', () => {
    const app = new App({ context });
    const env = { account: '111111111111', region: 'eu-west-1' };
    const place = new Stack(app, 'Place', { env });
    const target = new FargateEnvironment(place, 'Web', { notifications, loadBalancer: https(place), alarms: [] });
    new DeliveryPipeline(new Stack(app, 'Road', { env }), 'Delivery', { source, notifications, stages: [{ releases: [{ target }] }], pipelineAlarms: [], checks: [] });
    expect(judge(app)).toEqual([]);
  });
});

test('the judge sees what the library would do wrong', () => {
  const app = new App();
  const stack = new Stack(app, 'Shop');
  const { delivery } = new FargateCicdPipeline(stack, 'Shop', { source, notifications, loadBalancer: LoadBalancer.internal() });
  s3.Bucket.fromBucketName(stack, 'Theirs', 'theirs').grantRead(delivery.buildProject);
  expect(judge(app)).toEqual(expect.arrayContaining([expect.stringMatching(/^IAM-WILDACTION\[s3:GetObject\*\] Shop\/Shop\/Delivery\/Build\/Role\/Rights/)]));
});
