import { App, CfnParameter, Duration, Environment, Lazy, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as codecommit from 'aws-cdk-lib/aws-codecommit';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import {
  Approval, BuildCache, BuildSecret, Check, CircuitBreaker, Cluster, CodeDeployEvent, Dashboard, DeliveryPipeline, DeployHook, DeploymentHistory, DeployStrategy,
  Http5xxOrigin,
  Encryption, FargateCicdPipeline, FargateEnvironment, FirstImage, ImageBuild, LoadBalancer, Network, Notification, PipelineAlarm, ReleaseAction, ResourceNames,
  Scaling, ServiceAlarm, Source, TrafficRouting,
} from '../src';

/** What JavaScript and Python may hand over, whatever the compiler would say. */
const wrong = (value: unknown): never => value as never;

const stack = () => new Stack(new App(), 'Shop');
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

const LATER = Lazy.number({ produce: () => 60 });
const ZONES = ['eu-west-1a', 'eu-west-1b'];
const gitHub = (options: object) => ({ source: Source.gitHub('acme/shop', options) });
const network = (options: object) => ({ network: Network.create(options) });
const strategy = (deployStrategy: DeployStrategy) => ({ deployStrategy });
const hours = Duration.hours;
const aFunction = wrong({ functionArn: 'arn:aws:lambda:eu-west-1:111111111111:function:f' });
const balancer = (options: object) => ({ loadBalancer: LoadBalancer.internetFacing(options) });
const rule = (options: object) => ({ loadBalancer: LoadBalancer.fromListener(wrong({ listenerArn: 'arn:aws:elasticloadbalancing:eu-west-1:111111111111:listener/app/a/1/2' }), wrong(options)) });
const container = (options: object) => ({ container: options });
const health = (options: object) => ({ container: { healthCheck: options } });
const alarm = (options: object) => ({ alarms: [ServiceAlarm.cpu(options)] });
const approval = (options: object) => ({ approval: Approval.manual(options) });
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
  ['8', network({ natGateways: -1 }), 'network.natGateways: got -1; allowed a whole number, 1 to 2; the tasks need a way out'],
  ['9', network({ natGateways: 3 }), 'network.natGateways: got 3; allowed a whole number, 1 to 2'],
  ['8, token', network({ natGateways: Lazy.number({ produce: () => 1 }) }), "network.natGateways: got 'a token'; allowed a literal number"],
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
  ['99', container({ logRetention: 42 }), 'container.logRetention: got 42; allowed 1, 3, 5, 7'],
  ['80', container({ environment: { DB_PASSWORD: 'x' } }), "container.environment.DB_PASSWORD: got 'a value in clear text'; allowed a name that tells no secret; move it to container.secrets"],
  ['environment', container({ environment: { PORT: 80 } }), 'container.environment.PORT: got 80; allowed a text'],
  ['environment', container({ environment: '80abc' }), "container.environment: got '80abc'; allowed a map of names to values"],
  ['secrets', container({ secrets: { A: null } }), 'container.secrets.A: got null; allowed an ecs.Secret'],
  ['secrets', container({ secrets: null }), 'container.secrets: got null; allowed a map'],
  ['45', health({ interval: Duration.seconds(4), timeout: Duration.seconds(2) }), "container.healthCheck.interval: got '4 seconds'; allowed 5 seconds to 5 minutes; take"],
  ['46', health({ interval: Duration.seconds(5) }), "container.healthCheck.timeout: got '5 seconds'; allowed less than the interval of 5 seconds; shorten"],
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
  ['40', { serviceName: 'bad name!' }, "serviceName: got 'bad name!'; allowed 1 to 255 of"],
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
  ['rule, no priority', rule({ host: 'a.b' }), 'loadBalancer.priority: got NaN; allowed a whole number, 1 to 50000'],
  ['rule, no condition', rule({ priority: 1 }), 'loadBalancer.host: got undefined; allowed host, path or conditions; say which requests are for this service'],
  ['rule, no condition', rule({ priority: 1, conditions: [] }), 'loadBalancer.host: got undefined; allowed host, path or conditions'],
  ['rule, priority', rule({ priority: 0, host: 'a.b' }), 'loadBalancer.priority: got 0; allowed a whole number, 1 to 50000'],
  ['rule, priority', rule({ priority: 50001, host: 'a.b' }), 'loadBalancer.priority: got 50001'],
  ['rule, host', rule({ priority: 1, host: 'shop' }), "loadBalancer.host: got 'shop'; allowed 1 to 128 of"],
  ['rule, path', rule({ priority: 1, path: 'shop' }), "loadBalancer.path: got 'shop'; allowed a path of 1 to 128 characters that begins with '/'"],
  ['rule, conditions', rule({ priority: 1, conditions: [null] }), 'loadBalancer.conditions[0]: got null; allowed a condition'],
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
  ['107', { network: Network.fromVpc(wrong(null)) }, 'network: got null; allowed a VPC; hand over an ec2.IVpc'],
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
  ['subnets of a VPC', { network: Network.fromVpc(wrong({ vpcId: 'vpc-1' }), { taskSubnets: wrong('private') }) }, "network.taskSubnets: got 'private'; allowed a selection of subnets; write"],
  ['42, null', { scaling: Scaling.onCpu({ targetPercent: wrong(null) }) }, 'scaling.targetPercent: got NaN; allowed 1 to 100'],
  ['removal', { removalPolicy: RemovalPolicy.SNAPSHOT }, "removalPolicy: got 'snapshot'; allowed retain, destroy"],
];

