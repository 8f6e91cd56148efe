import * as fs from 'fs';
import { App, CfnResource, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as route53 from 'aws-cdk-lib/aws-route53';
import * as cloudmap from 'aws-cdk-lib/aws-servicediscovery';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import {
  Balancing, BlueGreenOptions, Capacity, Cluster, ContainerOptions, CreateNetworkOptions, Dashboard, DeployHook, DeployStrategy, Egress, Encryption,
  ExecuteCommand, FargateEnvironment, FargateEnvironmentProps, FirstImage, HealthCheckOptions, ListenerRuleOptions, LoadBalancer, LoadBalancerOptions, Network,
  Notification, ReleaseTrust, ResourceNames, Scaling, ServiceAlarm, ServiceConnect, ServiceDiscovery, Sidecar, Stickiness, TargetProtocol, Volume, WebAcl,
} from '../../../src';
import { bare, givenNetwork } from '../../support/bare-place';

// Everything that a user can change on a living blue/green service, one option at a time. The types miss what is forgotten here: with an option that is added to a struct this does
// not compile until it has its change.

/** One change of each option of a struct. */
type EachOption<Options> = { readonly [Option in keyof Required<Options>]: (scope: Construct) => NonNullable<Options[Option]> };

const certificateOf = (scope: Construct, id: number) => acm.Certificate.fromCertificateArn(scope, `Certificate${id}`, `arn:aws:acm:eu-west-1:111111111111:certificate/${id}`);
const hosted = (scope: Construct) => route53.HostedZone.fromHostedZoneAttributes(scope, 'Zone', { hostedZoneId: 'Z0000000000', zoneName: 'example.com' });
const namespace = (scope: Construct) => new cloudmap.HttpNamespace(scope, 'Namespace', { name: 'shop' });

const PROPS: EachOption<Omit<FargateEnvironmentProps, '_foundation'>> = {
  network: () => Network.create({ egress: Egress.natGateways(2) }),
  cluster: () => Cluster.create({ containerInsights: ecs.ContainerInsights.DISABLED }),
  loadBalancer: (scope) => LoadBalancer.internal({ certificate: certificateOf(scope, 1) }),
  container: () => ({ cpu: 1024 }),
  scaling: () => Scaling.onRequests({ requestsPerTask: 100 }),
  capacity: () => Capacity.fargateSpot(),
  serviceDiscovery: () => ServiceDiscovery.privateDns('shop.internal'),
  serviceConnect: (scope) => ServiceConnect.server(namespace(scope)),
  executeCommand: () => ExecuteCommand.audited(),
  deployStrategy: () => DeployStrategy.blueGreen({ bakeTime: Duration.hours(1), testListener: {} }),
  alarms: () => [ServiceAlarm.cpu({ threshold: 50 })],
  dashboard: () => Dashboard.none(),
  placeName: () => 'live',
  releaseTrust: () => ReleaseTrust.account('333333333333'),
  releasedImageCount: () => 50,
  clusterName: () => 'other',
  serviceName: () => 'other',
  taskFamily: () => 'other',
  releasedRepositoryName: () => 'other',
  loadBalancerName: () => 'other',
  targetGroupName: () => 'other',
  alternateTargetGroupName: () => 'other',
  notifications: () => [Notification.email('team@example.com')],
  encryption: () => Encryption.awsManaged(),
  resourceNames: () => ResourceNames.suffixed({ suffix: 'live' }),
  removalPolicy: () => RemovalPolicy.DESTROY,
  tags: () => ({ team: 'shop' }),
};

const CONTAINER: EachOption<ContainerOptions> = {
  containerName: () => 'web',
  port: () => 8080,
  cpu: () => 1024,
  memoryLimitMiB: () => 4096,
  cpuArchitecture: () => ecs.CpuArchitecture.ARM64,
  healthCheck: () => ({ path: '/health' }),
  environment: () => ({ MODE: 'live' }),
  secrets: (scope) => ({ KEY: ecs.Secret.fromSsmParameter(ssm.StringParameter.fromSecureStringParameterAttributes(scope, 'Key', { parameterName: '/shop/key' })) }),
  command: () => ['serve'],
  entryPoint: () => ['/bin/app'],
  metricNamespace: () => 'Shop',
  user: () => '1000',
  taskRole: (scope) => iam.Role.fromRoleArn(scope, 'Task role', 'arn:aws:iam::111111111111:role/shop-task'),
  executionRole: (scope) => iam.Role.fromRoleArn(scope, 'Execution role', 'arn:aws:iam::111111111111:role/shop-execution'),
  commandHealthCheck: () => ({ command: ['CMD', 'check'] }),
  readonlyRootFilesystem: () => true,
  volumes: () => [Volume.memory('/tmp')],
  sidecars: () => [Sidecar.adotCollector()],
  ephemeralStorageGiB: () => 50,
  ulimits: () => [{ name: ecs.UlimitName.NOFILE, softLimit: 1024, hardLimit: 2048 }],
  stopTimeout: () => Duration.seconds(60),
  firstImage: (scope) => FirstImage.fromRepository(ecr.Repository.fromRepositoryName(scope, 'First', 'first'), 'v1'),
  logGroupName: () => 'shop',
  logRetention: () => logs.RetentionDays.ONE_MONTH,
};

const HEALTH_CHECK: EachOption<HealthCheckOptions> = {
  path: () => '/health',
  healthyHttpCodes: () => '200-299',
  interval: () => Duration.seconds(20),
  timeout: () => Duration.seconds(3),
  healthyThresholdCount: () => 5,
  unhealthyThresholdCount: () => 5,
  gracePeriod: () => Duration.minutes(5),
};

const LOAD_BALANCER: EachOption<LoadBalancerOptions> = {
  certificate: (scope) => certificateOf(scope, 2),
  sslPolicy: () => elbv2.SslPolicy.TLS13_13,
  dnsRecord: (scope) => ({ hostedZone: hosted(scope), recordName: 'shop' }),
  allowFrom: () => [ec2.Peer.ipv4('192.0.2.0/24')],
  webAcl: () => WebAcl.managedRules(),
  idleTimeout: () => Duration.seconds(90),
  clientKeepAlive: () => Duration.minutes(10),
  desyncMitigationMode: () => elbv2.DesyncMitigationMode.STRICTEST,
  dropInvalidHeaderFields: () => false,
  preserveHostHeader: () => true,
  xForwardedFor: () => elbv2.XffHeaderProcessingMode.PRESERVE,
  ipAddressType: () => elbv2.IpAddressType.DUAL_STACK,
  deregistrationDelay: () => Duration.seconds(60),
  protocol: () => TargetProtocol.http1({ tls: true }),
  balancing: () => Balancing.leastOutstandingRequests(),
  stickiness: () => Stickiness.cookie(),
};

/** Of a service on a listener that others share: there the rule itself belongs to the user. */
const LISTENER_RULE: EachOption<ListenerRuleOptions> = {
  priority: () => 6,
  host: () => 'other.example.com',
  path: () => '/api/*',
  conditions: () => [elbv2.ListenerCondition.httpHeader('X-Tenant', ['a'])],
  url: () => 'https://other.example.com',
  deregistrationDelay: LOAD_BALANCER.deregistrationDelay,
  protocol: LOAD_BALANCER.protocol,
  balancing: LOAD_BALANCER.balancing,
  stickiness: LOAD_BALANCER.stickiness,
};

const NETWORK: EachOption<CreateNetworkOptions> = {
  cidr: () => '10.1.0.0/16',
  availabilityZones: () => ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
  publicSubnetCidrs: () => ['10.0.64.0/20', '10.0.80.0/20'],
  privateSubnetCidrs: () => ['10.0.128.0/20', '10.0.144.0/20'],
  egress: () => Egress.vpcEndpoints(),
};

const STRATEGY: EachOption<BlueGreenOptions> = {
  bakeTime: () => Duration.minutes(30),
  testListener: () => ({ port: 9443, allowFrom: [ec2.Peer.ipv4('192.0.2.0/24')] }),
  hooks: (scope) => [DeployHook.ecs(lambda.Function.fromFunctionArn(scope, 'Ask', 'arn:aws:lambda:eu-west-1:111111111111:function:ask'), {
    stages: [ecs.DeploymentLifecycleStage.POST_SCALE_UP],
  })],
};

type Change = (scope: Construct) => FargateEnvironmentProps;
type Changes = Record<string, (scope: Construct) => any>;

/** Those of the default: whoever names the public ones names the private ones, too. */
const SUBNETS = { publicSubnetCidrs: ['10.0.0.0/20', '10.0.16.0/20'], privateSubnetCidrs: ['10.0.32.0/20', '10.0.48.0/20'] };

/** How the option of a struct gets into the props of the place. */
const within = (name: string, changes: Changes, put: (scope: Construct, options: any) => FargateEnvironmentProps): [string, Change][] =>
  Object.entries(changes).map(([option, change]) => [`${name}${option}`, (scope) => put(scope, { [option]: change(scope) })]);

const CHANGES: [string, Change][] = [
  ...within('', PROPS, (_, props) => props),
  ...within('container.', CONTAINER, (_, container) => ({ container })),
  ...within('container.healthCheck.', HEALTH_CHECK, (_, healthCheck) => ({ container: { healthCheck } })),
  ...within('loadBalancer.', LOAD_BALANCER, (scope, options) => ({
    loadBalancer: LoadBalancer.internetFacing({ certificate: options.certificate ?? certificateOf(scope, 1), ...options }),
    // The page that stands in before the first release speaks plain HTTP only.
    container: options.protocol && { firstImage: CONTAINER.firstImage(scope) },
  })),
  ...within('network.', NETWORK, (_, options) => ({ network: Network.create({ ...(options.publicSubnetCidrs || options.privateSubnetCidrs ? SUBNETS : {}), ...options }) })),
  ...within('deployStrategy.', STRATEGY, (_, options) => ({ deployStrategy: DeployStrategy.blueGreen({ testListener: {}, ...options }) })),
];

/** The resources of the stack, without the rest of a synth, which takes as long again. */
function resources(change: Change = () => ({}), network = givenNetwork): [string, any][] {
  const stack = new Stack(new App({ treeMetadata: false, stackTraces: false, analyticsReporting: false }), 'Shop');
  const changed = change(stack);
  new FargateEnvironment(stack, 'Place', {
    ...bare(stack, network), dashboard: undefined,
    deployStrategy: DeployStrategy.blueGreen({ testListener: {} }),
    ...(changed.loadBalancer ? {} : { loadBalancer: LoadBalancer.internetFacing({ certificate: certificateOf(stack, 1) }) }),
    ...changed,
  });
  return stack.node.findAll().filter(CfnResource.isCfnResource).flatMap((resource) => Object.entries<any>(stack.resolve(resource._toCloudFormation()).Resources));
}

/**
 * What the rule with the weights stands on, and the properties with which CloudFormation makes it anew: a rule that names another listener or group is written, with the weights of
 * the template. From `createOnlyProperties` of the resource schemas.
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-targetgroup.html
 */
const FIXED: Record<string, string[]> = {
  'AWS::EC2::VPC': ['CidrBlock', 'InstanceTenancy', 'Ipv4IpamPoolId', 'Ipv4NetmaskLength'],
  'AWS::ElasticLoadBalancingV2::LoadBalancer': ['Name', 'Scheme', 'Type'],
  'AWS::ElasticLoadBalancingV2::Listener': ['LoadBalancerArn'],
  'AWS::ElasticLoadBalancingV2::TargetGroup': ['IpAddressType', 'Name', 'Port', 'Protocol', 'ProtocolVersion', 'TargetType', 'VpcId'],
};

/** All of the rules, and of what they stand on what must not change. */
const traffic = (found: [string, any][]): string => JSON.stringify(found.flatMap(([id, { Type, Properties = {} }]) => {
  if (Type === 'AWS::ElasticLoadBalancingV2::ListenerRule') return [[id, Properties]];
  return Type in FIXED ? [[id, FIXED[Type].map((property) => Properties[property])]] : [];
}).sort());

/** With these a load balancer, a listener or a target group is another one, so the rule is, too: see the decision about traffic. */
const ANEW = [
  'loadBalancer', 'loadBalancerName', 'targetGroupName', 'alternateTargetGroupName', 'resourceNames', 'loadBalancer.protocol', 'network.cidr',
];
/** Refused at synth together with the strategy, or with a network that the library makes. */
const REFUSED = ['serviceDiscovery', 'loadBalancer.stickiness', 'loadBalancer.ipAddressType'];
/** Said by the pipeline alone, or put on at the end of the synth. */
const UNSEEN = ['placeName', 'tags'];

/** A change of the network is one of ours. */
const ours = () => Network.create();
const networkOf = (name: string) => /^network|ipAddressType$/.test(name) ? ours : givenNetwork;
const before = { given: resources(), ours: resources(undefined, ours) };
const beforeOf = (name: string) => networkOf(name) === ours ? before.ours : before.given;

test.each(CHANGES.filter(([name]) => ![...ANEW, ...REFUSED].includes(name)))('%s: the stack changes, and nothing that holds weights is written', (name, change) => {
  const after = resources(change, networkOf(name));
  expect(JSON.stringify(after) === JSON.stringify(beforeOf(name))).toBe(UNSEEN.includes(name));
  expect(traffic(after)).toBe(traffic(beforeOf(name)));
});

describe('on a shared listener', () => {
  const shared = (scope: Construct, options: Partial<ListenerRuleOptions> = {}): FargateEnvironmentProps => ({
    deployStrategy: DeployStrategy.blueGreen(),
    loadBalancer: LoadBalancer.fromListener(elbv2.ApplicationListener.fromApplicationListenerAttributes(scope, 'Listener', {
      listenerArn: 'arn:aws:elasticloadbalancing:eu-west-1:111111111111:listener/app/shared/50dc6c495c0c9188/f2f7dc8efc522ab2',
      securityGroup: ec2.SecurityGroup.fromSecurityGroupId(scope, 'Shared', 'sg-11111111'),
    }), { host: 'shop.example.com', priority: 5, ...options }),
    container: options.protocol && { firstImage: CONTAINER.firstImage(scope) },
  });
  const now = resources(shared);
  const guard = (found: [string, any][]) => JSON.stringify(found.find(([, { Type }]) => Type === 'Custom::TrafficGuard')![1].Properties);
  const changes = Object.entries(LISTENER_RULE).filter(([name]) => !['protocol', 'stickiness'].includes(name));

  test.each(changes)('%s: what is written with the weights is seen by the guard first', (option, change) => {
    const after = resources((scope) => shared(scope, { [option]: change(scope) }));
    expect(JSON.stringify(after)).not.toBe(JSON.stringify(now));
    expect(traffic(after) !== traffic(now)).toBe(guard(after) !== guard(now));
  });
});

test.each(CHANGES.filter(([name]) => ANEW.includes(name)))('%s: makes anew what the rule stands on, as the docs say', (name, change) => {
  expect(traffic(resources(change, networkOf(name)))).not.toBe(traffic(beforeOf(name)));
  expect(fs.readFileSync('docs/the-one-writer.md', 'utf-8')).toContain(`\`${name}\``);
});

test.each(CHANGES.filter(([name]) => REFUSED.includes(name)))('%s: is refused', (name, change) => {
  expect(() => resources(change, networkOf(name))).toThrow(`\n  ${name}: got `);
});

// The minimum version of the CDK does not tag rules; the newest one does.
test('tags: the rules have none', () => {
  const app = new App();
  const stack = new Stack(app, 'Shop');
  new FargateEnvironment(stack, 'Place', { deployStrategy: DeployStrategy.blueGreen({ testListener: {} }), loadBalancer: LoadBalancer.internetFacing(), tags: { team: 'shop' } });
  const rules = Object.values<any>(app.synth().getStackByName('Shop').template.Resources).filter(({ Type }) => Type === 'AWS::ElasticLoadBalancingV2::ListenerRule');
  expect(rules.map(({ Properties }) => Properties.Tags)).toEqual([undefined, undefined]);
});

test('the rules that hold weights are seen', () => {
  expect(before.given.filter(([, { Type }]) => Type === 'AWS::ElasticLoadBalancingV2::ListenerRule')).toHaveLength(2);
  const other: typeof before.given = JSON.parse(JSON.stringify(before.given));
  other.find(([, { Type }]) => Type === 'AWS::ElasticLoadBalancingV2::ListenerRule')![1].Properties.Actions[0].ForwardConfig.TargetGroups[0].Weight = 99;
  expect(traffic(other)).not.toBe(traffic(before.given));
});
