import { App, CfnParameter, Duration, Environment, Lazy, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as autoscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codecommit from 'aws-cdk-lib/aws-codecommit';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as route53 from 'aws-cdk-lib/aws-route53';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as cloudmap from 'aws-cdk-lib/aws-servicediscovery';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import {
  Approval, Balancing, BuildCache, BuildRepository, BuildSecret, Capacity, Check, CircuitBreaker, Cluster, CodeDeployEvent, Dashboard, DeliveryPipeline, DeployHook,
  DeploymentHistory, DeployStrategy, Egress, Encryption, ExecuteCommand, FargateCicdPipeline, FargateEnvironment, FirstImage, Http5xxOrigin, ImageBuild, LoadBalancer,
  Network, Notification, PipelineAlarm, ReleaseAction, ReleaseTrust, ResourceNames, Scaling, ServiceAlarm, ServiceConnect, ServiceDiscovery, Sidecar, Source,
  StageCondition, Stickiness, TargetProtocol, TaskPlace, TrafficRouting, Volume, WebAcl,
} from '../src';

/** What JavaScript and Python may hand over, whatever the compiler would say. */
const wrong = (value: unknown): never => value as never;

/** One app for all stacks that are never synthesized: each app makes a folder. */
const shared = new App();
const stack = () => {
  shared.node.tryRemoveChild('Shop');
  return new Stack(shared, 'Shop');
};
const source = Source.gitHub('acme/shop');

/** Lines of the error that a construct throws, without its heading; none when it throws nothing. */
function problems(make: (scope: Construct) => unknown): string[] {
  try {
    make(stack());
    return [];
  } catch (error) {
    expect((error as Error).name).toBe('Error');
    return (error as Error).message.split('\n').slice(1).map((line) => line.trim());
  }
}

const ofEnvironment = (props: object) => problems((scope) => new FargateEnvironment(scope, 'Place', props));
const ofPipeline = (props: object) => problems((scope) => new FargateCicdPipeline(scope, 'Shop', { source, ...props }));

const secret = () => secretsmanager.Secret.fromSecretNameV2(stack(), 'Token', 'github');

const images = () => ecr.Repository.fromRepositoryName(stack(), 'Images', 'shop');

const CHECK = { command: ['CMD', 'true'] };

const LATER_TEXT = Lazy.string({ produce: () => 'text' });
const LATER_TEXT_ARN = Lazy.string({ produce: () => 'arn:aws:iam::222222222222:role/later' });
const LATER = Lazy.number({ produce: () => 60 });
const ZONES = ['eu-west-1a', 'eu-west-1b'];
const gitHub = (options: object) => ({ source: Source.gitHub('acme/shop', options) });
const network = (options: object) => ({ network: Network.create(options) });
const strategy = (deployStrategy: DeployStrategy) => ({ deployStrategy });
const hours = Duration.hours;
const aFunction = wrong({ functionArn: 'arn:aws:lambda:eu-west-1:111111111111:function:f' });
const balancer = (options: object) => ({ loadBalancer: LoadBalancer.internetFacing(options) });
const beforehand = (condition: StageCondition) => ({ releaseConditions: { before: [condition] } });
const theirAlarm = () => cloudwatch.Alarm.fromAlarmArn(stack(), 'Alarm', 'arn:aws:cloudwatch:eu-west-1:111111111111:alarm:errors');
const trust = (releaseTrust: ReleaseTrust) => ({ releaseTrust });
const rules = (options: object) => balancer({ webAcl: WebAcl.managedRules(options) });
/** A place whose load balancer speaks this with containers, with all that this takes. */
const spoken = (protocol: TargetProtocol, options: object = {}, others: object = {}) => ({
  container: { firstImage: FirstImage.fromRepository(images(), 'v1') },
  ...balancer({ protocol, certificate: acm.Certificate.fromCertificateArn(stack(), 'Certificate', 'arn:aws:acm:eu-west-1:111111111111:certificate/1'), ...options }),
  ...others,
});
const vpcOf = (subnets: object) => ec2.Vpc.fromVpcAttributes(stack(), 'Vpc', { vpcId: 'vpc-11111111', availabilityZones: ZONES, ...subnets });
const rule = (options: object) => ({ loadBalancer: LoadBalancer.fromListener(wrong({ listenerArn: 'arn:aws:elasticloadbalancing:eu-west-1:111111111111:listener/app/a/1/2' }), wrong(options)) });
const container = (options: object) => ({ container: options });
const scaling = (options: object) => ({ scaling: Scaling.onCpu(options) });
const DAILY = autoscaling.Schedule.rate(Duration.days(1));
const volumes = (...list: Volume[]) => container({ volumes: list });
const sidecars = (...list: Sidecar[]) => container({ sidecars: list });
const IMAGE = ecs.ContainerImage.fromRegistry('public.ecr.aws/nginx/nginx:1.29.1');
const files = () => efs.FileSystem.fromFileSystemAttributes(stack(), 'Files', {
  fileSystemId: 'fs-11111111', securityGroup: ec2.SecurityGroup.fromSecurityGroupId(stack(), 'Group', 'sg-11111111'),
});
const health = (options: object) => ({ container: { healthCheck: options } });
const alarm = (options: object) => ({ alarms: [ServiceAlarm.cpu(options)] });
const approval = (options: object) => ({ approval: Approval.manual(options) });
const task = (options: object) => ({ checks: [Check.task('Migrate', options)] });
const ask = (options: object) => ({ releaseChecks: [Check.http(options)] });
const aGroup = wrong({ securityGroupId: 'sg-11111111' });
const inCluster = (options: object) => task({
  place: TaskPlace.inCluster({ cluster: wrong({ clusterArn: LATER_TEXT, clusterName: 'shop' }), subnetIds: ['subnet-11111111'], securityGroups: [aGroup], ...options }),
});
const release = (options: object) => ({ releaseAction: ReleaseAction.releaseFunction(options) });
const names = (options: object) => ({ resourceNames: ResourceNames.suffixed({ suffix: 'dev', ...options }) });

/** Bad props, and how the one line about them begins. */
const environmentRows: [string, object, string][] = [
  ['1', network({ cidr: '10.0.0.0/33' }), "network.cidr: got '10.0.0.0/33'; allowed a mask of /16 to /24; write"],
  ['2', network({ cidr: 'banana' }), "network.cidr: got 'banana'; allowed an IPv4 address range; write"],
  ['2, octets', network({ cidr: '10.0.300.0/16' }), "network.cidr: got '10.0.300.0/16'; allowed an IPv4 address range; write"],
  ['3', network({ cidr: '10.0.0.0/29' }), "network.cidr: got '10.0.0.0/29'; allowed a mask of /16 to /24; write"],
  ['3', network({ cidr: '10.0.0.0/8' }), "network.cidr: got '10.0.0.0/8'; allowed a mask"],
  ['3, null', network({ cidr: null }), 'network.cidr: got null; allowed an IPv4 address range'],
  ['4', network({ cidr: '10.0.0.1/16' }), "network.cidr: got '10.0.0.1/16'; allowed the network address of the range; write '10.0.0.0/16'"],
  ['5', network({ cidr: Lazy.string({ produce: () => 'x' }) }), "network.cidr: got 'a token'; allowed a literal address range; write the range out, or use Network.fromVpc"],
  ['6', network({ availabilityZones: [] }), 'network.availabilityZones: got []; allowed 2 to 6 zones; a load balancer needs two'],
  ['7', network({ availabilityZones: ['eu-west-1a'] }), 'network.availabilityZones: got ["eu-west-1a"]; allowed 2 to 6 zones'],
  ['7, text', network({ availabilityZones: '80abc' }), "network.availabilityZones: got '80abc'; allowed a list; write it in brackets"],
  ['7, twice', network({ availabilityZones: ['eu-west-1a', 'eu-west-1a'] }), "network.availabilityZones[1]: got 'eu-west-1a'; allowed each zone once; name"],
  ['7, kind', network({ availabilityZones: ['eu-west-1a', null] }), "network.availabilityZones[1]: got ''; allowed the name of a zone"],
  ['8', network({ egress: Egress.natGateways(-1) }), 'network.egress.count: got -1; allowed a whole number, 1 to 2; take at least 1'],
  ['9', network({ egress: Egress.natGateways(3) }), 'network.egress.count: got 3; allowed a whole number, 1 to 2'],
  ['8, token', network({ egress: Egress.natGateways(Lazy.number({ produce: () => 1 })) }), "network.egress.count: got 'a token'; allowed a literal number"],
  ['8, kind', network({ egress: 0 }), 'network.egress: got 0; allowed an Egress; use one of the Egress factories'],
  ['endpoints', network({ egress: Egress.vpcEndpoints({ interfaceEndpoints: wrong(['sts']) }) }), "network.egress.interfaceEndpoints[0]: got 'sts'; allowed a service; take for example ec2.Int"],
  ['endpoints', network({ egress: Egress.vpcEndpoints({ interfaceEndpoints: wrong([null]) }) }), 'network.egress.interfaceEndpoints[0]: got null; allowed a service'],
  ['endpoints', network({ egress: Egress.vpcEndpoints({ gatewayEndpoints: wrong('dynamodb') }) }), "network.egress.gatewayEndpoints: got 'dynamodb'; allowed a list"],
  ['endpoints', network({ egress: Egress.vpcEndpoints({ gatewayEndpoints: wrong([undefined]) }) }), 'network.egress.gatewayEndpoints[0]: got null; allowed a service'],
  ['subnets', network({ publicSubnetCidrs: ['10.0.0.0/24', '10.0.1.0/24'] }), "network.privateSubnetCidrs: got 'nothing'; allowed ranges for public and private"],
  ['subnets', network({ privateSubnetCidrs: ['10.0.0.0/24', '10.0.1.0/24'] }), "network.publicSubnetCidrs: got 'nothing'"],
  ['subnets outside', network({ publicSubnetCidrs: ['10.1.0.0/24', '10.0.1.0/24'], privateSubnetCidrs: ['10.0.2.0/24', '10.0.3.0/24'] }),
    "network.publicSubnetCidrs[0]: got '10.1.0.0/24'; allowed a range inside 10.0.0.0/16; move it into the VPC"],
  ['subnets overlap', network({ publicSubnetCidrs: ['10.0.0.0/24', '10.0.1.0/24'], privateSubnetCidrs: ['10.0.1.128/25', '10.0.3.0/24'] }),
    "network.privateSubnetCidrs: got '10.0.1.0/24 and 10.0.1.128/25'; allowed ranges that do not overlap; move one of them"],
  ['subnets missing', network({ availabilityZones: [...ZONES, 'eu-west-1c'], publicSubnetCidrs: ['10.0.0.0/24', '10.0.1.0/24'], privateSubnetCidrs: ['10.0.4.0/24', '10.0.5.0/24', '10.0.6.0/24'] }),
    "network.publicSubnetCidrs: got '2 ranges'; allowed 3, one for each zone"],
  ['12', container({ cpu: 256, memoryLimitMiB: 8192 }), 'container.memoryLimitMiB: got 8192; allowed 512, 1024, 2048; take a size that Fargate offers with 256'],
  ['12, others', container({ cpu: 8192, memoryLimitMiB: 16385 }), 'container.memoryLimitMiB: got 16385; allowed 16384, 20480, 24576'],
  ['13', container({ cpu: 300 }), 'container.cpu: got 300; allowed 256, 512, 1024, 2048, 4096, 8192, 16384; take'],
  ['14', container({ memoryLimitMiB: -1024 }), 'container.memoryLimitMiB: got -1024; allowed 1024, 2048'],
  ['16', container({ port: 0 }), 'container.port: got 0; allowed a whole number, 1 to 65535; take'],
  ['17', container({ port: 70000 }), 'container.port: got 70000; allowed'],
  ['18', container({ port: 80.5 }), 'container.port: got 80.5; allowed a whole number'],
  ['20', container({ containerName: 'my app!' }), "container.containerName: got 'my app!'; allowed 1 to 255 of"],
  ['21', container({ stopTimeout: Duration.seconds(300) }), "container.stopTimeout: got '5 minutes'; allowed 0 seconds to 2 minutes; Fargate"],
  ['21, parts', container({ stopTimeout: Duration.millis(1500) }), 'container.stopTimeout: got '],
  ['23', container({ command: [] }), 'container.command: got []; allowed at least one'],
  ['23, kind', container({ entryPoint: 'sh' }), "container.entryPoint: got 'sh'; allowed at least one"],
  ['23, words', container({ command: ['sh', 3] }), 'container.command[1]: got 3; allowed a text'],
  ['user', container({ user: 'a b' }), "container.user: got 'a b'; allowed a user"],
  ['command check', container({ commandHealthCheck: null }), 'container.commandHealthCheck: got null; allowed options in braces'],
  ['command check', container({ commandHealthCheck: { command: ['CMD-SHELL'] } }), 'container.commandHealthCheck.command: got ["CMD-SHELL"]; allowed the words of a command'],
  ['command check', container({ commandHealthCheck: { command: 'curl localhost' } }), "container.commandHealthCheck.command: got 'curl localhost'; allowed the words"],
  ['command check', container({ commandHealthCheck: { ...CHECK, interval: Duration.seconds(4) } }), "container.commandHealthCheck.interval: got '4 seconds'; allowed 5 seconds to 5 minutes"],
  ['command check', container({ commandHealthCheck: { ...CHECK, timeout: Duration.seconds(61) } }), "container.commandHealthCheck.timeout: got '1 minute 1 second'; allowed 2 seconds to 1 minute"],
  ['command check', container({ commandHealthCheck: { ...CHECK, retries: 0 } }), 'container.commandHealthCheck.retries: got 0; allowed a whole number, 1 to 10'],
  ['command check', container({ commandHealthCheck: { ...CHECK, startPeriod: Duration.minutes(6) } }), "container.commandHealthCheck.startPeriod: got '6 minutes'; allowed 0 seconds to 5 minutes"],
  ['first image', container({ firstImage: FirstImage.fromRepository(images(), 'a tag') }), "container.firstImage.tagOrDigest: got 'a tag'; allowed a tag, or sha256: and 64 digits of 0-9 a-f; write for example 'v1'"],
  ['first image', container({ firstImage: FirstImage.fromRepository(images(), 'sha256:12') }), "container.firstImage.tagOrDigest: got 'sha256:12'; allowed a tag"],
  ['first image', container({ firstImage: FirstImage.fromRepository(images(), wrong(undefined)) }), "container.firstImage.tagOrDigest: got ''; allowed a tag"],
  ['first image', container({ firstImage: FirstImage.fromRepository(wrong(undefined), 'v1') }), 'container.firstImage.repository: got null; allowed a repository; hand over an ecr.IRepository'],
  ['first image', container({ firstImage: 'shop:v1' }), "container.firstImage: got 'shop:v1'; allowed a FirstImage; use one of the FirstImage factories"],
  ['container', container({ logGroupName: 'a b' }), "container.logGroupName: got 'a b'; allowed 1 to 512"],
  ['container', container({ cpuArchitecture: 'ARM64' }), "container.cpuArchitecture: got 'ARM64'; allowed an architecture"],
  ['metrics', container({ metricNamespace: 'AWS/ECS' }), "container.metricNamespace: got 'AWS/ECS'; allowed"],
  ['capacity', { capacity: Capacity.fargateSpot({ onDemandBase: -1 }) }, 'capacity.onDemandBase: got -1; allowed a whole number, 0 to 100000'],
  ['capacity', { capacity: Capacity.fargateSpot({ onDemandWeight: 1001 }) }, 'capacity.onDemandWeight: got 1001; allowed a whole number, 0 to 1000'],
  ['capacity', { capacity: Capacity.fargateSpot({ spotWeight: 0.5 }) }, 'capacity.spotWeight: got 0.5; allowed a whole number, 0 to 1000'],
  ['capacity', { capacity: Capacity.fargateSpot({ onDemandWeight: 0, spotWeight: 0 }) }, 'capacity.spotWeight: got 0; allowed a weight above 0 for one of both'],
  ['schedule', scaling({ schedules: [{ schedule: 'cron(0 7 * * ? *)', minTasks: 1 }] }), "scaling.schedules[0].schedule: got 'cron(0 7 * * ? *)'; allowed a schedule"],
  ['schedule', scaling({ schedules: [{ schedule: DAILY }] }), "scaling.schedules[0].minTasks: got 'nothing'; allowed minTasks, maxTasks or both"],
  ['schedule', scaling({ schedules: [{ schedule: DAILY, minTasks: -1 }] }), 'scaling.schedules[0].minTasks: got -1; allowed a whole number, 0 to 5000'],
  ['schedule', scaling({ schedules: [{ schedule: DAILY, minTasks: 5, maxTasks: 4 }] }), 'scaling.schedules[0].maxTasks: got 4; allowed a whole number, 5 to 5000; take at least minTasks'],
  ['schedule', scaling({ schedules: [{ schedule: DAILY, minTasks: 5, timeZone: 'Europe/Berlin' }] }), "scaling.schedules[0].timeZone: got 'Europe/Berlin'; allowed a time zone"],
  ['schedule', scaling({ schedules: [null] }), 'scaling.schedules[0]: got null; allowed options in braces'],
  ['schedule alone', { scaling: Scaling.onSchedule({ schedules: [] }) }, 'scaling.schedules: got []; allowed at least one; say when'],
  ['schedule alone', { scaling: Scaling.onSchedule(wrong(undefined)) }, 'scaling: got null; allowed options in braces'],
  ['schedule alone', { scaling: Scaling.onSchedule({ minTasks: -1, schedules: [{ schedule: DAILY, minTasks: 1 }] }) }, 'scaling.minTasks: got -1; allowed a whole number, 0 to 5000'],
  ['schedule alone', { scaling: Scaling.onSchedule({ maxTasks: 1, schedules: [{ schedule: DAILY, minTasks: 1 }] }) }, 'scaling.maxTasks: got 1; allowed a whole number, 2 to 5000'],
  ['discovery', { serviceDiscovery: ServiceDiscovery.privateDns('Shop!') }, "serviceDiscovery.namespaceName: got 'Shop!'; allowed a domain name"],
  ['discovery', { serviceDiscovery: ServiceDiscovery.privateDns('shop.internal', { name: 'a b' }) }, "serviceDiscovery.name: got 'a b'; allowed 1 to 63"],
  ['discovery', { serviceDiscovery: ServiceDiscovery.privateDns('shop.internal', { recordTtl: Duration.days(2) }) }, "serviceDiscovery.recordTtl: got '2 days'; allowed 0 seconds to 1 day"],
  ['discovery', { serviceDiscovery: ServiceDiscovery.fromNamespace(new cloudmap.HttpNamespace(stack(), 'N', { name: 'shop' })) }, "serviceDiscovery.namespace: got 'HTTP'; allowed DNS_PRIVATE"],
  ['discovery', { serviceDiscovery: ServiceDiscovery.privateDns('shop.internal'), deployStrategy: DeployStrategy.canary() }, "serviceDiscovery: got 'CANARY beside it'; allowed DeployStrategy.rolling"],
  ['connect', { serviceConnect: ServiceConnect.client(wrong(undefined)) }, 'serviceConnect.namespace: got null; allowed a namespace'],
  ['connect', { serviceConnect: ServiceConnect.server(new cloudmap.HttpNamespace(stack(), 'N', { name: 'shop' }), { dnsName: 'A' }) }, "serviceConnect.dnsName: got 'A'; allowed 1 to 127"],
  ['connect', { serviceConnect: ServiceConnect.server(new cloudmap.HttpNamespace(stack(), 'N', { name: 'shop' }), { port: 0 }) }, 'serviceConnect.port: got 0; allowed a whole number, 1 to 65535'],
  ['connect', { serviceConnect: ServiceConnect.server(new cloudmap.HttpNamespace(stack(), 'N', { name: 'shop' }), { perRequestTimeout: Duration.millis(5) }) }, 'serviceConnect.perRequestTimeout: got '],
  ['connect', { serviceConnect: ServiceConnect.client(new cloudmap.HttpNamespace(stack(), 'N', { name: 'shop' })), deployStrategy: DeployStrategy.codeDeploy() },
    "serviceConnect: got 'CodeDeploy beside it'; allowed strategies of ECS itself"],
  ['commands', { executeCommand: ExecuteCommand.audited({ logRetention: wrong(42) }) }, 'executeCommand.logRetention: got 42; allowed 1, 3, 5'],
  ['commands', { executeCommand: ExecuteCommand.ofCluster() }, "executeCommand: got 'a choice for an existing cluster'; allowed ExecuteCommand.audited beside Cluster.create"],
  ['commands', { executeCommand: ExecuteCommand.audited(), cluster: Cluster.fromCluster(new ecs.Cluster(stack(), 'C')) }, "executeCommand: got 'a choice for a new cluster'; allowed ExecuteCommand.ofCluster"],
  ['commands', { executeCommand: ExecuteCommand.audited(), container: { readonlyRootFilesystem: true } }, "executeCommand: got 'beside container.readonlyRootFilesystem'; allowed a file system"],
  ['disk', container({ ephemeralStorageGiB: 20 }), 'container.ephemeralStorageGiB: got 20; allowed a whole number, 21 to 200; leave it out for 20'],
  ['limits', container({ ulimits: [{ name: 'files', softLimit: 1, hardLimit: 1 }] }), "container.ulimits[0].name: got 'files'; allowed core, cpu, data"],
  ['limits', container({ ulimits: [{ name: ecs.UlimitName.CPU, softLimit: 2, hardLimit: 1 }] }), 'container.ulimits[0].softLimit: got 2; allowed at most the hard limit; raise hardLimit'],
  ['limits', container({ ulimits: [{ name: ecs.UlimitName.CPU, softLimit: 2 }] }), 'container.ulimits[0].hardLimit: got NaN; allowed a whole number'],
  ['limits', container({ ulimits: [{ name: ecs.UlimitName.CPU, hardLimit: 2 }] }), 'container.ulimits[0].softLimit: got NaN; allowed a whole number'],
  ['limits', container({ ulimits: [{ softLimit: 1, hardLimit: 1 }] }), 'container.ulimits[0].name: got null; allowed core, cpu, data'],
  ['volumes', container({ cpu: 300, volumes: [Volume.memory('/tmp')] }), 'container.cpu: got 300; allowed 256, 512'],
  ['limits', container({ ulimits: [null] }), 'container.ulimits[0]: got null; allowed options in braces'],
  ['volumes', volumes(Volume.disk('tmp')), "container.volumes[0].path: got 'tmp'; allowed an absolute path"],
  ['volumes', volumes(Volume.disk(wrong(undefined))), "container.volumes[0].path: got ''; allowed an absolute path"],
  ['volumes', volumes(Volume.disk('/a'), Volume.memory('/a')), "container.volumes[1]: got '/a'; allowed each path once; leave one out"],
  ['volumes', volumes(Volume.memory('/tmp', { sizeMiB: 0 })), 'container.volumes[0].sizeMiB: got 0; allowed a whole number, 1 to 122880'],
  ['volumes', volumes(Volume.memory('/tmp', { sizeMiB: 1000 }), Volume.memory('/run', { sizeMiB: 24 })),
    "container.volumes: got '1024 MiB in memory'; allowed less than the 1024 MiB of the application; take less, or Volume.disk"],
  ['volumes', volumes(Volume.memory('/tmp', { executable: wrong('yes') })), "container.volumes[0].executable: got 'yes'; allowed true, false"],
  ['volumes', volumes(Volume.efs(wrong(undefined), '/a')), 'container.volumes[0].fileSystem: got null; allowed a file system; hand over'],
  ['volumes', volumes(Volume.efs(files(), '/a', { directory: '/a/b/c/d/e' })), "container.volumes[0].directory: got '/a/b/c/d/e'; allowed 1 to 4 levels"],
  ['volumes', volumes(Volume.efs(files(), '/a', { uid: -1 })), 'container.volumes[0].uid: got -1; allowed a whole number, 0 to'],
  ['volumes', volumes(Volume.efs(files(), '/a', { gid: 1.5 })), 'container.volumes[0].gid: got 1.5; allowed a whole number, 0 to'],
  ['volumes', volumes(Volume.efs(files(), '/a', { readOnly: wrong(1) })), 'container.volumes[0].readOnly: got 1; allowed true, false'],
  ['volumes', volumes(Volume.fromAccessPoint(efs.AccessPoint.fromAccessPointId(stack(), 'Point', 'fsap-11111111111111111'), '/a')),
    'container.volumes[0].accessPoint: got '],
  ['sidecars', sidecars(Sidecar.container('a b', { image: IMAGE })), "container.sidecars[0].name: got 'a b'; allowed 1 to 255"],
  ['sidecars', sidecars(Sidecar.container('app', { image: IMAGE })), "container.sidecars[0]: got 'app'; allowed each name of a container once"],
  ['sidecars', sidecars(Sidecar.container('a', { image: IMAGE }), Sidecar.container('a', { image: IMAGE })), "container.sidecars[1]: got 'a'; allowed each name"],
  ['sidecars', sidecars(Sidecar.container('a', wrong(undefined))), 'container.sidecars[0]: got null; allowed options in braces'],
  ['sidecars', sidecars(Sidecar.container('a', { image: wrong('nginx') })), "container.sidecars[0].image: got 'nginx'; allowed an image"],
  ['sidecars', sidecars(Sidecar.container('a', { image: IMAGE, cpu: 1 })), 'container.sidecars[0].cpu: got 1; allowed a whole number, 2 to'],
  ['sidecars', sidecars(Sidecar.container('a', { image: IMAGE, memoryLimitMiB: 5 })), 'container.sidecars[0].memoryLimitMiB: got 5; allowed a whole number, 6 to'],
  ['sidecars', sidecars(Sidecar.container('a', { image: IMAGE, memoryLimitMiB: LATER })), "container.sidecars[0].memoryLimitMiB: got 'a token'; allowed a literal number"],
  ['sidecars', sidecars(Sidecar.container('a', { image: IMAGE, cpu: 511 })), "container.sidecars: got '511 CPU units'; allowed at most 510, so that the application has some of 512"],
  ['sidecars', sidecars(Sidecar.container('a', { image: IMAGE, memoryLimitMiB: 1020 })), "container.sidecars: got '1020 MiB'; allowed at most 1018"],
  ['sidecars', container({ cpu: LATER, sidecars: [Sidecar.adotCollector()] }), "container.cpu: got 'a token'; allowed a literal number; write the number out: sidecars take"],
  ['sidecars', sidecars(Sidecar.container('a', { image: IMAGE, essential: wrong('no') })), "container.sidecars[0].essential: got 'no'; allowed true, false"],
  ['sidecars', sidecars(Sidecar.container('a', { image: IMAGE, command: [] })), 'container.sidecars[0].command: got []; allowed at least one'],
  ['sidecars', sidecars(Sidecar.container('a', { image: IMAGE, environment: { TOKEN: 'x' } })), "container.sidecars[0].environment.TOKEN: got 'a value in clear text'"],
  ['sidecars', sidecars(Sidecar.container('a', { image: IMAGE, volumes: [Volume.disk('b')] })), "container.sidecars[0].volumes[0].path: got 'b'; allowed"],
  ['sidecars', sidecars(Sidecar.container('a', { image: IMAGE, volumes: [Volume.disk('/b'), Volume.disk('/b')] })), "container.sidecars[0].volumes[1]: got '/b'; allowed each path once"],
  ['sidecars', sidecars(Sidecar.container('a', { image: IMAGE, awaited: wrong('SOON') })), "container.sidecars[0].awaited: got 'SOON'; allowed START, HEALTHY, COMPLETE, SUCCESS"],
  ['sidecars', sidecars(Sidecar.container('a', { image: IMAGE, awaited: ecs.ContainerDependencyCondition.HEALTHY })), "container.sidecars[0].awaited: got 'HEALTHY'; allowed HEALTHY beside a health check; add commandHealthCheck"],
  ['sidecars', sidecars(Sidecar.container('a', { image: IMAGE, awaited: ecs.ContainerDependencyCondition.SUCCESS })), "container.sidecars[0].awaited: got 'SUCCESS'; allowed COMPLETE and SUCCESS of a sidecar that may end; add essential: false"],
  ['logs', sidecars(Sidecar.fireLens(), Sidecar.fireLens()), "container.sidecars[1]: got 'log-router'; allowed each name"],
  ['logs', sidecars(Sidecar.fireLens({ output: {} })), "container.sidecars[0].output.Name: got 'nothing'; allowed the name of an output plugin"],
  ['logs', sidecars(Sidecar.fireLens({ output: { Name: wrong(1) } })), 'container.sidecars[0].output.Name: got 1; allowed a text'],
  ['logs', sidecars(Sidecar.fireLens({ secretOutput: { key: wrong('x') } })), "container.sidecars[0].secretOutput.key: got 'x'; allowed an ecs.Secret"],
  ['logs', sidecars(Sidecar.fireLens({ configFile: 's3://x' })), "container.sidecars[0].configFile: got 's3://x'; allowed an absolute path"],
  ['logs', sidecars(Sidecar.fireLens({ image: wrong('x') })), "container.sidecars[0].image: got 'x'; allowed an image"],
  ['collector', sidecars(Sidecar.adotCollector({ metricNamespace: 'AWS/X' })), "container.sidecars[0].metricNamespace: got 'AWS/X'; allowed"],
  ['collector', sidecars(Sidecar.adotCollector({ config: ' ' })), "container.sidecars[0].config: got ' '; allowed the text of a configuration"],
  ['collector', sidecars(Sidecar.adotCollector({ image: wrong('x') })), "container.sidecars[0].image: got 'x'; allowed an image"],
  ['99', container({ logRetention: 42 }), 'container.logRetention: got 42; allowed 1, 3, 5, 7'],
  ['80', container({ environment: { DB_PASSWORD: 'x' } }), "container.environment.DB_PASSWORD: got 'a value in clear text'; allowed a name that tells no secret; move it to container.secrets"],
  ['80, by value', container({ environment: { DATABASE: 'postgres://shop:s3cret@db/shop' } }), "container.environment.DATABASE: got 'a value in clear text'; allowed values that tell no secret; move it to container.secrets"],
  ['80, by value', container({ environment: { ID: 'AKIAIOSFODNN7EXAMPLE' } }), "container.environment.ID: got 'a value in clear text'; allowed values that tell no secret; move it to container.secrets"],
  ['environment', container({ environment: { PORT: 80 } }), 'container.environment.PORT: got 80; allowed a text'],
  ['environment', container({ environment: '80abc' }), "container.environment: got '80abc'; allowed a map of names to values"],
  ['secrets', container({ secrets: { A: null } }), 'container.secrets.A: got null; allowed an ecs.Secret'],
  ['secrets of the other kind', container({ secrets: { A: { secretArn: 'arn', grantRead: () => undefined } } }), 'container.secrets.A: got {"secretArn":"arn"}; allowed an ecs.Secret; use one of its factories'],
  ['place name', { placeName: 'live place' }, "placeName: got 'live place'; allowed 1 to 80 of A-Z a-z 0-9 . @ _ -"],
  ['trust', trust(ReleaseTrust.account(wrong(111111111111))), "releaseTrust.id: got 111111111111; allowed an account, 12 digits; write for example '111111111111', in quotes"],
  ['trust', trust(ReleaseTrust.account('1111')), "releaseTrust.id: got '1111'; allowed an account, 12 digits"],
  ['trust', trust(ReleaseTrust.account('*')), "releaseTrust.id: got '*'; allowed an account, 12 digits"],
  ['trust', trust(ReleaseTrust.account('111111111111', { externalId: 'a b' })), "releaseTrust.externalId: got 'a b'; allowed 2 to 128 of"],
  ['trust', trust(ReleaseTrust.account('111111111111', { externalId: 'a' })), "releaseTrust.externalId: got 'a'; allowed 2 to 128 of"],
  ['trust', trust(ReleaseTrust.organization('acme', { accounts: ['111111111111'] })), "releaseTrust.id: got 'acme'; allowed the id of an organization, 'o-' and 10 to 32"],
  ['trust', trust(ReleaseTrust.organization('o-0123456789', wrong(undefined))), 'releaseTrust: got null; allowed options in braces'],
  ['trust', trust(ReleaseTrust.organization('o-0123456789', { accounts: [] })), 'releaseTrust.accounts: got []; allowed at least one; name the accounts that pipelines stand in'],
  ['trust', trust(ReleaseTrust.organization('o-0123456789', { accounts: ['1'] })), "releaseTrust.accounts[0]: got '1'; allowed an account, 12 digits"],
  ['trust', trust(ReleaseTrust.role('arn:aws:iam::111111111111:user/me')), "releaseTrust.arn: got 'arn:aws:iam::111111111111:user/me'; allowed arn:<partition>:iam::<account>:role/<name>"],
  ['trust', trust(ReleaseTrust.account('111111111111', { functionRoles: '*' })), "releaseTrust.functionRoles: got '*'; allowed the names of roles, with their path but for its first '/', and no '*' among the first four characters"],
  ['trust', trust(ReleaseTrust.account('111111111111', { functionRoles: '/team/release-*' })), "releaseTrust.functionRoles: got '/team/release-*'; allowed the names of roles"],
  ['trust', trust(ReleaseTrust.organization('o-0123456789', { accounts: ['111111111111'], functionRoles: 'a b*' })), "releaseTrust.functionRoles: got 'a b*'; allowed the names of roles"],
  ['roles', container({ taskRole: 'arn:aws:iam::111111111111:role/task' }), "container.taskRole: got 'arn:aws:iam::111111111111:role/task'; allowed a role; hand over an iam.IRole"],
  ['roles', container({ executionRole: null }), 'container.executionRole: got null; allowed a role'],
  ['roles', container({ taskRole: iam.Role.fromRoleArn(stack(), 'Linked', 'arn:aws:iam::111111111111:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS') }),
    "container.taskRole: got 'arn:aws:iam::111111111111:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS'; allowed arn:<partition>:iam::<account>:role/<name>, not linked to a service"],
  ['roles', container({ executionRole: iam.Role.fromRoleArn(stack(), 'Person', 'arn:aws:iam::111111111111:user/me') }), "container.executionRole: got 'arn:aws:iam::111111111111:user/me'; allowed arn:<partition>:iam"],
  ['roles', container({ taskRole: new iam.Role(stack(), 'Function', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') }) }),
    "container.taskRole: got 'a role that ECS may not take on for tasks'; allowed one that trusts ecs-tasks.amazonaws.com; make it with assumedBy"],
  ['key', { encryption: Encryption.fromKey(kms.Alias.fromAliasName(stack(), 'Alias', 'alias/shop')) },
    "encryption: got 'an alias'; allowed the key itself; write for example kms.Key.fromLookup(this, 'Key', { aliasName: 'alias/shop' })"],
  ['key', { encryption: Encryption.fromKey(new kms.Alias(stack(), 'Alias', { aliasName: 'alias/shop', targetKey: new kms.Key(stack(), 'Key') })) }, "encryption: got 'an alias'; allowed the key itself"],
  ['key', { cluster: Cluster.fromCluster(new ecs.Cluster(stack(), 'Theirs')), executeCommand: ExecuteCommand.ofCluster({ key: kms.Alias.fromAliasName(stack(), 'Alias', 'alias/shop') }) }, "executeCommand.key: got 'an alias'; allowed the key itself"],
  ['trust', trust(ReleaseTrust.role('*')), "releaseTrust.arn: got '*'; allowed arn:<partition>"],
  ['trust', trust(wrong('111111111111')), "releaseTrust: got '111111111111'; allowed a ReleaseTrust; use one of the ReleaseTrust factories"],
  ['secrets', container({ secrets: null }), 'container.secrets: got null; allowed a map'],
  ['45', health({ interval: Duration.seconds(4), timeout: Duration.seconds(2) }), "container.healthCheck.interval: got '4 seconds'; allowed 5 seconds to 5 minutes; take"],
  ['46', health({ interval: Duration.seconds(5), timeout: Duration.seconds(5) }), "container.healthCheck.timeout: got '5 seconds'; allowed less than the interval of 5 seconds; shorten"],
  ['47', health({ healthyThresholdCount: 1 }), 'container.healthCheck.healthyThresholdCount: got 1; allowed a whole number, 2 to 10'],
  ['47', health({ unhealthyThresholdCount: 11 }), 'container.healthCheck.unhealthyThresholdCount: got 11'],
  ['48', health({ path: 'health' }), "container.healthCheck.path: got 'health'; allowed a path that begins with '/'"],
  ['49', health({ healthyHttpCodes: '999' }), "container.healthCheck.healthyHttpCodes: got '999'; allowed 200 to 499"],
  ['grace', health({ gracePeriod: 60 }), 'container.healthCheck.gracePeriod: got 60; allowed a Duration; write Duration.seconds(...)'],
  ['health, null', health(wrong(null)), 'container.healthCheck: got null; allowed options in braces'],
  ['26', { deployStrategy: DeployStrategy.rolling({ minimumHealthyPercent: 100, maximumHealthyPercent: 100 }) },
    "deployStrategy: got 'of 2 tasks 100 % rounded up is 2 and 100 % rounded down is 2: none may stop and none may start'; allowed percentages that let a release make progress; raise"],
  ['25, 27', { deployStrategy: DeployStrategy.rolling({ maximumHealthyPercent: 50 }) }, 'deployStrategy.maximumHealthyPercent: got 50; allowed a whole number, 100 to 400'],
  ['25', { deployStrategy: DeployStrategy.rolling({ minimumHealthyPercent: 200 }) }, 'deployStrategy.minimumHealthyPercent: got 200; allowed a whole number, 0 to 100'],
  ['28', { scaling: Scaling.fixed(3), deployStrategy: DeployStrategy.rolling({ maximumHealthyPercent: 125 }) }, "deployStrategy: got 'of 3 tasks 100 % rounded up is 3 and 125 % rounded down is 3"],
  ['28, scaled', { scaling: Scaling.onCpu({ minTasks: 1 }), deployStrategy: DeployStrategy.rolling({ maximumHealthyPercent: 150 }) }, "deployStrategy: got 'of 1 tasks"],
  ['36', strategy(DeployStrategy.blueGreen({ bakeTime: Duration.minutes(2000) })), "deployStrategy.bakeTime: got '1 day 9 hours'; allowed 0 seconds to 1 day, a multiple of 1 minute"],
  ['36, seconds', strategy(DeployStrategy.blueGreen({ bakeTime: Duration.seconds(90) })), "deployStrategy.bakeTime: got '1 minute 30 seconds'; allowed 0 seconds to 1 day, a multiple"],
  ['36, number', strategy(DeployStrategy.blueGreen({ bakeTime: wrong(5) })), 'deployStrategy.bakeTime: got 5; allowed a Duration'],
  ['36, token', strategy(DeployStrategy.blueGreen({ bakeTime: Duration.minutes(LATER) })), "deployStrategy.bakeTime: got 'a token'; allowed a literal number; write the number out: the time of a release"],
  ['36, in all', strategy(DeployStrategy.blueGreen({ bakeTime: hours(23) })), "deployStrategy.bakeTime: got '1380 minutes of waiting in all'; allowed at most 1320, since a release ends"],
  ['36, steps', strategy(DeployStrategy.linear({ stepPercent: 3, stepBakeTime: hours(1) })), "deployStrategy.bakeTime: got '1985 minutes of waiting in all'; allowed at most 1320"],
  ['step', strategy(DeployStrategy.linear({ stepBakeTime: Duration.seconds(1) })), "deployStrategy.stepBakeTime: got '1 second'; allowed 0 seconds to 1 day"],
  ['110', strategy(DeployStrategy.linear({ stepPercent: 2.9 })), 'deployStrategy.stepPercent: got 2.9; allowed 3 to 100; take'],
  ['110', strategy(DeployStrategy.linear({ stepPercent: 12.34 })), 'deployStrategy.stepPercent: got 12.34; allowed tenths of a percent; take for example 12.5'],
  ['110, text', strategy(DeployStrategy.linear({ stepPercent: wrong('10') })), "deployStrategy.stepPercent: got '10'; allowed 3 to 100"],
  ['110', strategy(DeployStrategy.canary({ canaryPercent: 0 })), 'deployStrategy.canaryPercent: got 0; allowed 0.1 to 100'],
  ['110', strategy(DeployStrategy.canary({ canaryPercent: 150 })), 'deployStrategy.canaryPercent: got 150; allowed 0.1 to 100'],
  ['110', strategy(DeployStrategy.canary({ canaryBakeTime: hours(25) })), "deployStrategy.canaryBakeTime: got '1 day 1 hour'; allowed 0 seconds to 1 day"],
  ['110, null', strategy(DeployStrategy.canary(wrong(null))), 'deployStrategy: got null; allowed options in braces'],
  ['110, null', strategy(DeployStrategy.codeDeploy(wrong(null))), 'deployStrategy: got null; allowed options in braces'],
  ['33, breaker', strategy(DeployStrategy.rolling({ circuitBreaker: wrong(true) })), 'deployStrategy.circuitBreaker: got true; allowed a CircuitBreaker; use one of the CircuitBreaker factories'],
  ['breaker', strategy(DeployStrategy.rolling({ circuitBreaker: CircuitBreaker.failedTasks(0) })), 'deployStrategy.circuitBreaker.count: got 0; allowed a whole number, 1 to 1000'],
  ['breaker', strategy(DeployStrategy.rolling({ circuitBreaker: CircuitBreaker.failedPercent(wrong(undefined)) })), 'deployStrategy.circuitBreaker.percent: got NaN; allowed a whole number'],
  ['breaker', strategy(DeployStrategy.rolling({ circuitBreaker: CircuitBreaker.failedTasks(3, wrong({ resetOnHealthyTask: 'no' })) })),
    "deployStrategy.circuitBreaker.resetOnHealthyTask: got 'no'; allowed true, false; say"],
  ['33', strategy(DeployStrategy.codeDeploy(wrong({ circuitBreaker: CircuitBreaker.failedTasks(3) }))),
    "deployStrategy.circuitBreaker: got 'an option of DeployStrategy.rolling'; allowed options of DeployStrategy.codeDeploy; leave it out, or take DeployStrategy.rolling"],
  ['34', strategy(DeployStrategy.blueGreen(wrong({ trafficRouting: TrafficRouting.allAtOnce() }))),
    "deployStrategy.trafficRouting: got 'an option of DeployStrategy.codeDeploy'; allowed options of DeployStrategy.blueGreen"],
  ['35', strategy(DeployStrategy.blueGreen(wrong({ circuitBreaker: CircuitBreaker.failedTasks(3) }))),
    "deployStrategy.circuitBreaker: got 'an option of DeployStrategy.rolling'; allowed options of DeployStrategy.blueGreen"],
  ['37', strategy(DeployStrategy.rolling(wrong({ bakeTime: hours(1) }))),
    "deployStrategy.bakeTime: got 'an option of DeployStrategy.blueGreen, linear, canary'; allowed options of DeployStrategy.rolling; leave it out, or take DeployStrategy.blueGreen"],
  ['37', strategy(DeployStrategy.canary(wrong({ stepBakeTime: hours(1) }))), "deployStrategy.stepBakeTime: got 'an option of DeployStrategy.linear'; allowed options of DeployStrategy.canary"],
  ['56', strategy(DeployStrategy.blueGreen({ testListener: { port: 443 } })), 'deployStrategy.testListener.port: got 443; allowed a port that production does not have'],
  ['56', strategy(DeployStrategy.codeDeploy({ testListener: { port: 80 } })), 'deployStrategy.testListener.port: got 80; allowed a port that production does not have'],
  ['53', strategy(DeployStrategy.blueGreen({ testListener: { port: 0 } })), 'deployStrategy.testListener.port: got 0; allowed a whole number, 1 to 65535'],
  ['test listener', strategy(DeployStrategy.blueGreen({ testListener: wrong(true) })), 'deployStrategy.testListener: got true; allowed options in braces'],
  ['test listener', strategy(DeployStrategy.blueGreen({ testListener: { allowFrom: wrong(['10.0.0.0/8']) } })), "deployStrategy.testListener.allowFrom[0]: got '10.0.0.0/8'; allowed a peer; write"],
  ['97', strategy(DeployStrategy.blueGreen({ testListener: {}, hooks: [DeployHook.httpCheck({ timeout: Duration.minutes(20) })] })), "deployStrategy.hooks[0].timeout: got '20 minutes'; allowed 10 seconds to 10 minutes"],
  ['check, path', strategy(DeployStrategy.blueGreen({ testListener: {}, hooks: [DeployHook.httpCheck({ path: 'health' })] })), "deployStrategy.hooks[0].path: got 'health'; allowed a path"],
  ['check, codes', strategy(DeployStrategy.blueGreen({ testListener: {}, hooks: [DeployHook.httpCheck({ healthyHttpCodes: '2xx' })] })), "deployStrategy.hooks[0].healthyHttpCodes: got '2xx'"],
  ['check, text', strategy(DeployStrategy.blueGreen({ testListener: {}, hooks: [DeployHook.httpCheck({ contains: '' })] })), "deployStrategy.hooks[0].contains: got ''; allowed 1 to 256 characters"],
  ['check, successes', strategy(DeployStrategy.blueGreen({ testListener: {}, hooks: [DeployHook.httpCheck({ successes: 0 })] })), 'deployStrategy.hooks[0].successes: got 0; allowed a whole number'],
  ['check alone', strategy(DeployStrategy.blueGreen({ hooks: [DeployHook.httpCheck()] })),
    "deployStrategy.hooks[0]: got 'DeployHook.httpCheck'; allowed hooks that need no test listener; add testListener: {} to the strategy"],
  ['hooks', strategy(DeployStrategy.blueGreen({ hooks: wrong('ask') })), "deployStrategy.hooks: got 'ask'; allowed a list"],
  ['hooks', strategy(DeployStrategy.blueGreen({ hooks: [wrong(null)] })), 'deployStrategy.hooks[0]: got null; allowed a DeployHook; use one of the DeployHook factories'],
  ['hook, function', strategy(DeployStrategy.blueGreen({ hooks: [DeployHook.ecs(wrong(undefined), { stages: [ecs.DeploymentLifecycleStage.PRE_SCALE_UP] })] })),
    'deployStrategy.hooks[0].handler: got null; allowed a function'],
  ['hook, stages', strategy(DeployStrategy.blueGreen({ hooks: [DeployHook.ecs(aFunction, { stages: [] })] })), 'deployStrategy.hooks[0].stages: got []; allowed at least one; say when'],
  ['hook, stage', strategy(DeployStrategy.blueGreen({ hooks: [DeployHook.ecs(aFunction, wrong({ stages: ['SOON'] }))] })), "deployStrategy.hooks[0].stages[0]: got 'SOON'; allowed RECONCILE_SERVICE"],
  ['hook, stage', strategy(DeployStrategy.blueGreen({ hooks: [DeployHook.ecs(aFunction, wrong({ stages: [undefined] }))] })), 'deployStrategy.hooks[0].stages[0]: got null; allowed RECONCILE_SERVICE'],
  ['hook, stages', strategy(DeployStrategy.blueGreen({ hooks: [DeployHook.ecs(aFunction, wrong({}))] })), 'deployStrategy.hooks[0].stages: got []; allowed at least one'],
  ['test listener', strategy(DeployStrategy.blueGreen({ testListener: { allowFrom: wrong([null]) } })), 'deployStrategy.testListener.allowFrom[0]: got null; allowed a peer'],
  ['hook, options', strategy(DeployStrategy.blueGreen({ hooks: [DeployHook.ecs(aFunction, wrong(undefined))] })), 'deployStrategy.hooks[0]: got null; allowed options in braces'],
  ['hook, time', strategy(DeployStrategy.blueGreen({ hooks: [DeployHook.ecs(aFunction, { stages: [ecs.DeploymentLifecycleStage.PRE_SCALE_UP], timeout: Duration.seconds(30) })] })),
    "deployStrategy.hooks[0].timeout: got '30 seconds'; allowed 1 minute to 22 hours, a multiple of 1 minute"],
  ['34, hook of the other', strategy(DeployStrategy.blueGreen({ hooks: [DeployHook.codeDeploy(aFunction, CodeDeployEvent.AFTER_INSTALL)] })),
    "deployStrategy.hooks[0]: got 'DeployHook.codeDeploy'; allowed DeployHook.ecs and DeployHook.httpCheck; use DeployHook.ecs"],
  ['34, hook of the other', strategy(DeployStrategy.codeDeploy({ hooks: [DeployHook.ecs(aFunction, { stages: [ecs.DeploymentLifecycleStage.PRE_SCALE_UP] })] })),
    "deployStrategy.hooks[0]: got 'DeployHook.ecs'; allowed DeployHook.codeDeploy and DeployHook.httpCheck"],
  ['hook, event', strategy(DeployStrategy.codeDeploy({ hooks: [DeployHook.codeDeploy(aFunction, wrong(undefined))] })), 'deployStrategy.hooks[0].event: got null; allowed BeforeInstall, AfterInstall'],
  ['hook, event twice', strategy(DeployStrategy.codeDeploy({ hooks: [1, 2].map(() => DeployHook.codeDeploy(aFunction, CodeDeployEvent.AFTER_INSTALL)) })),
    "deployStrategy.hooks: got 'AfterInstall twice'; allowed one function for each event of CodeDeploy"],
  ['routing', strategy(DeployStrategy.codeDeploy({ trafficRouting: wrong('linear') })), "deployStrategy.trafficRouting: got 'linear'; allowed a TrafficRouting"],
  ['routing, percent', strategy(DeployStrategy.codeDeploy({ trafficRouting: TrafficRouting.canary({ percent: 100 }) })), 'deployStrategy.trafficRouting.percent: got 100; allowed a whole number, 1 to 99'],
  ['routing, percent', strategy(DeployStrategy.codeDeploy({ trafficRouting: TrafficRouting.linear({ percent: 0 }) })), 'deployStrategy.trafficRouting.percent: got 0; allowed a whole number, 1 to 99'],
  ['routing, interval', strategy(DeployStrategy.codeDeploy({ trafficRouting: TrafficRouting.linear({ interval: Duration.seconds(5) }) })),
    "deployStrategy.trafficRouting.interval: got '5 seconds'; allowed 1 minute to 22 hours"],
  ['routing, null', strategy(DeployStrategy.codeDeploy({ trafficRouting: TrafficRouting.canary(wrong(null)) })), 'deployStrategy.trafficRouting: got null; allowed options in braces'],
  ['routing, null', strategy(DeployStrategy.codeDeploy({ trafficRouting: TrafficRouting.linear(wrong(null)) })), 'deployStrategy.trafficRouting: got null; allowed options in braces'],
  ['termination', strategy(DeployStrategy.codeDeploy({ terminationWait: hours(48) })), "deployStrategy.terminationWait: got '2 days'; allowed 0 seconds to 22 hours"],
  ['termination, in all', strategy(DeployStrategy.codeDeploy({ trafficRouting: TrafficRouting.canary({ interval: hours(12) }), terminationWait: hours(12) })),
    "deployStrategy.terminationWait: got '1440 minutes of waiting in all'; allowed at most 1320"],
  ['CodeDeploy names', strategy(DeployStrategy.codeDeploy({ applicationName: 'my shop' })), "deployStrategy.applicationName: got 'my shop'; allowed 1 to 83 of"],
  ['CodeDeploy names', strategy(DeployStrategy.codeDeploy({ deploymentGroupName: 'a'.repeat(84) })), "deployStrategy.deploymentGroupName: got 'aaa"],
  ['43, other', { alternateTargetGroupName: '-' }, "alternateTargetGroupName: got '-'; allowed 1 to 32 of"],
  ['105', { targetGroupName: 'a', alternateTargetGroupName: 'a' }, "alternateTargetGroupName: got 'a'; allowed another name than targetGroupName"],
  ['29', { scaling: Scaling.fixed(-1) }, 'scaling.tasks: got -1; allowed a whole number, 0 to 5000'],
  ['30', { scaling: Scaling.fixed(1.5) }, 'scaling.tasks: got 1.5; allowed a whole number'],
  ['30, missing', { scaling: Scaling.fixed(wrong(undefined)) }, 'scaling.tasks: got NaN; allowed a whole number'],
  ['41', { scaling: Scaling.onCpu({ minTasks: 5, maxTasks: 2 }) }, 'scaling.maxTasks: got 2; allowed a whole number, 5 to 5000; take at least minTasks'],
  ['41', { scaling: Scaling.onMemory({ minTasks: 0 }) }, 'scaling.minTasks: got 0; allowed a whole number, 1 to 5000'],
  ['42', { scaling: Scaling.onCpu({ targetPercent: 0 }) }, 'scaling.targetPercent: got 0; allowed 1 to 100'],
  ['42', { scaling: Scaling.onMemory({ targetPercent: 150 }) }, 'scaling.targetPercent: got 150; allowed 1 to 100'],
  ['42', { scaling: Scaling.onRequests(wrong({})) }, 'scaling.requestsPerTask: got NaN; allowed 1 to 1000000'],
  ['cooldown', { scaling: Scaling.onCpu({ scaleInCooldown: Duration.days(2) }) }, "scaling.scaleInCooldown: got '2 days'; allowed 0 seconds to 1 day"],
  ['cooldown', { scaling: Scaling.onCpu({ scaleOutCooldown: Duration.days(2) }) }, "scaling.scaleOutCooldown: got '2 days'"],
  ['40', { serviceName: 'bad name!' }, "serviceName: got 'bad name!'; allowed 1 to 160 of"],
  ['cluster name', { clusterName: 'bad name!' }, "clusterName: got 'bad name!'"],
  ['family', { taskFamily: 'bad name!' }, "taskFamily: got 'bad name!'"],
  ['43', { loadBalancerName: 'a'.repeat(33) }, "loadBalancerName: got 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'; allowed 1 to 32 of"],
  ['43', { targetGroupName: 'a'.repeat(33) }, "targetGroupName: got 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'; allowed 1 to 32 of"],
  ['44', { loadBalancerName: 'internal-x' }, "loadBalancerName: got 'internal-x'; allowed 1 to 32"],
  ['85', { releasedRepositoryName: 'Shop' }, "releasedRepositoryName: got 'Shop'; allowed a-z 0-9"],
  ['86', { releasedImageCount: 0 }, 'releasedImageCount: got 0; allowed a whole number, 2 to 1000'],
  ['86, token', { releasedImageCount: Lazy.number({ produce: () => 1 }) }, "releasedImageCount: got 'a token'; allowed a literal number; write"],
  ['50', balancer({ deregistrationDelay: Duration.hours(2) }), "loadBalancer.deregistrationDelay: got '2 hours'; allowed 0 seconds to 1 hour"],
  ['idle', balancer({ idleTimeout: Duration.seconds(0) }), "loadBalancer.idleTimeout: got '0 seconds'; allowed 1 second to"],
  ['52', balancer({ certificate: { certificateArn: 'nope' } }), "loadBalancer.certificate: got 'nope'; allowed the ARN of a certificate"],
  ['52', balancer({ certificate: 'arn:aws:acm:...' }), "loadBalancer.certificate: got 'arn:aws:acm:...'; allowed a certificate; hand over an acm.ICertificate"],
  ['52, null', balancer({ certificate: null }), 'loadBalancer.certificate: got null; allowed a certificate'],
  ['tls', balancer({ sslPolicy: 'SSLv3' }), "loadBalancer.sslPolicy: got 'SSLv3'; allowed ELBSecurityPolicy"],
  ['dns', balancer({ dnsRecord: null }), 'loadBalancer.dnsRecord: got null; allowed options in braces'],
  ['dns', balancer({ dnsRecord: {} }), 'loadBalancer.dnsRecord.hostedZone: got null; allowed a hosted zone'],
  ['100', balancer({ dnsRecord: { hostedZone: { hostedZoneId: 'Z1' }, recordName: 'a b' } }), "loadBalancer.dnsRecord.recordName: got 'a b'; allowed a DNS name"],
  ['dns, zone', balancer({ dnsRecord: { hostedZone: route53.HostedZone.fromHostedZoneId(stack(), 'Zone', 'Z1') } }),
    "loadBalancer.dnsRecord.hostedZone: got 'a hosted zone without its name'; allowed a hosted zone with its name; import it with HostedZone.fromHostedZoneAttributes"],
  ['clients', balancer({ allowFrom: ['10.0.0.0/8'] }), "loadBalancer.allowFrom[0]: got '10.0.0.0/8'; allowed a peer; write for example ec2.Peer.ipv4('10.0.0.0/8')"],
  ['clients', balancer({ allowFrom: [undefined] }), 'loadBalancer.allowFrom[0]: got null; allowed a peer'],
  ['clients', balancer({ allowFrom: '10.0.0.0/8' }), "loadBalancer.allowFrom: got '10.0.0.0/8'; allowed a list"],
  ['keep-alive', balancer({ clientKeepAlive: Duration.seconds(30) }), "loadBalancer.clientKeepAlive: got '30 seconds'; allowed 1 minute to 7 days"],
  ['keep-alive, token', balancer({ clientKeepAlive: Duration.seconds(LATER) }), "loadBalancer.clientKeepAlive: got 'a token'; allowed a literal number"],
  ['desync', balancer({ desyncMitigationMode: 'off' }), "loadBalancer.desyncMitigationMode: got 'off'; allowed monitor, defensive, strictest; take"],
  ['headers', balancer({ dropInvalidHeaderFields: 'no' }), "loadBalancer.dropInvalidHeaderFields: got 'no'; allowed true, false; say"],
  ['headers', balancer({ preserveHostHeader: 1 }), 'loadBalancer.preserveHostHeader: got 1; allowed true, false'],
  ['headers', balancer({ xForwardedFor: 'add' }), "loadBalancer.xForwardedFor: got 'add'; allowed append, preserve, remove"],
  ['IPv6', balancer({ ipAddressType: 'ipv6' }), "loadBalancer.ipAddressType: got 'ipv6'; allowed ipv4, dualstack, dualstack-without-public-ipv4"],
  ['IPv6, network', balancer({ ipAddressType: elbv2.IpAddressType.DUAL_STACK }), "loadBalancer.ipAddressType: got 'IPv6 in a network of Network.create'; allowed elbv2.IpAddressType.IPV4"],
  ['IPv6, network', { ...balancer({ ipAddressType: elbv2.IpAddressType.DUAL_STACK }), network: Network.create() }, "loadBalancer.ipAddressType: got 'IPv6 in a network of Network.create'"],
  ['IPv6, internal', { loadBalancer: LoadBalancer.internal({ ipAddressType: elbv2.IpAddressType.DUAL_STACK_WITHOUT_PUBLIC_IPV4 }), network: Network.fromVpc(vpcOf({ privateSubnetIds: ['a', 'b'] })) },
    "loadBalancer.ipAddressType: got 'dualstack-without-public-ipv4'; allowed ipv4, dualstack beside LoadBalancer.internal; take elbv2.IpAddressType.DUAL_STACK"],
  ['slow start', balancer({ balancing: Balancing.roundRobin({ slowStart: Duration.seconds(20) }) }), "loadBalancer.balancing.slowStart: got '20 seconds'; allowed 30 seconds to 15 minutes"],
  ['slow start, token', balancer({ balancing: Balancing.roundRobin({ slowStart: Duration.seconds(LATER) }) }), "loadBalancer.balancing.slowStart: got 'a token'; allowed a literal number"],
  ['balancing', balancer({ balancing: 'round_robin' }), "loadBalancer.balancing: got 'round_robin'; allowed a Balancing; use one of the Balancing factories"],
  ['sticky', balancer({ stickiness: Stickiness.cookie({ duration: Duration.days(8) }) }), "loadBalancer.stickiness.duration: got '8 days'; allowed 1 second to 7 days"],
  ['sticky, token', balancer({ stickiness: Stickiness.cookie({ duration: Duration.seconds(LATER) }) }), "loadBalancer.stickiness.duration: got 'a token'; allowed a literal number"],
  ['sticky', balancer({ stickiness: true }), 'loadBalancer.stickiness: got true; allowed a Stickiness'],
  ...[DeployStrategy.blueGreen(), DeployStrategy.linear(), DeployStrategy.canary(), DeployStrategy.codeDeploy()].map((deployStrategy): [string, object, string] =>
    [`sticky, ${deployStrategy._name}`, { ...balancer({ stickiness: Stickiness.cookie() }), deployStrategy }, "loadBalancer.stickiness: got 'Stickiness beside a strategy that moves traffic'; allowed"]),
  ['protocol', balancer({ protocol: 'GRPC' }), "loadBalancer.protocol: got 'GRPC'; allowed a TargetProtocol"],
  ['protocol', balancer({ protocol: TargetProtocol.http1(wrong({ tls: 'yes' })) }), "loadBalancer.protocol.tls: got 'yes'; allowed true, false"],
  ['protocol', balancer({ protocol: TargetProtocol.http1({ tls: true }) }), "container.firstImage: got 'nothing'; allowed an image that speaks what loadBalancer.protocol says; give FirstImage.fromRepository"],
  ['protocol', spoken(TargetProtocol.grpc({ healthyGrpcCodes: '100' })), "loadBalancer.protocol.healthyGrpcCodes: got '100'; allowed 0 to 99, as list or range"],
  ['protocol', spoken(TargetProtocol.grpc(), { certificate: undefined }), "loadBalancer.protocol: got 'HTTP/2 or gRPC without a certificate'; allowed TargetProtocol.http1; give a certificate"],
  ['protocol', spoken(TargetProtocol.http2(), { certificate: undefined }), "loadBalancer.protocol: got 'HTTP/2 or gRPC without a certificate'"],
  ['protocol', spoken(TargetProtocol.grpc(), {}, { container: { firstImage: FirstImage.fromRepository(images(), 'v1'), healthCheck: { healthyHttpCodes: '200' } } }),
    "container.healthCheck.healthyHttpCodes: got '200'; allowed nothing beside TargetProtocol.grpc; write TargetProtocol.grpc({ healthyGrpcCodes }) instead"],
  ...[TargetProtocol.http2(), TargetProtocol.grpc()].map((protocol): [string, object, string] =>
    ['protocol', spoken(protocol, {}, strategy(DeployStrategy.blueGreen({ testListener: {}, hooks: [DeployHook.httpCheck()] }))),
      "deployStrategy.hooks: got 'DeployHook.httpCheck beside HTTP/2 or gRPC'; allowed hooks of your own; take DeployHook.ecs"]),
  ['WAF', balancer({ webAcl: 'acl' }), "loadBalancer.webAcl: got 'acl'; allowed a WebAcl; use one of the WebAcl factories"],
  ['WAF', balancer({ webAcl: WebAcl.fromArn('arn:aws:wafv2:us-east-1:111111111111:global/webacl/a/b') }), "loadBalancer.webAcl: got 'arn:aws:wafv2:us-east-1:111111111111:global/webacl/a/b'; allowed the ARN of a regional"],
  ['WAF', balancer({ webAcl: WebAcl.fromArn(wrong(undefined)) }), "loadBalancer.webAcl: got ''; allowed the ARN of a regional web ACL"],
  ['WAF', rules({ ruleGroups: [{ groupName: 'CommonRuleSet' }] }), "loadBalancer.webAcl.ruleGroups[0].groupName: got 'CommonRuleSet'; allowed the name of a group that AWS maintains"],
  ['WAF', rules({ ruleGroups: [null] }), 'loadBalancer.webAcl.ruleGroups[0]: got null; allowed options in braces'],
  ['WAF', rules({ ruleGroups: [{}] }), "loadBalancer.webAcl.ruleGroups[0].groupName: got ''; allowed"],
  ['WAF', rules({ ruleGroups: [{ groupName: 'AWSManagedRulesCommonRuleSet', countedRules: ['a b'] }] }), "loadBalancer.webAcl.ruleGroups[0].countedRules[0]: got 'a b'; allowed the name of a rule"],
  ['WAF', rules({ ruleGroups: [{ groupName: 'AWSManagedRulesCommonRuleSet', countedRules: [undefined] }] }), "loadBalancer.webAcl.ruleGroups[0].countedRules[0]: got ''; allowed the name"],
  ['WAF, twice', rules({ ruleGroups: [1, 2].map(() => ({ groupName: 'AWSManagedRulesCommonRuleSet' })) }), "loadBalancer.webAcl.ruleGroups: got 'AWSManagedRulesCommonRuleSet twice'; allowed each group once"],
  ['WAF, rate', rules({ requestsPerFiveMinutes: 9 }), 'loadBalancer.webAcl.requestsPerFiveMinutes: got 9; allowed a whole number, 10 to 2000000000'],
  ['WAF, logs', rules({ logRetention: 42 }), 'loadBalancer.webAcl.logRetention: got 42; allowed 1, 3, 5'],
  ['no public subnets', { ...balancer({}), network: Network.fromVpc(vpcOf({ privateSubnetIds: ['a', 'b'] })) }, "network.loadBalancerSubnets: got 'a VPC without public subnets'; allowed subnets that lead to the internet"],
  ['check in public', {
    network: Network.fromVpc(vpcOf({ publicSubnetIds: ['a', 'b'] }), { taskSubnets: { subnetType: ec2.SubnetType.PUBLIC } }),
    deployStrategy: DeployStrategy.blueGreen({ testListener: {}, hooks: [DeployHook.httpCheck()] }),
  }, "network.taskSubnets: got 'public subnets beside DeployHook.httpCheck'; allowed subnets in which a function has a way out"],
  ['rule, no priority', rule({ host: 'a.b' }), 'loadBalancer.priority: got NaN; allowed a whole number, 1 to 50000'],
  ['rule, no condition', rule({ priority: 1 }), 'loadBalancer.host: got undefined; allowed host, path or conditions; say which requests are for this service'],
  ['rule, no condition', rule({ priority: 1, conditions: [] }), 'loadBalancer.host: got undefined; allowed host, path or conditions'],
  ['rule, priority', rule({ priority: 0, host: 'a.b' }), 'loadBalancer.priority: got 0; allowed a whole number, 1 to 50000'],
  ['rule, priority', rule({ priority: 50001, host: 'a.b' }), 'loadBalancer.priority: got 50001'],
  ['rule, host', rule({ priority: 1, host: 'shop' }), "loadBalancer.host: got 'shop'; allowed 1 to 128 of"],
  ['rule, path', rule({ priority: 1, path: 'shop' }), "loadBalancer.path: got 'shop'; allowed a path of 1 to 128 characters that begins with '/'"],
  ['rule, conditions', rule({ priority: 1, conditions: [null] }), 'loadBalancer.conditions[0]: got null; allowed a condition'],
  ['rule, conditions', rule({ priority: 1, host: 'a.example.com', path: '/a', conditions: [elbv2.ListenerCondition.pathPatterns(['/b'])] }),
    "loadBalancer.conditions: got 'path-pattern twice'; allowed each kind once, host and path included; write all values of a kind in one condition"],
  ['rule, conditions', rule({ priority: 1, host: 'a.example.com', path: '/a', conditions: [elbv2.ListenerCondition.queryStrings([{ value: '1' }, { value: '2' }]), elbv2.ListenerCondition.sourceIps(['10.0.0.0/8', '11.0.0.0/8'])] }),
    "loadBalancer.conditions: got '6 values with host and path'; allowed 5 values in a rule; say the same with fewer"],
  ['rule, conditions', rule({ priority: 1, host: '*.example.*', path: '/?/*', url: 'https://example.com', conditions: [elbv2.ListenerCondition.httpHeader('A', ['*?*'])] }),
    "loadBalancer.conditions: got '7 wildcards with host and path'; allowed 6 wildcards in a rule; say the same with fewer"],
  ['rule, url', rule({ priority: 1, host: '*.a.b' }), 'loadBalancer.url: got undefined; allowed the URL of the service, where no single host is known'],
  ['rule, url', rule({ priority: 1, path: '/shop' }), 'loadBalancer.url: got undefined; allowed the URL of the service'],
  ['rule, url', rule({ priority: 1, host: 'a.b', url: 'a.b' }), "loadBalancer.url: got 'a.b'; allowed a URL"],
  ['rule, delay', rule({ priority: 1, host: 'a.b', deregistrationDelay: Duration.hours(2) }), "loadBalancer.deregistrationDelay: got '2 hours'; allowed 0 seconds to 1 hour"],
  ['rule, listener', { loadBalancer: LoadBalancer.fromListener(wrong(null), { priority: 1, host: 'a.b' }) }, 'loadBalancer.listener: got null; allowed a listener'],
  ['shared, CodeDeploy', { ...rule({ priority: 1, host: 'a.b' }), deployStrategy: DeployStrategy.codeDeploy() },
    "deployStrategy: got 'DeployStrategy.codeDeploy on a shared listener'; allowed the other strategies"],
  ['shared, test listener', { ...rule({ priority: 1, host: 'a.b' }), deployStrategy: DeployStrategy.blueGreen({ testListener: {} }) },
    "deployStrategy.testListener: got 'a test listener on a shared load balancer'; allowed none"],
  ['shared, alarm', { ...rule({ priority: 1, host: 'a.b' }), alarms: [ServiceAlarm.http5xx({ origin: Http5xxOrigin.LOAD_BALANCER })] },
    "alarms[0]: got 'Http5xxOrigin.LOAD_BALANCER on a shared load balancer'; allowed alarms that do not roll this service back"],
  ['109', { network: Network.create(), cluster: Cluster.fromCluster(wrong({ clusterArn: 'arn', vpc: {} })) }, "network: got 'Network.create beside Cluster.fromCluster'; allowed the cluster's own VPC"],
  ['107', { cluster: Cluster.fromCluster(wrong(null)) }, 'cluster: got null; allowed a cluster; hand over an ecs.ICluster'],
  ['cluster by its ARN', { cluster: Cluster.fromCluster(ecs.Cluster.fromClusterArn(stack(), 'C', 'arn:aws:ecs:eu-west-1:111111111111:cluster/c')) },
    "cluster: got 'a cluster without its VPC'; allowed a cluster with its VPC; import it with ecs.Cluster.fromClusterAttributes({ clusterName, vpc })"],
  ['107', { network: Network.fromVpc(wrong(null)) }, 'network: got null; allowed a VPC; hand over an ec2.IVpc'],
  ['storage key', { cluster: Cluster.create({ storageKey: wrong('alias/disks') }) }, "cluster.storageKey: got 'alias/disks'; allowed a key; hand over a kms.IKey"],
  ['insights', { cluster: Cluster.create(wrong({ containerInsights: true })) }, 'cluster.containerInsights: got true; allowed enabled, disabled, enhanced'],
  ['88', alarm({ period: Duration.seconds(45) }), "alarms[0].period: got '45 seconds'; allowed 10, 30 seconds or whole minutes; take"],
  ['88', alarm({ period: Duration.seconds(20) }), "alarms[0].period: got '20 seconds'; allowed 10, 30 seconds"],
  ['88, token', alarm({ period: Duration.seconds(LATER) }), "alarms[0].period: got 'a token'; allowed a literal number"],
  ['45, token', health({ interval: Duration.seconds(LATER) }), "container.healthCheck.interval: got 'a token'; allowed a literal number"],
  ['46, token', health({ timeout: Duration.seconds(LATER) }), "container.healthCheck.timeout: got 'a token'; allowed a literal number"],
  ['89', alarm({ datapointsToAlarm: 3, evaluationPeriods: 1 }), 'alarms[0].datapointsToAlarm: got 3; allowed a whole number, 1 to 1; take at most evaluationPeriods'],
  ['90', alarm({ threshold: NaN }), 'alarms[0].threshold: got NaN; allowed 0 to'],
  ['90', alarm({ threshold: Infinity }), 'alarms[0].threshold: got Infinity; allowed 0 to'],
  ['91', alarm({ evaluationPeriods: 0 }), 'alarms[0].evaluationPeriods: got 0; allowed a whole number, 1 to 8640'],
  ['92', alarm({ evaluationPeriods: 25, period: Duration.hours(1) }), 'alarms[0].evaluationPeriods: got 25; allowed at most one day in all, 24 periods'],
  ['statistic', alarm({ statistic: 'Mean' }), "alarms[0].statistic: got 'Mean'; allowed Average"],
  ['name', alarm({ alarmName: '' }), "alarms[0].alarmName: got ''; allowed 1 to 255 characters"],
  ['rollsBack', alarm({ rollsBack: 'yes' }), "alarms[0].rollsBack: got 'yes'; allowed true, false"],
  ['origin', { alarms: [ServiceAlarm.http5xx(wrong({ origin: 'ELSEWHERE' }))] }, "alarms[0].origin: got 'ELSEWHERE'; allowed CONTAINERS, LOAD_BALANCER"],
  ['twice', { alarms: [ServiceAlarm.cpu(), ServiceAlarm.cpu()] }, "alarms: got 'CpuAlarm twice'; allowed each alarm once"],
  ['93', { notifications: [Notification.email('nope')] }, "notifications[0].address: got 'nope'; allowed an e-mail address"],
  ['93', { notifications: [Notification.createTopic({ emails: ['a@example.com', 'nope'] })] }, "notifications[0].emails[1]: got 'nope'; allowed an e-mail address"],
  ['93', { notifications: [Notification.createTopic(wrong({ subscribers: ['nope'] }))] }, "notifications[0].subscribers[0]: got 'nope'; allowed a subscription"],
  ['93', { notifications: [Notification.email(wrong(undefined))] }, "notifications[0].address: got ''; allowed an e-mail address"],
  ['93', { notifications: [Notification.createTopic(wrong({ subscribers: [undefined] }))] }, 'notifications[0].subscribers[0]: got null; allowed a subscription'],
  ['94', { notifications: [Notification.createTopic({ topicName: 'my topic' })] }, "notifications[0].topicName: got 'my topic'; allowed 1 to 256"],
  ['94', { notifications: [Notification.createTopic({ displayName: 'a\nb' })] }, "notifications[0].displayName: got 'a b'; allowed 1 to 100 characters on one line"],
  ['107', { notifications: [Notification.topic(wrong(undefined))] }, 'notifications[0]: got undefined; allowed a topic; hand over an sns.ITopic'],
  ['95', { encryption: Encryption.customerManaged({ rotationPeriod: Duration.days(30) }) }, "encryption.rotationPeriod: got '30 days'; allowed 90 days to 2560 days"],
  ['95, parts', { encryption: Encryption.customerManaged({ rotationPeriod: Duration.hours(90 * 24 + 1) }) }, 'encryption.rotationPeriod: got '],
  ['95', { encryption: Encryption.customerManaged({ aliasName: 'aws/mine' }) }, "encryption.aliasName: got 'aws/mine'; allowed 1 to 200"],
  ['95', { encryption: Encryption.fromKey(wrong('arn:aws:kms:...')) }, "encryption: got 'arn:aws:kms:...'; allowed a key; hand over a kms.IKey"],
  ['names', names({ suffix: 'Dev' }), "resourceNames.suffix: got 'Dev'; allowed 1 to 16 lower-case letters"],
  ['names', names({ suffix: undefined }), "resourceNames.suffix: got ''; allowed 1 to 16 lower-case letters"],
  ['names', names({ pattern: '{type}-{suffix}' }), "resourceNames.pattern: got '{type}-{suffix}'; allowed {type}, {purpose}"],
  ['names', names({ pattern: 'my {type}/{purpose}-{suffix}' }), "resourceNames.pattern: got 'my {type}/{purpose}-{suffix}'; allowed"],
  ['names', names({ exact: 'production-cluster' }), "resourceNames.exact: got 'production-cluster'; allowed a list"],
  ['names', names({ exact: ['production', 7] }), 'resourceNames.exact[1]: got 7; allowed a text'],
  ['dashboard', { dashboard: Dashboard.standard({ dashboardName: 'a b' }) }, "dashboard.dashboardName: got 'a b'; allowed 1 to 255"],
  ['dashboard', { dashboard: Dashboard.standard(wrong({ titles: { cpu: 3 } })) }, 'dashboard.titles.cpu: got 3; allowed a text'],
  ['dashboard', { dashboard: Dashboard.standard(wrong({ titles: null })) }, 'dashboard.titles: got null; allowed options in braces'],
  ['103', { tags: { '': 'x' } }, "tags.: got ''; allowed a key of 1 to 128"],
  ['103', { tags: { 'aws:x': 'x' } }, "tags.aws:x: got 'aws:x'; allowed a key"],
  ['103', { tags: { team: 'x'.repeat(257) } }, "tags.team: got 'xxx"],
  ['103', { tags: '80abc' }, "tags: got '80abc'; allowed a map of keys to values"],
  ['subnets of a VPC', { network: Network.fromVpc(wrong({ vpcId: 'vpc-11111111' }), { taskSubnets: wrong('private') }) }, "network.taskSubnets: got 'private'; allowed a selection of subnets; write"],
  ['42, null', { scaling: Scaling.onCpu({ targetPercent: wrong(null) }) }, 'scaling.targetPercent: got NaN; allowed 1 to 100'],
  ['removal', { removalPolicy: RemovalPolicy.SNAPSHOT }, "removalPolicy: got 'snapshot'; allowed retain, destroy"],
];

const pipelineRows: [string, object, string][] = [
  ['57', gitHub({ connectionArn: 'nope' }), "source.connectionArn: got 'nope'; allowed arn:<partition>:codeconnections:<region>:<account>:connection/<uuid>; copy it"],
  ['59, 60', gitHub({ branch: '' }), "source.branch: got ''; allowed the name of a branch"],
  ...['a..b', '.a', 'a/.b', 'a.', 'a.lock', 'a.lock/b', 'a@{b', 'a~b', 'a^b', 'a:b', 'a?b', 'a*b', 'a[b', '/a', 'a/', 'a//b', '-a', 'a\u007fb'].map((branch): [string, object, string] =>
    ['60, git', gitHub({ branch }), `source.branch: got '${branch}'; allowed the name of a branch`]),
  ['61', { source: Source.gitHub('') }, "source.repository: got ''; allowed 'owner/repository'"],
  ['61', { source: Source.gitHub('shop') }, "source.repository: got 'shop'; allowed 'owner/repository'"],
  ['61, kind', { source: Source.gitHub(wrong(null)) }, "source.repository: got ''; allowed 'owner/repository'"],
  ['kind', gitHub({ fullClone: 'yes' }), "source.fullClone: got 'yes'; allowed true, false; say whether builds need the history"],
  ['63, kind', gitHub({ triggerOnPaths: [null] }), "source.triggerOnPaths[0]: got ''; allowed a glob pattern"],
  ['61, kind', { source: Source.gitHub(wrong(3)) }, 'source.repository: got 3; allowed'],
  ['63', gitHub({ triggerOnPaths: 'abcdefghi'.split('') }), 'source.triggerOnPaths: got ["a","b","c","d","e","f","g","h","i"]; allowed 1 to 8 patterns'],
  ['63', gitHub({ triggerOnTags: [] }), 'source.triggerOnTags: got []; allowed 1 to 8 patterns'],
  ['63', gitHub({ triggerOnTags: [''] }), "source.triggerOnTags[0]: got ''; allowed a glob pattern"],
  ['61, token', { source: Source.gitHubToken('shop', { token: secret() }) }, "source.repository: got 'shop'; allowed 'owner/repository'"],
  ['58', { source: Source.gitHubToken('acme/shop', wrong({ token: 'ghp_0123' })) }, "source.token: got '(hidden)'; allowed a secret; hand over a secretsmanager.ISecret; tokens"],
  ['58', { source: Source.gitHubToken('acme/shop', wrong({})) }, 'source.token: got undefined; allowed a secret'],
  ['58, none', { source: Source.gitHubToken('acme/shop', wrong(undefined)) }, 'source: got null; allowed options in braces'],
  ['58', { source: Source.gitHubToken('acme/shop', { token: secret(), tokenField: 'a:b' }) }, "source.tokenField: got 'a:b'; allowed the name of a field, without colons"],
  ['60, token', { source: Source.gitHubToken('acme/shop', { token: secret(), branch: 'a b' }) }, "source.branch: got 'a b'; allowed the name of a branch"],
  ['62', { source: Source.codeCommit(wrong(undefined)) }, 'source.repository: got null; allowed a repository; hand over a codecommit.IRepository'],
  ['62', { source: Source.codeCommit(wrong('shop')) }, "source.repository: got 'shop'; allowed a repository"],
  ['60, CodeCommit', { source: Source.codeCommit(codecommit.Repository.fromRepositoryName(stack(), 'Code', 'shop'), { branch: '' }) }, "source.branch: got ''; allowed the name of a branch"],
  ['source', { source: undefined }, "source: got undefined; allowed a Source; write for example Source.gitHub('acme/shop')"],
  ['111', { history: DeploymentHistory.table({ tableName: 'my table' }) }, "history.tableName: got 'my table'; allowed 3 to 255 of A-Z a-z 0-9 _ . -; leave out"],
  ['111', { history: DeploymentHistory.table({ tableName: 'ab' }) }, "history.tableName: got 'ab'; allowed 3 to 255"],
  ['history', { history: DeploymentHistory.table({ expiry: Duration.hours(36) }) }, "history.expiry: got '1 day 12 hours'; allowed 1 day to 3650 days"],
  ['history', { history: DeploymentHistory.table(wrong({ key: 'mine' })) }, "history.key: got 'mine'; allowed a key; hand over"],
  ['history', { history: 'none' }, "history: got 'none'; allowed a DeploymentHistory; use one of the DeploymentHistory factories"],
  ['64', { pipelineName: 'a'.repeat(101) }, "pipelineName: got 'aaa"],
  ['65', { stageName: 'my stage' }, "stageName: got 'my stage'; allowed 1 to 100"],
  ['65', { stageName: 'Build' }, "earlierStages: got 'Build twice'; allowed each name once"],
  ['69', { checks: [Check.nodeTests(), Check.nodeTests()] }, "checks: got 'NodeTests twice'; allowed each name once"],
  ['69', { checks: [Check.commands('Build', { commands: ['make'] })] }, "checks: got 'Build'; allowed a name that the image build does not have"],
  ['69', { pipelineAlarms: [PipelineAlarm.failedExecutions(), PipelineAlarm.failedExecutions()] }, "pipelineAlarms: got 'FailedExecutionsAlarm twice'; allowed each name once"],
  ['conditions', beforehand(StageCondition.deploymentWindow({ cron: '9-17 MON-FRI' })), "releaseConditions.before[0].cron: got '9-17 MON-FRI'; allowed `*` for the seconds, minutes, hours"],
  ['conditions', beforehand(StageCondition.deploymentWindow({ cron: '0 0 9 ? * MON' })), "releaseConditions.before[0].cron: got '0 0 9 ? * MON'; allowed `*` for the seconds"],
  ['conditions', beforehand(StageCondition.deploymentWindow({ cron: '* * 9-17 * * MON-FRI' })), "releaseConditions.before[0].cron: got '* * 9-17 * * MON-FRI'"],
  ['conditions', beforehand(StageCondition.deploymentWindow({ cron: '* * 9-17 ? * ?' })), "releaseConditions.before[0].cron: got '* * 9-17 ? * ?'"],
  ['conditions', beforehand(StageCondition.deploymentWindow(wrong(undefined))), 'releaseConditions.before[0]: got null; allowed options in braces'],
  ['conditions', beforehand(StageCondition.deploymentWindow({ cron: '* * 9 ? * MON', timeZone: 'Berlin' })), "releaseConditions.before[0].timeZone: got 'Berlin'; allowed a time zone; write"],
  ['conditions', beforehand(StageCondition.alarm(wrong('cpu'))), "releaseConditions.before[0].alarm: got 'cpu'; allowed an alarm; hand over a cloudwatch.IAlarm"],
  ['conditions', beforehand(StageCondition.alarm(theirAlarm(), { waitTime: Duration.seconds(90) })), "releaseConditions.before[0].waitTime: got '1 minute 30 seconds'; allowed 1 minute to 1 day, a multiple"],
  ['conditions', beforehand(StageCondition.alarm(theirAlarm(), { waitTime: Duration.days(2) })), "releaseConditions.before[0].waitTime: got '2 days'; allowed 1 minute to 1 day"],
  ['conditions', { releaseConditions: { after: [wrong('09:00')] } }, "releaseConditions.after[0]: got '09:00'; allowed a StageCondition; use one of the StageCondition factories"],
  ['conditions', { releaseConditions: { before: Array(6).fill(StageCondition.alarm(theirAlarm())) } }, "releaseConditions.before: got '6 conditions'; allowed at most 5; leave some out"],
  ['conditions', { releaseConditions: [] }, 'releaseConditions: got []; allowed conditions; write for example { before:'],
  ['failure', { onReleaseFailure: 'rollback' }, "onReleaseFailure: got 'rollback'; allowed a StageFailure; use one of the StageFailure factories"],
  ['73', approval({ timeout: Duration.minutes(4) }), "approval.timeout: got '4 minutes'; allowed 5 minutes to 60 days, a multiple of 1 minute"],
  ['73', approval({ timeout: Duration.days(61) }), "approval.timeout: got '61 days'; allowed"],
  ['73', approval({ timeout: Duration.seconds(330) }), "approval.timeout: got '5 minutes 30 seconds'; allowed"],
  ['74', approval({ comment: 'x'.repeat(1001) }), "approval.comment: got 'xxx"],
  ['75', approval({ notify: Notification.email('nope') }), "approval.notify.address: got 'nope'; allowed an e-mail address"],
  ['approval', approval({ reviewUrl: 'staging' }), "approval.reviewUrl: got 'staging'; allowed a URL"],
  ['approval', approval({ stage: 'a b' }), "approval.stage: got 'a b'; allowed 1 to 100"],
  ['85', { repositoryName: 'Shop' }, "repositoryName: got 'Shop'; allowed a-z 0-9"],
  ['85, existing', { repository: BuildRepository.fromRepository(wrong({})) }, 'repository: got {}; allowed a repository; hand over an ecr.IRepository'],
  ['85, existing with a name', { repository: BuildRepository.fromRepository(images()), repositoryName: 'shop' },
    "repository: got 'BuildRepository.fromRepository beside imageCount or repositoryName'; allowed BuildRepository.create() with them; leave them out"],
  ['86, existing', { repository: BuildRepository.fromRepository(images()), imageCount: 7 }, "repository: got 'BuildRepository.fromRepository beside imageCount"],
  ['86', { imageCount: 1 }, 'imageCount: got 1; allowed a whole number, 2 to 1000'],
  ['86, token', { imageCount: Lazy.number({ produce: () => 1 }) }, "imageCount: got 'a token'; allowed a literal number; write"],
  ['79, kind', { imageBuild: ImageBuild.dockerfile({ environment: wrong('A=1') }) }, "imageBuild.environment: got 'A=1'; allowed a map of names to values"],
  ['79, by value', { imageBuild: ImageBuild.dockerfile({ environment: { CACHE: 'redis://:s3cret@cache' } }) }, "imageBuild.environment.CACHE: got '(hidden)'; allowed what anybody may read; move it"],
  ['secrets', { imageBuild: ImageBuild.dockerfile({ secrets: wrong(null) }) }, 'imageBuild.secrets: got null; allowed a map of names to secrets'],
  ['99', { imageBuild: ImageBuild.dockerfile({ logRetention: wrong(42) }) }, 'imageBuild.logRetention: got 42; allowed 1, 3, 5, 7'],
  ['82, kind', { imageBuild: ImageBuild.dockerfile({ architecture: wrong('ARM64') }) }, "imageBuild.architecture: got 'ARM64'; allowed an architecture"],
  ['login', { imageBuild: ImageBuild.dockerfile({ registryLogin: wrong(null) }) }, 'imageBuild.registryLogin: got null; allowed options in braces'],
  ['cache', { imageBuild: ImageBuild.dockerfile({ cache: BuildCache.s3(wrong(3)) }) }, 'imageBuild.cache: got 3; allowed options in braces'],
  ['parameter', { imageBuild: ImageBuild.dockerfile({ secrets: { NPM: BuildSecret.fromParameterStore('/npm', wrong('alias/npm')) } }) }, "imageBuild.secrets.NPM: got 'alias/npm'; allowed a key"],
  ['runtimes', { checks: [Check.commands('Lint', { commands: ['make'], runtimes: wrong({ python: 3.12 }) })] }, 'checks[0].runtimes.python: got 3.12; allowed a text'],
  ['scripts', { checks: [Check.nodeTests({ scripts: wrong('test') })] }, "checks[0].scripts: got 'test'; allowed a list"],
  ['devDependencies', { checks: [Check.npmAudit({ devDependencies: wrong('no') })] }, "checks[0].devDependencies: got 'no'; allowed true, false"],
  ['unfixed', { checks: [Check.imageScan({ unfixed: wrong(0) })] }, 'checks[0].unfixed: got 0; allowed true, false'],
  ['artifacts', { artifactDays: 0 }, 'artifactDays: got 0; allowed a whole number, 1 to 3650'],
  ['97', release({ timeout: Duration.minutes(20) }), "releaseAction.timeout: got '20 minutes'; allowed 30 seconds to 15 minutes"],
  ['98', release({ memorySize: 64 }), 'releaseAction.memorySize: got 64; allowed a whole number, 256 to 10240'],
  ['98', release({ reservedConcurrentExecutions: -1 }), 'releaseAction.reservedConcurrentExecutions: got -1; allowed a whole number, 1 to 1000'],
  ['release', release({ releaseTimeout: Duration.seconds(330) }), "releaseAction.releaseTimeout: got '5 minutes 30 seconds'; allowed 5 minutes to 23 hours, a multiple of 1 minute"],
  ['scan', { releaseChecks: [Check.imageScan()] }, "releaseChecks[0]: got 'a check of the image'; allowed checks of the running service; move it to checks, or to beforeRelease"],
  ['task', { checks: [Check.task('a b')] }, "checks[0].name: got 'a b'; allowed 1 to 100 of A-Z a-z 0-9 _ -"],
  ['task', { checks: [Check.task('a.b')] }, "checks[0].name: got 'a.b'; allowed 1 to 100 of"],
  ['task', { checks: [Check.task(wrong(undefined))] }, "checks[0].name: got ''"],
  ['task', { checks: [Check.task('Migrate', wrong(null))] }, 'checks[0]: got null; allowed options in braces'],
  ['task', task({ stage: 'a b' }), "checks[0].stage: got 'a b'; allowed 1 to 100 of"],
  ['task', task({ timeout: Duration.minutes(1) }), "checks[0].timeout: got '1 minute'; allowed 2 minutes to 23 hours, a multiple of 1 minute"],
  ['task', task({ timeout: Duration.seconds(150) }), "checks[0].timeout: got '2 minutes 30 seconds'"],
  ['task', task({ command: [] }), "checks[0].command: got []; allowed at least one; leave it out for the image's own"],
  ['task', task({ command: ['npm', 3] }), 'checks[0].command[1]: got 3; allowed a text'],
  ['task', task({ environment: 'A=b' }), "checks[0].environment: got 'A=b'; allowed a map of names to values"],
  ['task', task({ environment: { A: 1 } }), 'checks[0].environment.A: got 1; allowed a text'],
  ['task', task({ command: ['x'.repeat(4000)] }), "Migrate: got 'a command and variables of"],
  ['report', task({ report: 'uploaded' }), "checks[0].report: got 'uploaded'; allowed a TaskReport; use one of the TaskReport factories"],
  ['report', task({ report: null }), 'checks[0].report: got null; allowed a TaskReport'],
  ['tests', { ...network({ egress: Egress.vpcEndpoints() }), ...task({ tests: { image: 'newman:6' } }) }, "Migrate.tests.image: got 'newman:6, in a place with Egress.vpcEndpoints'; allowed images of a private repository in ECR, in the region of the place; copy"],
  ['tests', task({ tests: 'tests:1' }), "checks[0].tests: got 'tests:1'; allowed a container"],
  ['tests', task({ tests: {} }), "checks[0].tests.image: got ''; allowed an image; write for example"],
  ['tests', task({ tests: { image: 'tests:1', command: [] } }), 'checks[0].tests.command: got []'],
  ['tests', task({ tests: { image: 'tests:1', environment: { A: null } } }), 'checks[0].tests.environment.A: got null; allowed a text'],
  ['place', task({ place: 'staging' }), "checks[0].place: got 'staging'; allowed a TaskPlace; use one of the TaskPlace factories"],
  ['place', task({ place: TaskPlace.ofService(wrong('staging')) }), "checks[0].place.target: got 'staging'; allowed a place; hand over a FargateEnvironment"],
  ['place', task({ place: TaskPlace.ofService(wrong(undefined)) }), 'checks[0].place.target: got null; allowed a place'],
  ['place', task({ place: TaskPlace.inCluster(wrong(undefined)) }), 'checks[0].place: got null; allowed options in braces'],
  ['place', inCluster({ cluster: undefined }), 'checks[0].place.cluster: got null; allowed a cluster; write for example ecs.Cluster.fromClusterArn'],
  ['place', inCluster({ subnetIds: [] }), 'checks[0].place.subnetIds: got []; allowed 1 to 16; say in which subnets the task runs'],
  ['place', inCluster({ subnetIds: undefined }), 'checks[0].place.subnetIds: got undefined; allowed 1 to 16'],
  ['place', inCluster({ subnetIds: ['vpc-11111111'] }), "checks[0].place.subnetIds[0]: got 'vpc-11111111'; allowed the id of a subnet; write for example"],
  ['place', inCluster({ subnetIds: [null] }), "checks[0].place.subnetIds[0]: got ''; allowed the id of a subnet"],
  ['place', inCluster({ securityGroups: [1, 2, 3, 4, 5, 6].map(() => aGroup) }), 'checks[0].place.securityGroups: got [{"securityGroupId":"sg-11111111"}'],
  ['place', inCluster({ securityGroups: ['sg-11111111'] }), "checks[0].place.securityGroups[0]: got 'sg-11111111'; allowed a security group; hand over an ec2.ISecurityGroup"],
  ['place', inCluster({ securityGroups: [undefined] }), 'checks[0].place.securityGroups[0]: got null; allowed a security group'],
  ['place', inCluster({ assignPublicIp: 'yes' }), "checks[0].place.assignPublicIp: got 'yes'; allowed true, false"],
  ['place', inCluster({ taskRole: 'arn' }), "checks[0].place.taskRole: got 'arn'; allowed a role"],
  ['place', inCluster({ cpu: 300 }), 'checks[0].place.cpu: got 300; allowed 256, 512, 1024'],
  ['place', inCluster({ memoryLimitMiB: 100 }), 'checks[0].place.memoryLimitMiB: got 100; allowed 1024, 2048'],
  ['place', inCluster({ cpu: 256, memoryLimitMiB: 8192 }), 'checks[0].place.memoryLimitMiB: got 8192; allowed 512, 1024, 2048; take a size that Fargate offers with 256'],
  ['http', { checks: [Check.http()] }, 'checks[0].url: got undefined; allowed a URL, since the service is asked after its release only; say what is asked'],
  ['http', { beforeRelease: [Check.http()] }, 'beforeRelease[0].url: got undefined; allowed a URL'],
  ['http', ask({ url: 'shop.example.com' }), "releaseChecks[0].url: got 'shop.example.com'; allowed a URL without a path; write for example"],
  ['http', ask({ url: 'https://shop.example.com/health' }), "releaseChecks[0].url: got 'https://shop.example.com/health'; allowed a URL without a path"],
  ['http', ask({ actionName: 'a b' }), "releaseChecks[0].actionName: got 'a b'; allowed 1 to 100 of"],
  ['http', ask({ stage: 'a b' }), "releaseChecks[0].stage: got 'a b'; allowed 1 to 100 of"],
  ['http', ask({ path: 'health' }), "releaseChecks[0].path: got 'health'; allowed a path that begins with '/'"],
  ['http', ask({ timeout: Duration.minutes(11) }), "releaseChecks[0].timeout: got '11 minutes'; allowed 10 seconds to 10 minutes"],
  ['http', ask(wrong(null)), 'releaseChecks[0]: got null; allowed options in braces'],
  ['function', { checks: [Check.invokeFunction(wrong(undefined), aFunction)] }, "checks[0].name: got ''; allowed 1 to 100 of"],
  ['function', { checks: [Check.invokeFunction('a b', aFunction)] }, "checks[0].name: got 'a b'; allowed 1 to 100 of"],
  ['function', { checks: [Check.invokeFunction('Ask', wrong(undefined))] }, 'checks[0].handler: got null; allowed a function; hand over a lambda.IFunction'],
  ['function', { checks: [Check.invokeFunction('Ask', aFunction, { userParameters: wrong('a') })] }, "checks[0].userParameters: got 'a'; allowed a map of names to values"],
  ['function', { checks: [Check.invokeFunction('Ask', aFunction, { userParameters: { a: wrong(1) } })] }, 'checks[0].userParameters.a: got 1; allowed a text'],
  ['function', { checks: [Check.invokeFunction('Ask', aFunction, { userParameters: { a: 'x'.repeat(600) } })] }, "checks[0].userParameters: got '608 characters'; allowed 600 characters as JSON"],
  ['action', { checks: [Check.action(wrong(undefined))] }, 'checks[0].action: got null; allowed an action; hand over a codepipeline.IAction'],
  ['action', { checks: [Check.action(wrong({}))] }, 'checks[0].action: got {}; allowed an action'],
  ['action', { checks: [Check.action(wrong({ actionProperties: { actionName: 'Legal' } }), { stage: 'a b' })] }, "checks[0].stage: got 'a b'; allowed 1 to 100 of"],
  ['before', { beforeRelease: [Check.task('Migrate'), Check.task('Migrate')] }, "beforeRelease: got 'Migrate twice'; allowed each name once"],
  ['before', { beforeRelease: [Check.task('Smoke')], releaseChecks: [Check.commands('Smoke', { commands: ['make'] })] }, "beforeRelease: got 'Smoke twice'; allowed each name once"],
  ['before', { releaseChecks: [Check.task('Migrate')] }, "releaseChecks[0]: got 'a check of the image'"],
  ['before', { beforeRelease: ['migrate'] }, "beforeRelease[0]: got 'migrate'; allowed a Check; use one of the Check factories"],
  ['stages', { earlierStages: [{ releases: [] }] }, 'earlierStages[0].releases: got []; allowed at least one release'],
  ['stages', { earlierStages: [null] }, 'earlierStages[0]: got null; allowed a stage; write'],
  ['stages', { earlierStages: [{ releases: '80abc' }] }, "earlierStages[0].releases: got '80abc'; allowed at least one release"],
  ['stages', { earlierStages: [{ releases: [{}] }] }, 'earlierStages[0].releases[0].target: got null; allowed a place; hand over a FargateEnvironment'],
  ['stages', { earlierStages: [{ releases: [null] }] }, 'earlierStages[0].releases[0].target: got null; allowed a place'],
];

describe('one problem is one line that says what to do', () => {
  test.each(environmentRows)('environment, row %s: %j', (_, props, line) => {
    const found = ofEnvironment(props);
    expect(found.map((each) => each.slice(0, line.length))).toEqual([line]);
    expect(found[0]).toMatch(/^[^:]*.*: got .*; allowed .*; .+$/);
    // The construct that the user wrote answers, also when it hands the props on.
    expect(ofPipeline(props)).toEqual(found);
  });

  test.each(pipelineRows)('pipeline, row %s: %j', (_, props, line) => {
    const found = ofPipeline(props);
    expect(found.map((each) => each.slice(0, line.length))).toEqual([line]);
    expect(found[0]).toMatch(/^.*: got .*; allowed .*; .+$/);
  });
});

describe('the construct that the user wrote says it', () => {
  test('with its class and path', () => {
    expect(() => new FargateEnvironment(stack(), 'Place', { scaling: Scaling.fixed(-1) }))
      .toThrow(/^FargateEnvironment at 'Shop\/Place' has 1 problem:\n  scaling\.tasks: got -1; allowed a whole number, 0 to 5000; take for example 2$/);
    expect(() => new FargateCicdPipeline(stack(), 'Pipeline', { source, stageName: 'a b' })).toThrow(/^FargateCicdPipeline at 'Shop\/Pipeline' has 1 problem:\n {2}stageName/);
    expect(() => new DeliveryPipeline(stack(), 'Road', { source, stages: [] })).toThrow(/^DeliveryPipeline at 'Shop\/Road' has 1 problem:\n {2}stages: got \[\]/);
  });

  test('all problems at once', () => {
    const found = ofPipeline({
      source: Source.gitHub('shop', { branch: '' }),
      container: { port: 0, cpu: 300, healthCheck: { path: 'health' } },
      scaling: Scaling.fixed(-1),
      network: Network.create({ cidr: 'banana', egress: Egress.natGateways(9) }),
      alarms: [ServiceAlarm.cpu({ threshold: NaN })],
      notifications: [Notification.email('nope')],
      approval: 3,
      stageName: 'a b',
    });
    expect(found.map((line) => line.split(':')[0])).toEqual([
      'notifications[0].address', 'network.cidr', 'network.egress.count', 'scaling.tasks', 'alarms[0].threshold', 'container.port', 'container.cpu',
      'container.healthCheck.path', 'source.repository', 'source.branch', 'stageName', 'approval',
    ]);
  });

  test('a stage that two parts of the pipeline want, and a pipeline without any', () => {
    const place = (scope: Construct, id: string) => new FargateEnvironment(scope, id);
    const road = (stages: unknown) => problems((scope) => new DeliveryPipeline(scope, 'Road', { source, stages: wrong(typeof stages === 'function' ? stages(scope) : stages) }));
    expect(road(undefined)).toEqual(['stages: got []; allowed at least one; say where to release to']);
    expect(road('80abc')).toEqual(["stages: got '80abc'; allowed at least one; say where to release to"]);
    expect(road((scope: Construct) => [{ stageName: 'Source', releases: [{ target: place(scope, 'A') }] }]))
      .toEqual(["stages: got 'Source twice'; allowed each name once; give one of them another name"]);
    expect(road((scope: Construct) => {
      const [one, two] = [place(new Construct(scope, 'One'), 'Web'), place(new Construct(scope, 'Two'), 'Web')];
      return [{ releases: [{ target: one }, { target: two }] }];
    })).toEqual(["stages[0].releases: got 'Web twice'; allowed each name once; give one of them another name"]);
  });
});

describe('103: a construct path of the longest kind', () => {
  test('does not end up in texts that AWS would refuse', () => {
    const scope = stack();
    const deep = Array.from({ length: 5 }).reduce<Construct>((parent) => new Construct(parent, 'x'.repeat(60)), scope);
    new FargateCicdPipeline(deep, 'Shop', { source, deployStrategy: DeployStrategy.blueGreen({ testListener: {}, hooks: [DeployHook.httpCheck()] }) });
    const { Resources } = Template.fromStack(scope).toJSON() as { Resources: Record<string, { Type: string; Properties: Record<string, any> }> };
    // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html and .../latest/UserGuide/tag-conventions.html
    const tooLong = Object.values(Resources).flatMap(({ Type, Properties: { GroupDescription = '', Description = '', Tags = [] } }) => [
      ...(GroupDescription.length > 255 ? [`${Type}.GroupDescription`] : []),
      ...(Type === 'AWS::Lambda::Function' && Description.length > 256 ? [`${Type}.Description`] : []),
      ...(Array.isArray(Tags) ? Tags.filter(({ Value }) => typeof Value === 'string' && Value.length > 256).map(({ Key }) => `${Type}.Tags.${Key}`) : []),
    ]);
    expect(tooLong).toEqual([]);
  });
});

describe('38: a hook that may take longer than the release', () => {
  const { PRE_SCALE_UP: stage } = ecs.DeploymentLifecycleStage;
  const withHook = (timeout: Duration | undefined, options: object = {}) => ofPipeline({
    deployStrategy: DeployStrategy.blueGreen({ hooks: [DeployHook.ecs(wrong({ functionArn: 'arn:aws:lambda:eu-west-1:111111111111:function:f' }), { stages: [stage], timeout })] }),
    releaseAction: ReleaseAction.releaseFunction(options),
  });

  test('is refused with what to do', () => {
    expect(withHook(hours(20))).toEqual([
      "deployStrategy: got 'steps, bake times and hooks of 1205 minutes'; allowed less than 60 minutes, the limit of the release action; give the release function a longer releaseTimeout, or take shorter waits",
    ]);
  });

  test.each<[string, Duration | undefined, object]>([
    ['a longer release', hours(20), { releaseTimeout: hours(21) }], ['a shorter hook', Duration.minutes(50), {}], ['the usual hook', undefined, {}], ['a token', Duration.minutes(LATER), {}],
  ])('fits: %s', (_, timeout, options) => {
    expect(withHook(timeout, options)).toEqual([]);
  });
});

describe('what stands elsewhere', () => {
  const ELSEWHERE = 'us-east-1:222222222222:';
  const CONNECTION = 'connection/11111111-2222-3333-4444-555555555555';
  const inEurope = (make: (scope: Stack) => unknown) => problems(() => make(new Stack(new App(), 'Shop', { env: { account: '111111111111', region: 'eu-west-1' } })));
  const shop = (props: (scope: Stack) => object) => inEurope((scope) => new FargateCicdPipeline(scope, 'Shop', { source, ...props(scope) }));
  const wrongRegion = (prop: string, what: string) => `${prop}: got '${what} of us-east-1'; allowed ${what} of eu-west-1, the region of the stack; take one of the same region`;
  const wrongAccount = (prop: string, what: string) => `${prop}: got '${what} of 222222222222'; allowed ${what} of 111111111111, the account of the stack; take one of the same account`;

  test.each<[string, (scope: Stack) => object, string[]]>([
    ['52, certificate', (scope) => balancer({ certificate: acm.Certificate.fromCertificateArn(scope, 'There', `arn:aws:acm:${ELSEWHERE}certificate/1`) }),
      [wrongRegion('loadBalancer.certificate', 'a certificate'), wrongAccount('loadBalancer.certificate', 'a certificate')]],
    ['web ACL', () => balancer({ webAcl: WebAcl.fromArn(`arn:aws:wafv2:${ELSEWHERE}regional/webacl/a/b`) }),
      [wrongRegion('loadBalancer.webAcl', 'a web ACL'), wrongAccount('loadBalancer.webAcl', 'a web ACL')]],
    ['52, certificate of the same place', (scope) => balancer({ certificate: acm.Certificate.fromCertificateArn(scope, 'Here', 'arn:aws:acm:eu-west-1:111111111111:certificate/1') }), []],
    ['11, VPC', (scope) => ({
      network: Network.fromVpc(ec2.Vpc.fromVpcAttributes(scope, 'There', { vpcId: 'vpc-11111111', availabilityZones: ZONES, privateSubnetIds: ['a', 'b'], publicSubnetIds: ['c', 'd'], region: 'us-east-1' })),
    }), [wrongRegion('network', 'a VPC')]],
    ['cluster', (scope) => ({
      cluster: Cluster.fromCluster(ecs.Cluster.fromClusterAttributes(scope, 'There', {
        clusterArn: `arn:aws:ecs:${ELSEWHERE}cluster/c`, clusterName: 'c', vpc: new ec2.Vpc(scope, 'Vpc', { availabilityZones: ZONES }),
      })),
    }), [wrongRegion('cluster', 'a cluster'), wrongAccount('cluster', 'a cluster')]],
    ['storage key', (scope) => ({ cluster: Cluster.create({ storageKey: kms.Key.fromKeyArn(scope, 'There', `arn:aws:kms:${ELSEWHERE}key/1`) }) }),
      [wrongRegion('cluster.storageKey', 'a key'), wrongAccount('cluster.storageKey', 'a key')]],
    ['key', (scope) => ({ encryption: Encryption.fromKey(kms.Key.fromKeyArn(scope, 'There', `arn:aws:kms:${ELSEWHERE}key/1`)) }), [wrongRegion('encryption', 'a key')]],
    ['roles', (scope) => ({ container: { taskRole: iam.Role.fromRoleArn(scope, 'There', 'arn:aws:iam::222222222222:role/task') } }), [wrongAccount('container.taskRole', 'a role')]],
    ['roles', (scope) => ({ container: { executionRole: iam.Role.fromRoleArn(scope, 'Later', LATER_TEXT_ARN) } }), []],
    ['topics', (scope) => ({ notifications: [1, 2, 3, 4, 5].map((index) => Notification.topic(new sns.Topic(scope, `Topic${index}`))).concat(Notification.createTopic()) }),
      ["notifications: got '6 topics'; allowed 5, as many as an alarm and an event rule tell; subscribe to one of them whoever listens to the others"]],
    ['topic', (scope) => ({ notifications: [Notification.topic(sns.Topic.fromTopicArn(scope, 'There', `arn:aws:sns:${ELSEWHERE}t`))] }), [wrongRegion('notifications[0]', 'a topic')]],
    ['bucket of a cache', (scope) => ({
      imageBuild: ImageBuild.dockerfile({ cache: BuildCache.fromBucket(s3.Bucket.fromBucketAttributes(scope, 'There', { bucketName: 'bucket', region: 'us-east-1' })) }),
    }), [wrongRegion('imageBuild.cache', 'a bucket')]],
    ['58, connection that cannot be shared', () => gitHub({ connectionArn: `arn:aws:codestar-connections:${ELSEWHERE}${CONNECTION}` }), [wrongAccount('source.connectionArn', 'a connection')]],
    ['58, connection that can', () => gitHub({ connectionArn: `arn:aws:codeconnections:${ELSEWHERE}${CONNECTION}` }), []],
  ])('%s', (_, props, lines) => {
    expect(shop(props)).toEqual(lines);
  });

  test('nothing is said where the stack does not say where it will stand', () => {
    const scope = stack();
    const certificate = acm.Certificate.fromCertificateArn(scope, 'There', `arn:aws:acm:${ELSEWHERE}certificate/1`);
    expect(() => new FargateEnvironment(scope, 'Place', balancer({ certificate }))).not.toThrow();
  });

  test('108: a region that does not exist', () => {
    const place = (region: string) => {
      const scope = new Stack(new App(), 'Shop', { env: { region } });
      new FargateEnvironment(scope, 'Place');
      return Annotations.fromStack(scope);
    };
    place('mars-1').hasWarning('/Shop/Place', Match.stringLikeRegexp("region of the stack is 'mars-1'.*cdk-fargate-cicd:unknown-region"));
    place('eu-west-1').hasNoWarning('*', Match.stringLikeRegexp('unknown-region'));
  });

  const releaseTo = (there: Environment, props: object = {}, env: Environment = { account: '111111111111', region: 'eu-west-1' }) => {
    const app = new App();
    const target = new FargateEnvironment(new Stack(app, 'There', { env: there }), 'Place', props);
    const here = new Stack(app, 'Here', { env });
    return {
      alone: problems(() => new DeliveryPipeline(here, 'Road', { source, stages: [{ releases: [{ target }] }], ...props })),
      before: problems(() => new FargateCicdPipeline(here, 'Shop', { source, earlierStages: [{ releases: [{ target }] }], ...props })),
    };
  };

  test('places of which only one side is known', () => {
    const at = (prop: string) => `${prop}[0].releases[0].target: got`;
    const cure = 'an env with account and region: without, nobody knows where it will stand';
    const lines = (prop: string) => ['account', 'region'].map((part, index) => `${at(prop)} 'a place in a stack without ${part}'; `
      + `allowed places whose stack says its ${part} as that of the pipeline does (${['111111111111', 'eu-west-1'][index]}); give the stack There ${cure}`);
    const { alone, before } = releaseTo({});
    expect([alone, before]).toEqual([lines('stages'), lines('earlierStages')]);
    expect(releaseTo({ account: '222222222222', region: 'us-east-1' }, {}, {}).alone).toEqual(['account 222222222222', 'region us-east-1'].map((there) =>
      `${at('stages')} 'a place in the ${there}'; allowed places whose stack says its ${there.split(' ')[0]} as that of the pipeline does, or does not; give the stack Here ${cure}`));
    expect(releaseTo({}, {}, {}).alone).toEqual([]);
  });

  test('places that do not trust the account of the pipeline', () => {
    const elsewhere = { account: '222222222222', region: 'us-east-1' };
    const line = "[0].releases[0].target: got 'a place that trusts 222222222222'; allowed places that trust the account 111111111111 of the pipeline; "
      + "give the place releaseTrust: ReleaseTrust.account('111111111111')";
    const { alone, before } = releaseTo(elsewhere);
    expect([alone, before]).toEqual([[`stages${line}`], [`earlierStages${line}`]]);
    for (const releaseTrust of [
      ReleaseTrust.account('111111111111'), ReleaseTrust.organization('o-0123456789', { accounts: ['333333333333', '111111111111'] }),
      ReleaseTrust.role('arn:aws:iam::111111111111:role/release-function-shop'), ReleaseTrust.account(Lazy.string({ produce: () => '111111111111' })),
    ]) expect(releaseTo(elsewhere, { releaseTrust }).alone).toEqual([]);
  });

  test('alarms of conditions', () => {
    const here = { account: '111111111111', region: 'eu-west-1' };
    const conditionsOn = (there: Environment | undefined, alarmName?: string) => problems(() => {
      const app = new App();
      const errors = new cloudwatch.Alarm(new Stack(app, 'There', { env: there }), 'Alarm', {
        alarmName, metric: new cloudwatch.Metric({ namespace: 'Shop', metricName: 'Errors' }), threshold: 1, evaluationPeriods: 1,
      });
      new FargateCicdPipeline(new Stack(app, 'Here', { env: here }), 'Shop', { source, releaseConditions: { after: [StageCondition.alarm(errors)] } });
    });
    expect(conditionsOn(here, 'errors')).toEqual([]);
    expect(conditionsOn(here)).toEqual([
      "releaseConditions.after[0].alarm: got 'an alarm of the stack There'; allowed alarms of the stack of the pipeline, or with a name of their own; "
        + 'give the alarm a name: without, an export would bind the stacks',
    ]);
    expect(conditionsOn({ account: '222222222222', region: 'us-east-1' }, 'errors')).toEqual([
      "releaseConditions.after[0].alarm: got 'an alarm of us-east-1'; allowed an alarm of eu-west-1, the region of the stack; take one of the same region",
      "releaseConditions.after[0].alarm: got 'an alarm of 222222222222'; allowed an alarm of 111111111111, the account of the stack; take one of the same account",
    ]);
  });

  test('the same place twice', () => {
    const scope = stack();
    const target = new FargateEnvironment(scope, 'Place');
    const stages = ['One', 'Two'].map((stageName) => ({ stageName, releases: [{ target }] }));
    const line = ": got 'the place Shop/Place twice'; allowed each place once; release to it in one stage only";
    expect(problems(() => new DeliveryPipeline(scope, 'Road', { source, stages }))).toEqual([`stages${line}`]);
    expect(ofPipeline({ earlierStages: stages })).toEqual([`earlierStages${line}`]);
  });

  test('two places of one name: a warning, unless one has another', () => {
    const made = (placeName?: string) => {
      const app = new App();
      const [target, other] = ['One', 'Two'].map((id) => new FargateEnvironment(new Stack(app, id), 'Web', { placeName: id === 'Two' ? placeName : undefined }));
      const road = new Stack(app, 'Road');
      new DeliveryPipeline(road, 'Delivery', { source, stages: [{ stageName: 'One', releases: [{ target }] }, { stageName: 'Two', releases: [{ target: other }] }] });
      return Annotations.fromStack(road);
    };
    made().hasWarning('/Road/Delivery', Match.stringLikeRegexp("stages: two places of the name 'Web'; the history and direct calls cannot tell them apart.*cdk-fargate-cicd:same-place-name"));
    made('live').hasNoWarning('*', Match.stringLikeRegexp('same-place-name'));
  });

  test('what stands around an earlier stage', () => {
    const target = new FargateEnvironment(stack(), 'Place');
    expect(ofPipeline({ earlierStages: [{ releases: [{ target }], onFailure: 'stop', notifications: ['a@example.com'], conditions: { before: [null] } }] })).toEqual([
      "earlierStages[0].onFailure: got 'stop'; allowed a StageFailure; use one of the StageFailure factories",
      'earlierStages[0].conditions.before[0]: got null; allowed a StageCondition; use one of the StageCondition factories',
      "earlierStages[0].notifications[0]: got 'a@example.com'; allowed a Notification; use one of the Notification factories",
    ]);
  });

  test('places in another partition', () => {
    expect(releaseTo({ account: '222222222222', region: 'cn-north-1' }, { releaseTrust: ReleaseTrust.account('111111111111') }).alone).toEqual([
      "stages[0].releases[0].target: got 'a place in the region cn-north-1'; allowed places in the partition aws of the pipeline; make a pipeline there: AWS lets nobody cross partitions",
    ]);
    expect(releaseTo({ account: '111111111111', region: 'mars-1' }).alone).toEqual([]);
  });

  test("places in another stack for CodePipeline's own action", () => {
    const { alone, before } = releaseTo({ account: '111111111111', region: 'eu-west-1' }, { releaseAction: ReleaseAction.codePipelineAction() });
    const line = "[0].releases[0].target: got 'a place in the stack There'; allowed places in the stack of the pipeline with ReleaseAction.codePipelineAction(), "
      + 'which would bind the stacks to each other by exports; take ReleaseAction.releaseFunction(), which needs none';
    expect([alone, before]).toEqual([[`stages${line}`], [`earlierStages${line}`]]);
  });
});

describe('physical names', () => {
  const suffixed = (props: object) => ofPipeline({ resourceNames: ResourceNames.suffixed({ suffix: 'production' }), ...props });
  const made = (env: Environment | undefined, place: (scope: Construct, id: string) => unknown) => {
    const app = new App();
    const other = (id: string) => place(new Stack(app, id, { env }), 'Place');
    return { app, one: () => other('One'), two: () => other('Two') };
  };
  const EUROPE = { account: '111111111111', region: 'eu-west-1' };

  test.each<[string, number, string, object]>([
    ['loadBalancerName', 32, 'x'.repeat(22), { loadBalancerName: 'x'.repeat(22) }],
    ['targetGroupName', 32, 'x'.repeat(22), { targetGroupName: 'x'.repeat(22) }],
    ['pipelineName', 100, 'x'.repeat(90), { pipelineName: 'x'.repeat(90) }],
    ['clusterName', 160, 'x'.repeat(155), { clusterName: 'x'.repeat(155) }],
    ['container.logGroupName', 512, 'x'.repeat(502), { container: { logGroupName: 'x'.repeat(502) } }],
    ['alarmName', 255, 'x'.repeat(245), { alarms: [ServiceAlarm.cpu({ alarmName: 'x'.repeat(245) })] }],
    ['encryption.aliasName', 200, 'x'.repeat(190), { encryption: Encryption.customerManaged({ aliasName: 'x'.repeat(190) }) }],
  ])('%s is never shortened: %d characters with the suffix', (prop, longest, base, props) => {
    expect(suffixed(props)).toEqual([
      `${prop}: got '${`${base}-production`.slice(0, 120)}'; allowed ${longest} characters, suffix included; shorten it by ${base.length + 11 - longest}`,
    ]);
  });

  test('as long as the service allows', () => {
    expect(suffixed({ loadBalancerName: 'x'.repeat(21), targetGroupName: 'y'.repeat(21) })).toEqual([]);
  });

  test('105: two constructs of one account and region', () => {
    const { one, two } = made(EUROPE, (scope, id) => new FargateEnvironment(scope, id, { loadBalancerName: 'shop' }));
    one();
    expect(two).toThrow("FargateEnvironment at 'Two/Place' has 1 problem:\n  loadBalancerName: got 'shop'; allowed a name that no other alb of the account and region has; "
      + "choose another one: FargateEnvironment at 'One/Place' has it already, by loadBalancerName");
  });

  test('105: names that resourceNames makes', () => {
    const { one, two } = made(EUROPE, (scope, id) => new FargateEnvironment(scope, id, { resourceNames: ResourceNames.suffixed({ suffix: 'dev' }) }));
    one();
    expect(two).toThrow("resourceNames: got 'key-place-dev'; allowed a name that no other key");
  });

  test('105: two names of one construct', () => {
    expect(ofPipeline({ repositoryName: 'shop', releasedRepositoryName: 'shop' })).toEqual([
      "repositoryName: got 'shop'; allowed a name that no other repository of the account and region has; choose another one: "
        + "FargateCicdPipeline at 'Shop/Shop' has it already, by releasedRepositoryName",
    ]);
    expect(ofPipeline({ repositoryName: 'shop', clusterName: 'shop', serviceName: 'shop' })).toEqual([]);
  });

  test('105: the same name elsewhere', () => {
    const app = new App();
    const place = (id: string, env: Environment) => new FargateEnvironment(new Stack(app, id, { env }), 'Place', { clusterName: 'shop' });
    place('One', EUROPE);
    place('Two', { ...EUROPE, region: 'us-east-1' });
    expect(() => place('Three', { ...EUROPE, account: '222222222222' })).not.toThrow();
    expect(() => place('Four', { ...EUROPE })).toThrow("clusterName: got 'shop'");
  });

  test('105: services of one name in two clusters, and in one', () => {
    const scope = stack();
    const cluster = new ecs.Cluster(scope, 'Cluster');
    const place = (id: string, props: object) => new FargateEnvironment(scope, id, { serviceName: 'web', ...props });
    place('One', {});
    place('Two', { cluster: Cluster.fromCluster(cluster) });
    expect(() => place('Three', { cluster: Cluster.fromCluster(cluster) })).toThrow("serviceName: got 'web'; allowed a name that no other service");
  });

  test('105: two stacks that may be meant for two accounts: a warning', () => {
    const { app, one, two } = made(undefined, (scope, id) => new FargateEnvironment(scope, id, { clusterName: 'shop' }));
    one();
    two();
    Annotations.fromStack(app.node.findChild('Two') as Stack).hasWarning('/Two/Place', Match.stringLikeRegexp(
      "clusterName: 'shop' can stand only once in an account and region, and FargateEnvironment at 'One/Place' has it already, by clusterName.*cdk-fargate-cicd:same-name"));
  });

  test('a gate with a topic of its own does not take the name of the topic', () => {
    expect(suffixed({ approval: Approval.manual({ notify: Notification.email('a@example.com') }) })).toEqual([]);
  });
});

describe('the image fits the place', () => {
  const arm = { cpuArchitecture: ecs.CpuArchitecture.ARM64 };
  const x86 = { imageBuild: ImageBuild.dockerfile({ architecture: ecs.CpuArchitecture.X86_64 }) };

  test('an image for another architecture than that of the tasks', () => {
    expect(ofPipeline({ ...x86, container: arm })).toEqual([
      "imageBuild.architecture: got 'X86_64'; allowed ARM64, the architecture of the place; leave it out, or change the place",
    ]);
    expect(ofPipeline(x86)).toEqual([]);
    expect(ofPipeline({ container: arm })).toEqual([]);
  });

  test('one image for places of several architectures', () => {
    expect(problems((scope) => new DeliveryPipeline(scope, 'Delivery', {
      source,
      stages: [{ releases: [{ target: new FargateEnvironment(scope, 'A') }, { target: new FargateEnvironment(scope, 'B', { container: arm }) }] }],
    }))).toEqual(["stages: got 'places of several architectures'; allowed places of one architecture for each image, since it is built once; "
      + 'make a pipeline for each, or give releases an imageBuild of their own']);
  });

  test.each([
    ['checks', { checks: [Check.imageScan(wrong(null))] }, 'checks[0]: got null'],
    ['checks', { checks: [Check.nodeTests(wrong(3))] }, 'checks[0]: got 3'],
    ['imageBuild', { imageBuild: ImageBuild.dockerfile(wrong(null)) }, 'imageBuild: got null'],
  ])('options that are none: %s', (_, props, line) => {
    expect(ofPipeline(props)).toEqual([expect.stringContaining(line)]);
  });
});

describe('never a TypeError', () => {
  const kinds = [null, 3, '80abc', true, [], {}, [null], [3], ['80abc'], [{}]];
  const props = [
    'alarms', 'approval', 'artifactDays', 'beforeRelease', 'checks', 'cluster', 'clusterName', 'container', 'dashboard', 'deployStrategy', 'earlierStages', 'encryption', 'imageBuild',
    'imageCount', 'loadBalancer', 'loadBalancerName', 'network', 'notifications', 'pipelineAlarms', 'pipelineName', 'releaseAction', 'releaseChecks',
    'releasedImageCount', 'releasedRepositoryName', 'removalPolicy', 'repository', 'repositoryName', 'resourceNames', 'scaling', 'serviceName', 'source', 'stageName', 'tags',
    'targetGroupName', 'taskFamily',
  ];
  const environment = new Set(['alarms', 'cluster', 'clusterName', 'container', 'dashboard', 'deployStrategy', 'encryption', 'loadBalancer', 'loadBalancerName', 'network',
    'notifications', 'releasedImageCount', 'releasedRepositoryName', 'removalPolicy', 'resourceNames', 'scaling', 'serviceName', 'tags', 'targetGroupName', 'taskFamily']);

  test.each(props)('%s', (prop) => {
    for (const value of kinds) {
      const found = ofPipeline({ [prop]: value });
      expect(found.filter((line) => !line.startsWith(prop))).toEqual([]);
      if (value === 3 && /Count$|Days$/.test(prop)) continue;
      const empty = Array.isArray(value) && value.length === 0 ? ['alarms', 'beforeRelease', 'checks', 'earlierStages', 'notifications', 'pipelineAlarms', 'releaseChecks'] : ['container', 'tags'];
      const fits = (Array.isArray(value) && value.length === 0) || JSON.stringify(value) === '{}' ? empty.includes(prop) : value === '80abc' && /Name$|Family$/.test(prop);
      expect([value, found.length > 0]).toEqual([value, !fits]);
      if (environment.has(prop)) expect(ofEnvironment({ [prop]: value })).toEqual(found);
    }
  });

  const containerProps = ['command', 'containerName', 'cpu', 'cpuArchitecture', 'entryPoint', 'environment', 'healthCheck', 'logGroupName', 'logRetention', 'memoryLimitMiB', 'port',
    'secrets', 'stopTimeout', 'user', 'metricNamespace', 'volumes', 'sidecars', 'ulimits', 'ephemeralStorageGiB'];
  test.each(containerProps)('container.%s', (prop) => {
    for (const value of [null, true, [null]]) {
      expect(ofEnvironment({ container: { [prop]: value } }).filter((line) => line.startsWith(`container.${prop}`))).not.toEqual([]);
    }
  });

  const healthProps = ['path', 'healthyHttpCodes', 'interval', 'timeout', 'healthyThresholdCount', 'unhealthyThresholdCount', 'gracePeriod'];
  test.each(healthProps)('container.healthCheck.%s', (prop) => {
    for (const value of [null, true, '80abc']) {
      expect(ofEnvironment({ container: { healthCheck: { [prop]: value } } })[0]).toMatch(new RegExp(`^container\\.healthCheck\\.${prop}: got`));
    }
  });

  test.each<[string, (options: never) => object]>([
    ['network', (options) => ({ network: Network.create(options) })],
    ['cluster', (options) => ({ cluster: Cluster.create(options) })],
    ['loadBalancer', (options) => ({ loadBalancer: LoadBalancer.internetFacing(options) })],
    ['loadBalancer', (options) => ({ loadBalancer: LoadBalancer.internal(options) })],
    ['scaling', (options) => ({ scaling: Scaling.onCpu(options) })],
    ['scaling', (options) => ({ scaling: Scaling.onMemory(options) })],
    ['scaling', (options) => ({ scaling: Scaling.onRequests(options) })],
    ['deployStrategy', (options) => ({ deployStrategy: DeployStrategy.rolling(options) })],
    ['alarms[0]', (options) => ({ alarms: [ServiceAlarm.latency(options)] })],
    ['alarms[0]', (options) => ({ alarms: [ServiceAlarm.http5xx(options)] })],
    ['pipelineAlarms[0]', (options) => ({ pipelineAlarms: [PipelineAlarm.failedExecutions(options)] })],
    ['notifications[0]', (options) => ({ notifications: [Notification.createTopic(options)] })],
    ['dashboard', (options) => ({ dashboard: Dashboard.standard(options) })],
    ['history', (options) => ({ history: DeploymentHistory.table(options) })],
    ['encryption', (options) => ({ encryption: Encryption.customerManaged(options) })],
    ['resourceNames', (options) => ({ resourceNames: ResourceNames.suffixed(options) })],
    ['approval', (options) => ({ approval: Approval.manual(options) })],
    ['releaseAction', (options) => ({ releaseAction: ReleaseAction.releaseFunction(options) })],
    ['releaseAction', (options) => ({ releaseAction: ReleaseAction.codePipelineAction(options) })],
    ['source', (options) => ({ source: Source.gitHub('acme/shop', options) })],
  ])('options of a choice at %s', (prop, choose) => {
    for (const value of [null, 3, '80abc', []]) {
      expect(ofPipeline(choose(wrong(value)))).toEqual([
        `${prop}: got ${typeof value === 'string' ? `'${value}'` : JSON.stringify(value)}; allowed options in braces; write them in braces, or leave them out`,
      ]);
    }
  });

  test('options that must be there', () => {
    expect(ofEnvironment({ resourceNames: ResourceNames.suffixed(wrong(undefined)) })).toHaveLength(1);
    expect(ofEnvironment({ scaling: Scaling.onRequests(wrong(undefined)) })).toHaveLength(1);
  });

  test.each([undefined, null, 3, '80abc', []])('props %j', (value) => {
    expect(problems((scope) => new FargateCicdPipeline(scope, 'A', wrong(value)))[0]).toMatch(/^props: got .*; allowed at least a source; write/);
    expect(problems((scope) => new DeliveryPipeline(scope, 'A', wrong(value)))[0]).toMatch(/^props: got .*; allowed source and stages; write/);
    const place = problems((scope) => new FargateEnvironment(scope, 'A', wrong(value)));
    expect(place).toEqual(value === undefined ? [] : [expect.stringMatching(/^props: got .*; allowed options in braces/)]);
  });

  test('a choice made without its factories', () => {
    expect(() => new (wrong(Scaling) as new () => Scaling)()).toThrow('Scaling: cannot be constructed; use one of its factories');
  });

  test('what cannot be shown is described', () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    expect(ofEnvironment({ scaling: circle })).toEqual(['scaling: got new Object(...); allowed a Scaling; use one of the Scaling factories']);
    expect(ofEnvironment({ scaling: Object.setPrototypeOf(circle, null) })[0]).toContain('got new Object(...);');
    // Newer versions of the CDK name it Stack2.
    expect(ofEnvironment({ scaling: new Stack() })[0]).toMatch(/got new Stack2?\(\.\.\.\);/);
    expect(ofEnvironment({ scaling: DeployStrategy.canary() })[0]).toContain('got a DeployStrategy;');
    expect(ofEnvironment({ encryption: () => 1 })).toEqual(['encryption: got () => 1; allowed an Encryption; use one of the Encryption factories']);
  });
});

describe('unresolved tokens pass', () => {
  let known: any;
  const withTokens = (): any => {
    if (known) return known;
    const scope = new Stack(new App(), 'Shop');
    const text = (id: string) => new CfnParameter(scope, id).valueAsString;
    const number = (id: string) => new CfnParameter(scope, id, { type: 'Number' }).valueAsNumber;
    const seconds = (id: string) => Duration.seconds(number(id));
    new FargateCicdPipeline(scope, 'Shop', {
      source: Source.gitHub(text('Repo'), { branch: text('Branch'), connectionArn: text('Connection'), triggerOnPaths: [text('Path')], triggerOnTags: [text('Tag')] }),
      container: {
        port: number('Port'), cpu: number('Cpu'), memoryLimitMiB: number('Memory'), user: text('User'), environment: { MODE: text('Mode') },
        command: [text('Command')], entryPoint: [text('Entry')], stopTimeout: seconds('Stop'), logGroupName: text('LogGroup'), metricNamespace: text('Metrics'),
        healthCheck: {
          path: text('Health'), healthyHttpCodes: '200-299', gracePeriod: seconds('Grace'),
          healthyThresholdCount: number('Healthy'), unhealthyThresholdCount: number('Unhealthy'),
        },
      },
      scaling: Scaling.fixed(number('Tasks')),
      deployStrategy: DeployStrategy.rolling({ minimumHealthyPercent: number('Min'), maximumHealthyPercent: number('Max') }),
      alarms: [ServiceAlarm.cpu({ threshold: number('Threshold'), evaluationPeriods: number('Periods'), datapointsToAlarm: number('Points') })],
      notifications: [Notification.email(text('Mail')), Notification.createTopic({ topicName: text('Topic'), displayName: text('Sender') })],
      approval: Approval.manual({ comment: text('Comment'), reviewUrl: text('Review') }),
      releaseAction: ReleaseAction.releaseFunction({
        memorySize: number('FunctionMemory'), reservedConcurrentExecutions: number('Concurrency'), releaseTimeout: Duration.minutes(number('ReleaseTimeout')),
      }),
      dashboard: Dashboard.standard({ dashboardName: text('DashboardName'), titles: { cpu: text('Title') } }),
      clusterName: text('ClusterName'), serviceName: text('ServiceName'), taskFamily: text('Family'), loadBalancerName: text('BalancerName'),
      targetGroupName: text('GroupName'), releasedRepositoryName: text('Released'), repositoryName: text('Built'), pipelineName: text('PipelineName'),
      artifactDays: number('ArtifactDays'), tags: { team: text('Team') },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    known = Template.fromStack(scope).toJSON();
    return known;
  };

  test('through construction and synth, each as a reference to its parameter', () => {
    const template = withTokens();
    const body = JSON.stringify(template.Resources);
    const unused = Object.keys(template.Parameters).filter((id) => id !== 'BootstrapVersion' && !body.includes(`{"Ref":"${id}"}`) && !body.includes(`\${${id}}`));
    expect(unused).toEqual([]);
  });

  test('no number is left in its encoded form', () => {
    expect(JSON.stringify(withTokens())).not.toMatch(/e\+2\d\d|TOKEN/);
  });

  test.each([
    ['targets of scaling', (number: number) => ({ scaling: Scaling.onCpu({ minTasks: number, maxTasks: number, targetPercent: number }) })],
    ['a fewest number beside a fixed strategy', (number: number) => ({ scaling: Scaling.onCpu({ minTasks: number }), deployStrategy: DeployStrategy.rolling({ maximumHealthyPercent: 101 }) })],
    ['CPU without memory', (number: number) => ({ container: { cpu: number } })],
    ['requests of scaling', (number: number) => ({ scaling: Scaling.onRequests({ requestsPerTask: number }) })],
    ['seconds of the load balancer', (number: number) => ({ loadBalancer: LoadBalancer.internal({ idleTimeout: Duration.seconds(number), deregistrationDelay: Duration.seconds(number) }) })],
  ])('%s', (_, props) => {
    const scope = new Stack(new App(), 'Shop');
    new FargateEnvironment(scope, 'Place', props(new CfnParameter(scope, 'Number', { type: 'Number' }).valueAsNumber));
    expect(JSON.stringify(Template.fromStack(scope).toJSON())).toContain('{"Ref":"Number"}');
  });

  test('architectures of all kinds pass', () => {
    expect(ofEnvironment({ container: { cpuArchitecture: ecs.CpuArchitecture.of('ARM64') } })).toEqual([]);
  });
});