const pipelineRows: [string, object, string][] = [
  ['57', gitHub({ connectionArn: 'nope' }), "source.connectionArn: got 'nope'; allowed arn:<partition>:codeconnections:<region>:<account>:connection/<uuid>; copy it"],
  ['59, 60', gitHub({ branch: '' }), "source.branch: got ''; allowed the name of a branch"],
  ['61', { source: Source.gitHub('') }, "source.repository: got ''; allowed 'owner/repository'"],
  ['61', { source: Source.gitHub('shop') }, "source.repository: got 'shop'; allowed 'owner/repository'"],
  ['61, kind', { source: Source.gitHub(wrong(null)) }, "source.repository: got ''; allowed 'owner/repository'"],
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
  ['65', { stageName: 'Build' }, "earlierStages: got ''Build' twice'; allowed each name once"],
  ['69', { checks: [Check.nodeTests(), Check.nodeTests()] }, "checks: got ''"],
  ['69', { checks: [Check.commands('Build', { commands: ['make'] })] }, "checks: got ''Build''; allowed a name that the image build does not have"],
  ['69', { pipelineAlarms: [PipelineAlarm.failedExecutions(), PipelineAlarm.failedExecutions()] }, "pipelineAlarms: got ''FailedExecutionsAlarm' twice'; allowed each name once"],
  ['73', approval({ timeout: Duration.minutes(4) }), "approval.timeout: got '4 minutes'; allowed 5 minutes to 60 days, a multiple of 1 minute"],
  ['73', approval({ timeout: Duration.days(61) }), "approval.timeout: got '61 days'; allowed"],
  ['73', approval({ timeout: Duration.seconds(330) }), "approval.timeout: got '5 minutes 30 seconds'; allowed"],
  ['74', approval({ comment: 'x'.repeat(1001) }), "approval.comment: got 'xxx"],
  ['75', approval({ notify: Notification.email('nope') }), "approval.notify.address: got 'nope'; allowed an e-mail address"],
  ['approval', approval({ reviewUrl: 'staging' }), "approval.reviewUrl: got 'staging'; allowed a URL"],
  ['approval', approval({ stage: 'a b' }), "approval.stage: got 'a b'; allowed 1 to 100"],
  ['85', { repositoryName: 'Shop' }, "repositoryName: got 'Shop'; allowed a-z 0-9"],
  ['86', { imageCount: 1 }, 'imageCount: got 1; allowed a whole number, 2 to 1000'],
  ['86, token', { imageCount: Lazy.number({ produce: () => 1 }) }, "imageCount: got 'a token'; allowed a literal number; write"],
  ['79, kind', { imageBuild: ImageBuild.dockerfile({ environment: wrong('A=1') }) }, "imageBuild.environment: got 'A=1'; allowed a map of names to values"],
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
  ['scan', { releaseChecks: [Check.imageScan()] }, "releaseChecks[0]: got 'a check of the image'; allowed checks of the running service; move it to checks"],
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
      network: Network.create({ cidr: 'banana', natGateways: 9 }),
      alarms: [ServiceAlarm.cpu({ threshold: NaN })],
      notifications: [Notification.email('nope')],
      approval: 3,
      stageName: 'a b',
    });
    expect(found.map((line) => line.split(':')[0])).toEqual([
      'notifications[0].address', 'network.cidr', 'network.natGateways', 'scaling.tasks', 'alarms[0].threshold', 'container.port', 'container.cpu',
      'container.healthCheck.path', 'source.repository', 'source.branch', 'stageName', 'approval',
    ]);
  });

  test('a stage that two parts of the pipeline want, more stages than there may be, and a pipeline without any', () => {
    const place = (scope: Construct, id: string) => new FargateEnvironment(scope, id);
    const road = (stages: unknown) => problems((scope) => new DeliveryPipeline(scope, 'Road', { source, stages: wrong(typeof stages === 'function' ? stages(scope) : stages) }));
    expect(road(undefined)).toEqual(['stages: got []; allowed at least one; say where to release to']);
    expect(road('80abc')).toEqual(["stages: got '80abc'; allowed at least one; say where to release to"]);
    expect(road((scope: Construct) => [{ stageName: 'Source', releases: [{ target: place(scope, 'A') }] }]))
      .toEqual(["stages: got ''Source' twice'; allowed each name once; give one of them another name"]);
    expect(road((scope: Construct) => {
      const [one, two] = [place(new Construct(scope, 'One'), 'Web'), place(new Construct(scope, 'Two'), 'Web')];
      return [{ releases: [{ target: one }, { target: two }] }];
    })).toEqual(["stages[0].releases: got ''Web' twice'; allowed each name once; give one of them another name"]);
    expect(road((scope: Construct) => {
      const target = place(scope, 'A');
      return Array.from({ length: 48 }, (_, index) => ({ stageName: `S${index}`, releases: [{ target }] }));
    })).toEqual(["stages: got '51 stages in all'; allowed 2 to 50; release to several places in one stage, or make a second pipeline"]);
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
    ['52, certificate of the same place', (scope) => balancer({ certificate: acm.Certificate.fromCertificateArn(scope, 'Here', 'arn:aws:acm:eu-west-1:111111111111:certificate/1') }), []],
    ['11, VPC', (scope) => ({
      network: Network.fromVpc(ec2.Vpc.fromVpcAttributes(scope, 'There', { vpcId: 'vpc-1', availabilityZones: ZONES, privateSubnetIds: ['a', 'b'], region: 'us-east-1' })),
    }), [wrongRegion('network', 'a VPC')]],
    ['cluster', (scope) => ({
      cluster: Cluster.fromCluster(ecs.Cluster.fromClusterAttributes(scope, 'There', {
        clusterArn: `arn:aws:ecs:${ELSEWHERE}cluster/c`, clusterName: 'c', vpc: new ec2.Vpc(scope, 'Vpc', { availabilityZones: ZONES }),
      })),
    }), [wrongRegion('cluster', 'a cluster'), wrongAccount('cluster', 'a cluster')]],
    ['key', (scope) => ({ encryption: Encryption.fromKey(kms.Key.fromKeyArn(scope, 'There', `arn:aws:kms:${ELSEWHERE}key/1`)) }), [wrongRegion('encryption', 'a key')]],
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

  const releaseTo = (there: Environment, props: object = {}) => {
    const app = new App();
    const target = new FargateEnvironment(new Stack(app, 'There', { env: there }), 'Place');
    const here = new Stack(app, 'Here', { env: { account: '111111111111', region: 'eu-west-1' } });
    return {
      alone: problems(() => new DeliveryPipeline(here, 'Road', { source, stages: [{ releases: [{ target }] }], ...props })),
      before: problems(() => new FargateCicdPipeline(here, 'Shop', { source, earlierStages: [{ releases: [{ target }] }], ...props })),
    };
  };

  test('places in another account and region', () => {
    const cure = 'make a pipeline there: this version does not release across accounts and regions';
    const lines = [
      `[0].releases[0].target: got 'a place in the account 222222222222'; allowed places in 111111111111, the account of the pipeline; ${cure}`,
      `[0].releases[0].target: got 'a place in the region us-east-1'; allowed places in eu-west-1, the region of the pipeline; ${cure}`,
    ];
    const { alone, before } = releaseTo({ account: '222222222222', region: 'us-east-1' });
    expect(alone).toEqual(lines.map((line) => `stages${line}`));
    expect(before).toEqual(lines.map((line) => `earlierStages${line}`));
    expect(releaseTo({}).alone).toEqual([]);
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
    ['clusterName', 255, 'x'.repeat(250), { clusterName: 'x'.repeat(250) }],
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
    'alarms', 'approval', 'artifactDays', 'checks', 'cluster', 'clusterName', 'container', 'dashboard', 'deployStrategy', 'earlierStages', 'encryption', 'imageBuild',
    'imageCount', 'loadBalancer', 'loadBalancerName', 'network', 'notifications', 'pipelineAlarms', 'pipelineName', 'releaseAction', 'releaseChecks',
    'releasedImageCount', 'releasedRepositoryName', 'removalPolicy', 'repositoryName', 'resourceNames', 'scaling', 'serviceName', 'source', 'stageName', 'tags',
    'targetGroupName', 'taskFamily',
  ];
  const environment = new Set(['alarms', 'cluster', 'clusterName', 'container', 'dashboard', 'deployStrategy', 'encryption', 'loadBalancer', 'loadBalancerName', 'network',
    'notifications', 'releasedImageCount', 'releasedRepositoryName', 'removalPolicy', 'resourceNames', 'scaling', 'serviceName', 'tags', 'targetGroupName', 'taskFamily']);

  test.each(props)('%s', (prop) => {
    for (const value of kinds) {
      const found = ofPipeline({ [prop]: value });
      expect(found.filter((line) => !line.startsWith(prop))).toEqual([]);
      if (value === 3 && /Count$|Days$/.test(prop)) continue;
      const empty = Array.isArray(value) && value.length === 0 ? ['alarms', 'checks', 'earlierStages', 'notifications', 'pipelineAlarms', 'releaseChecks'] : ['container', 'tags'];
      const fits = (Array.isArray(value) && value.length === 0) || JSON.stringify(value) === '{}' ? empty.includes(prop) : value === '80abc' && /Name$|Family$/.test(prop);
      expect([value, found.length > 0]).toEqual([value, !fits]);
      if (environment.has(prop)) expect(ofEnvironment({ [prop]: value })).toEqual(found);
    }
  });

  const containerProps = ['command', 'containerName', 'cpu', 'cpuArchitecture', 'entryPoint', 'environment', 'healthCheck', 'logGroupName', 'logRetention', 'memoryLimitMiB', 'port',
    'secrets', 'stopTimeout', 'user', 'metricNamespace'];
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
    expect(ofEnvironment({ scaling: circle })).toEqual(['scaling: got [object Object]; allowed a Scaling; use one of the Scaling factories']);
    expect(ofEnvironment({ encryption: () => 1 })).toEqual(['encryption: got () => 1; allowed an Encryption; use one of the Encryption factories']);
  });
});

describe('unresolved tokens pass', () => {
  let known: any;
  const withTokens = (): any => {
    if (known) return known;
    const scope = stack();
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
    const scope = stack();
    new FargateEnvironment(scope, 'Place', props(new CfnParameter(scope, 'Number', { type: 'Number' }).valueAsNumber));
    expect(JSON.stringify(Template.fromStack(scope).toJSON())).toContain('{"Ref":"Number"}');
  });

  test('architectures of all kinds pass', () => {
    expect(ofEnvironment({ container: { cpuArchitecture: ecs.CpuArchitecture.of('ARM64') } })).toEqual([]);
  });
});
