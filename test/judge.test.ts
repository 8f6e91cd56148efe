import { App, Aspects, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as route53 from 'aws-cdk-lib/aws-route53';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as cloudmap from 'aws-cdk-lib/aws-servicediscovery';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { judge, withAndWithoutFeatureFlags } from './checkers';
import {
  Approval, BuildCache, Capacity, Check, Cluster, CodeDeployEvent, CodeDeployGroup, DeliveryPipeline, DeployHook, DeployStrategy, Egress, Encryption, ExecuteCommand,
  FargateCicdPipeline, FargateCicdPipelineProps, FargateEnvironment, FargateEnvironmentProps, FirstImage, ImageBuild, LoadBalancer, Network, Notification, ReleaseAction,
  ReleaseRole, ReleaseTrust, ResourceNames, Scaling, ServiceConnect, ServiceDiscovery, Sidecar, Source, StageCondition, StageFailure, Stickiness, TargetProtocol,
  TaskPlace, TaskReport, TrafficRouting, Volume, WebAcl,
} from '../src';

// The CDK prints its report of warnings, which the judge returns.
beforeAll(() => { jest.spyOn(console, 'error').mockImplementation(); });

const source = Source.gitHub('acme/shop');
const notifications = [Notification.email('team@example.com')];

const https = (scope: Construct) => LoadBalancer.internetFacing({
  certificate: acm.Certificate.fromCertificateArn(scope, 'Certificate', 'arn:aws:acm:eu-west-1:111111111111:certificate/1'),
});

/** What rows have that do not speak of the network: ours is a third of a place. */
const existing = (scope: Construct) => Network.fromVpc(ec2.Vpc.fromVpcAttributes(scope, 'Vpc', {
  vpcId: 'vpc-11111111', availabilityZones: ['eu-west-1a', 'eu-west-1b'], publicSubnetIds: ['subnet-11111111', 'subnet-22222222'], privateSubnetIds: ['subnet-33333333', 'subnet-44444444'],
  publicSubnetRouteTableIds: ['rtb-1', 'rtb-1'], privateSubnetRouteTableIds: ['rtb-2', 'rtb-2'],
}));

const function1 = (scope: Construct) => lambda.Function.fromFunctionArn(scope, 'Ask', 'arn:aws:lambda:eu-west-1:111111111111:function:ask');

const STRATEGIES: [string, (scope: Construct) => Partial<FargateEnvironmentProps>][] = [
  ['blue/green with a test listener, a hook and a check', (scope) => ({
    loadBalancer: https(scope),
    deployStrategy: DeployStrategy.blueGreen({
      testListener: {}, hooks: [DeployHook.httpCheck(), DeployHook.ecs(function1(scope), { stages: [ecs.DeploymentLifecycleStage.PRE_SCALE_UP] })],
    }),
  })],
  ['linear, plain HTTP by choice', () => ({ loadBalancer: LoadBalancer.internetFacing(), deployStrategy: DeployStrategy.linear({ testListener: {} }) })],
  ['canary', () => ({
    loadBalancer: LoadBalancer.internal(),
    deployStrategy: DeployStrategy.canary({ testListener: {}, hooks: [DeployHook.httpCheck()] }),
  })],
  ['a firewall of ours, some clients, sticky sessions', (scope) => ({
    loadBalancer: LoadBalancer.internetFacing({
      dnsRecord: { hostedZone: route53.HostedZone.fromHostedZoneAttributes(scope, 'Zone', { hostedZoneId: 'Z1', zoneName: 'example.com' }), recordName: 'shop' },
      webAcl: WebAcl.managedRules({ requestsPerFiveMinutes: 2000 }), allowFrom: [ec2.Peer.ipv4('192.0.2.0/24'), ec2.Peer.anyIpv4()], stickiness: Stickiness.cookie(),
    }),
  })],
  ['gRPC, and choices that checkers do not like', (scope) => ({
    loadBalancer: LoadBalancer.internal({
      certificate: acm.Certificate.fromCertificateArn(scope, 'Certificate', 'arn:aws:acm:eu-west-1:111111111111:certificate/1'),
      webAcl: WebAcl.fromArn('arn:aws:wafv2:eu-west-1:111111111111:regional/webacl/shop/1'), protocol: TargetProtocol.grpc({ tls: true }),
      dropInvalidHeaderFields: false, desyncMitigationMode: elbv2.DesyncMitigationMode.MONITOR, allowFrom: [ec2.Peer.anyIpv4()],
    }),
    container: { firstImage: FirstImage.fromRepository(ecr.Repository.fromRepositoryName(scope, 'Images', 'shop'), 'v1') },
  })],
  ['VPC endpoints, with secrets, metrics and a check', (scope) => ({
    loadBalancer: https(scope), network: Network.create({ egress: Egress.vpcEndpoints({ interfaceEndpoints: [ec2.InterfaceVpcEndpointAwsService.STS] }) }),
    container: { metricNamespace: 'Shop', secrets: { DB: ecs.Secret.fromSecretsManager(secretsmanager.Secret.fromSecretNameV2(scope, 'Db', 'db')) } },
    deployStrategy: DeployStrategy.blueGreen({ testListener: {}, hooks: [DeployHook.httpCheck()] }),
  })],
  ['public addresses and a check', (scope) => ({
    loadBalancer: https(scope), network: Network.create({ egress: Egress.publicIp() }),
    deployStrategy: DeployStrategy.blueGreen({ testListener: {}, hooks: [DeployHook.httpCheck()] }),
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
    network: Network.create({ cidr: '10.8.0.0/20', egress: Egress.natGateways(2) }),
    approval: Approval.manual({ notify: Notification.email('boss@example.com') }),
    checks: [Check.nodeTests(), Check.imageScan()],
    releaseChecks: [Check.commands('Smoke', { commands: ['curl -fsS "$SERVICE_URL"'] })],
    scaling: Scaling.onRequests({ requestsPerTask: 1000 }),
    resourceNames: ResourceNames.suffixed({ suffix: 'dev' }),
    earlierStages: [{ releases: [{ target: new FargateEnvironment(scope, 'Staging', { loadBalancer: LoadBalancer.internal(), notifications: [] }) }], approval: Approval.manual(), notifications: [Notification.email('oncall@example.com')] }],
  })],
  ['one-off tasks beside services and in a cluster of its own', (scope) => ({
    loadBalancer: LoadBalancer.internal(),
    checks: [Check.task('Integration', { tests: { image: 'public.ecr.aws/acme/tests:1' }, report: TaskReport.uploaded() }), Check.task('Elsewhere', {
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
    loadBalancer: LoadBalancer.internal(), encryption: Encryption.awsManaged(), removalPolicy: RemovalPolicy.DESTROY,
    checks: [Check.task('Elsewhere', {
      report: TaskReport.uploaded(),
      place: TaskPlace.inCluster({
        cluster: ecs.Cluster.fromClusterArn(scope, 'Theirs', 'arn:aws:ecs:eu-west-1:111111111111:cluster/theirs'), subnetIds: ['subnet-11111111'],
        securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(scope, 'TheirGroup', 'sg-11111111')], taskRole: iam.Role.fromRoleName(scope, 'TheirRole', 'theirs'),
      }),
    })],
  })],
  ['DESTROY, CodePipeline\'s own action, S3 cache', (scope) => ({
    loadBalancer: https(scope),
    network: Network.create(),
    removalPolicy: RemovalPolicy.DESTROY,
    releaseConditions: { after: [StageCondition.alarm(cloudwatch.Alarm.fromAlarmArn(scope, 'Errors', 'arn:aws:cloudwatch:eu-west-1:111111111111:alarm:errors'))] },
    onReleaseFailure: StageFailure.rollBack(),
    releaseAction: ReleaseAction.codePipelineAction(),
    imageBuild: ImageBuild.dockerfile({ cache: BuildCache.s3() }),
    container: { secrets: {}, metricNamespace: 'Shop', logRetention: 30 },
  })],
  ['keys of AWS, plain HTTP by choice, existing VPC and bucket', (scope) => ({
    loadBalancer: LoadBalancer.internetFacing(),
    encryption: Encryption.awsManaged(),
    cluster: Cluster.create(),
    imageBuild: ImageBuild.dockerfile({ cache: BuildCache.fromBucket(s3.Bucket.fromBucketName(scope, 'CacheBucket', 'cache')) }),
  })],
  ['keys of AWS, DESTROY, CodePipeline\'s own action', () => ({
    loadBalancer: LoadBalancer.internal(), encryption: Encryption.awsManaged(), removalPolicy: RemovalPolicy.DESTROY, releaseAction: ReleaseAction.codePipelineAction(),
  })],
];

const TASKS: [string, (scope: Construct) => Partial<FargateEnvironmentProps>][] = [
  ['sidecars, volumes, Spot, a schedule, discovery, sessions of people', (scope) => ({
    loadBalancer: LoadBalancer.internal(), cluster: Cluster.create({ storageKey: kms.Key.fromKeyArn(scope, 'Disks', 'arn:aws:kms:eu-west-1:111111111111:key/11111111-2222-3333-4444-555555555555') }), capacity: Capacity.fargateSpot(),
    container: {
      ephemeralStorageGiB: 30, sidecars: [Sidecar.fireLens(), Sidecar.adotCollector()],
      volumes: [Volume.memory('/tmp'), Volume.disk('/cache'), Volume.efs(efs.FileSystem.fromFileSystemAttributes(scope, 'Files', {
        fileSystemId: 'fs-11111111', securityGroup: ec2.SecurityGroup.fromSecurityGroupId(scope, 'FilesGroup', 'sg-11111111'),
      }), '/uploads')],
    },
    scaling: Scaling.onCpu({ schedules: [{ schedule: autoscaling.Schedule.cron({ hour: '20', minute: '0' }), minTasks: 1 }] }),
    executeCommand: ExecuteCommand.audited(), serviceDiscovery: ServiceDiscovery.privateDns('shop.internal'),
  })],
  ['roles by ARN, with sidecars and sessions', (scope) => ({
    loadBalancer: LoadBalancer.internal(), executeCommand: ExecuteCommand.audited(),
    container: {
      taskRole: iam.Role.fromRoleArn(scope, 'TheirTaskRole', 'arn:aws:iam::111111111111:role/service-role/task'), executionRole: iam.Role.fromRoleName(scope, 'TheirExecutionRole', 'execution'),
      metricNamespace: 'Shop', secrets: { DB: ecs.Secret.fromSecretsManager(secretsmanager.Secret.fromSecretNameV2(scope, 'Db', 'db')) }, sidecars: [Sidecar.fireLens(), Sidecar.adotCollector()],
    },
  })],
  ['blue/green with Service Connect, keys of AWS, a read-only root', (scope) => ({
    loadBalancer: LoadBalancer.internal(), encryption: Encryption.awsManaged(), deployStrategy: DeployStrategy.blueGreen(),
    container: { readonlyRootFilesystem: true, volumes: [Volume.memory('/tmp')] }, serviceConnect: ServiceConnect.server(new cloudmap.HttpNamespace(scope, 'Namespace', { name: 'shop' })),
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
    new FargateCicdPipeline(stack, 'Shop', { source, notifications, network: existing(stack), ...props(stack) });
    expect(judge(app)).toEqual([]);
  });

  test.each([...STRATEGIES, ...TASKS])('nothing against: %s', (_, props) => {
    const app = new App({ context });
    const stack = new Stack(app, 'Shop');
    new FargateEnvironment(stack, 'Place', { notifications, network: existing(stack), ...props(stack) });
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

  test.each([
    ['account', ReleaseTrust.account('222222222222', { externalId: 'shop' })],
    ['organization', ReleaseTrust.organization('o-0123456789', { accounts: ['222222222222'] })],
    ['role', ReleaseTrust.role('arn:aws:iam::222222222222:role/release-function-Road')],
  ])('nothing against a place that trusts an %s elsewhere, and the road to it', (_, releaseTrust) => {
    const app = new App({ context });
    const place = new Stack(app, 'Place', { env: { account: '111111111111', region: 'eu-west-1' } });
    const target = new FargateEnvironment(place, 'Web', { notifications, loadBalancer: https(place), releaseTrust, network: existing(place) });
    new DeliveryPipeline(new Stack(app, 'Road', { env: { account: '222222222222', region: 'us-east-1' } }), 'Delivery', { source, notifications, stages: [{ releases: [{ target }] }] });
    expect(judge(app)).toEqual([]);
  });
});

withAndWithoutFeatureFlags((context) => {
  test('nothing against services that exist: a road to them, their role and their deployment group', () => {
    const app = new App({ context });
    const env = { account: '111111111111', region: 'eu-west-1' };
    const theirs = new Stack(app, 'Theirs', { env: { ...env, account: '222222222222' } });
    const service = { cluster: 'arn:aws:ecs:eu-west-1:222222222222:cluster/shop', service: 'web', alarmNames: ['errors'] };
    const passableRoleArns = ['arn:aws:iam::222222222222:role/task', 'arn:aws:iam::222222222222:role/execution'];
    const balancing = (resource: string) => `arn:aws:elasticloadbalancing:eu-west-1:222222222222:${resource}`;
    const group = new CodeDeployGroup(theirs, 'Deployments', {
      ...service, passableRoleArns, listenerArn: balancing('listener/app/shop/0/1'), testListenerArn: balancing('listener/app/shop/0/2'),
      targetGroupArns: [balancing('targetgroup/blue/0'), balancing('targetgroup/green/0')], hookFunctionArns: ['arn:aws:lambda:eu-west-1:222222222222:function:ask'],
    });
    const role = new ReleaseRole(theirs, 'Releases', {
      ...service, taskFamily: 'web', passableRoleArns, logGroupName: '/web', repositoryArn: 'arn:aws:ecr:eu-west-1:222222222222:repository/web', codeDeploy: group.address,
      releaseTrust: ReleaseTrust.account(env.account, { externalId: 'shop' }),
    });
    new ReleaseRole(theirs, 'Smallest', { ...service, taskFamily: 'web', passableRoleArns });
    const road = new Stack(app, 'Road', { env });
    const target = FargateEnvironment.fromAttributes(road, 'Web', { ...service, releaseRoleArn: role.roleArn, externalId: 'shop', codeDeploy: group.address });
    new DeliveryPipeline(road, 'Delivery', { source, notifications, stages: [{ releases: [{ target }] }] });
    expect(judge(app)).toEqual([]);
  });
});

withAndWithoutFeatureFlags((context) => {
  test('nothing against roles with a path and a prefix', () => {
    const app = new App({ context });
    const stack = new Stack(app, 'Shop', { env: { account: '111111111111', region: 'eu-west-1' } });
    Aspects.of(stack).add({
      visit: (node) => {
        if (!(node instanceof iam.CfnRole)) return;
        node.path = '/team/';
        const name: string | undefined = stack.resolve(node.roleName);
        if (name) node.roleName = `acme-${name}`;
      },
    });
    const releaseTrust = ReleaseTrust.account('111111111111', { functionRoles: 'team/acme-release-function-*' });
    new FargateCicdPipeline(stack, 'Shop', { source, notifications, releaseTrust, network: existing(stack), loadBalancer: LoadBalancer.internal(), beforeRelease: [Check.task('Migrate', { command: ['migrate'] })] });
    expect(judge(app)).toEqual([]);
  });

  test('of roles, key and topic that cannot be changed it is said what they must hold, and no more', () => {
    const app = new App({ context });
    const stack = new Stack(app, 'Shop', { env: { account: '111111111111', region: 'eu-west-1' } });
    const KEY = 'arn:aws:kms:eu-west-1:111111111111:key/11111111-1111-1111-1111-111111111111';
    new FargateEnvironment(stack, 'Place', {
      network: existing(stack), loadBalancer: LoadBalancer.internal(), encryption: Encryption.fromKey(kms.Key.fromKeyArn(stack, 'Key', KEY)),
      notifications: [Notification.topic(sns.Topic.fromTopicAttributes(stack, 'Ops', { topicArn: 'arn:aws:sns:eu-west-1:111111111111:ops', keyArn: KEY }))],
      container: { executionRole: iam.Role.fromRoleArn(stack, 'Execution', 'arn:aws:iam::111111111111:role/execution', { mutable: false }) },
    });
    expect(judge(app).map((finding) => finding.split(': ')[0])).toEqual([
      'WARNING Shop/Place encryption', 'WARNING Shop/Place notifications', 'WARNING Shop/Place notifications', 'WARNING Shop/Place/ExecutionRole container.executionRole',
    ]);
  });
});

test('the judge sees what the library would do wrong', () => {
  const app = new App();
  const stack = new Stack(app, 'Shop');
  const { delivery } = new FargateCicdPipeline(stack, 'Shop', { source, notifications, network: existing(stack), loadBalancer: LoadBalancer.internal() });
  s3.Bucket.fromBucketName(stack, 'Theirs', 'theirs').grantRead(delivery.buildProject);
  expect(judge(app)).toEqual(expect.arrayContaining([expect.stringMatching(/^IAM-WILDACTION\[s3:GetObject\*\] Shop\/Shop\/Delivery\/Build\/Role\/Rights/)]));
});
