import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as autoscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as cloudmap from 'aws-cdk-lib/aws-servicediscovery';
import * as fc from 'fast-check';
import {
  Capacity, Cluster, ContainerOptions, Dashboard, DeployStrategy, Egress, Encryption, ExecuteCommand, FargateEnvironment, FargateEnvironmentProps, LoadBalancer, Network, Scaling,
  ServiceConnect, ServiceDiscovery, Sidecar, Volume,
} from '../../src';
import { tries } from '../support/effort';

type Feature = (stack: Stack) => Partial<FargateEnvironmentProps>;

const { HEALTHY, SUCCESS } = ecs.ContainerDependencyCondition;
const commandHealthCheck = { command: ['CMD', 'true'] };
const container = (options: ContainerOptions): Feature => () => ({ container: options });
const image = (stack: Stack) => ecs.ContainerImage.fromEcrRepository(ecr.Repository.fromRepositoryName(stack, `Images${stack.node.children.length}`, 'images'));
const files = (stack: Stack) => efs.FileSystem.fromFileSystemAttributes(stack, `Files${stack.node.children.length}`, {
  fileSystemId: 'fs-11111111', securityGroup: ec2.SecurityGroup.fromSecurityGroupId(stack, `Group${stack.node.children.length}`, 'sg-11111111'),
});

/** What a task can hold and how it can run, one thing at a time. */
const FEATURES: Record<string, Feature> = {
  'a read-only root': container({ readonlyRootFilesystem: true }),
  'a writable /tmp': container({ volumes: [Volume.memory('/tmp', { sizeMiB: 128 })] }),
  'a directory on disk': container({ volumes: [Volume.disk('/cache')] }),
  'EFS': (stack) => ({ container: { volumes: [Volume.efs(files(stack), '/uploads')] } }),
  'an access point': (stack) => ({
    container: { volumes: [Volume.fromAccessPoint(efs.AccessPoint.fromAccessPointAttributes(stack, 'Point', { accessPointId: 'fsap-11111111', fileSystem: files(stack) }), '/shared')] },
  }),
  'FireLens': container({ sidecars: [Sidecar.fireLens()] }),
  'the ADOT collector': container({ sidecars: [Sidecar.adotCollector()] }),
  'a sidecar that is awaited': (stack) => ({ container: { sidecars: [Sidecar.container('proxy', { image: image(stack), commandHealthCheck, awaited: HEALTHY })] } }),
  'a sidecar that ends': (stack) => ({ container: { sidecars: [Sidecar.container('setup', { image: image(stack), essential: false, awaited: SUCCESS, volumes: [Volume.memory('/work')] })] } }),
  'more disk': container({ ephemeralStorageGiB: 50 }),
  'limits': container({ ulimits: [{ name: ecs.UlimitName.NOFILE, softLimit: 1024, hardLimit: 4096 }] }),
  'a health check': container({ commandHealthCheck }),
  'a small task': container({ cpu: 256, memoryLimitMiB: 512 }),
  'Spot': () => ({ capacity: Capacity.fargateSpot() }),
  'a schedule': () => ({ scaling: Scaling.onCpu({ schedules: [{ schedule: autoscaling.Schedule.rate(Duration.days(1)), minTasks: 1 }] }) }),
  'sessions': () => ({ executeCommand: ExecuteCommand.audited() }),
  'a key for disks': (stack) => ({ cluster: Cluster.create({ storageKey: new kms.Key(stack, 'Disks') }) }),
  'Service Connect': (stack) => ({ serviceConnect: ServiceConnect.server(new cloudmap.HttpNamespace(stack, 'Namespace', { name: 'shop' })) }),
  'service discovery': () => ({ serviceDiscovery: ServiceDiscovery.privateDns('shop.internal') }),
  'blue/green': () => ({ deployStrategy: DeployStrategy.blueGreen() }),
  'CodeDeploy': () => ({ deployStrategy: DeployStrategy.codeDeploy() }),
  'endpoints only': () => ({ network: Network.create({ egress: Egress.vpcEndpoints() }) }),
  'public addresses': () => ({ network: Network.create({ egress: Egress.publicIp() }) }),
};
const NAMES = Object.keys(FEATURES);

/** Two choices of one prop are no combination. */
const EXCLUSIVE = [['blue/green', 'CodeDeploy'], ['endpoints only', 'public addresses']];

/** Pairs that cannot work together, and how the one problem begins. */
const CLASHES: [string, string, string][] = [
  ['a read-only root', 'sessions', "executeCommand: got 'beside container.readonlyRootFilesystem'"],
  ['Service Connect', 'CodeDeploy', "serviceConnect: got 'CodeDeploy beside it'"],
  ['service discovery', 'blue/green', "serviceDiscovery: got 'BLUE_GREEN beside it'"],
  ['service discovery', 'CodeDeploy', "serviceDiscovery: got 'CODE_DEPLOY beside it'"],
  ['FireLens', 'endpoints only', "container.sidecars[0].image: got 'public.ecr.aws/aws-observability/aws-for-fluent-bit"],
  ['the ADOT collector', 'endpoints only', "container.sidecars[0].image: got 'public.ecr.aws/aws-observability/aws-otel-collector"],
];

/** Lines of the error; none when everything goes together. */
function problems(names: string[]): string[] {
  const stack = new Stack(new App(), 'Shop');
  const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-11111111', availabilityZones: ['eu-west-1a', 'eu-west-1b'], publicSubnetIds: ['subnet-11111111', 'subnet-22222222'], privateSubnetIds: ['subnet-33333333', 'subnet-44444444'],
    publicSubnetRouteTableIds: ['rtb-1', 'rtb-1'], privateSubnetRouteTableIds: ['rtb-2', 'rtb-2'],
  });
  const all = names.map((name) => FEATURES[name](stack));
  const containers = all.flatMap(({ container: options = {} }) => options);
  try {
    new FargateEnvironment(stack, 'Place', {
      loadBalancer: LoadBalancer.internal(), notifications: [], alarms: [], dashboard: Dashboard.none(), encryption: Encryption.awsManaged(), network: Network.fromVpc(vpc),
      ...Object.assign({}, ...all),
      container: {
        ...Object.assign({}, ...containers), sidecars: containers.flatMap(({ sidecars = [] }) => sidecars), volumes: containers.flatMap(({ volumes = [] }) => volumes),
      },
    });
  } catch (error) {
    const [heading, ...lines] = (error as Error).message.split('\n');
    expect(heading).toMatch(/^FargateEnvironment at 'Shop\/Place' has (1 problem|\d+ problems):$/);
    return lines.map((line) => line.trim());
  }
  Template.fromStack(stack);
  return [];
}

const includes = (names: string[], pair: string[]): boolean => pair.every((name) => names.includes(name));
const APART = [...EXCLUSIVE, ...CLASHES.map(([one, other]) => [one, other])];
/** Few sidecars fit into it, so it goes with one thing at a time. */
const SMALL = 'a small task';

/** Sets in which nothing clashes, so that each pair that goes together stands in one of them: all at once take a tenth of the time. */
function sets(): string[][] {
  const names = NAMES.filter((name) => name !== SMALL);
  const open = names.flatMap((one, index) => names.slice(index + 1).map((other) => [one, other])).filter((pair) => !APART.some((apart) => includes(pair, apart)));
  const found: string[][] = [];
  for (let next = open[0]; next; next = open.find((pair) => !found.some((set) => includes(set, pair)))!) {
    const set = [...next];
    names.forEach((name) => {
      if (!set.includes(name) && !set.some((other) => APART.some((apart) => includes([name, other], apart)))) set.push(name);
    });
    found.push(set);
  }
  return found;
}

test.each(CLASHES)('%s and %s are one clear problem', (one, other, beginning) => {
  const found = problems([one, other]);
  expect(found).toEqual([expect.stringMatching(/^[\w.[\]]+: got .+; allowed .+; .+$/)]);
  expect(found[0]).toContain(beginning);
});

test.each([...sets(), ...NAMES.filter((name) => name !== SMALL).map((name) => [SMALL, name])])('every other pair goes together: %s, %s', (...set) => {
  expect(problems(set)).toEqual([]);
});

test('any combination goes together, or clear problems are told: at least those of its pairs, and that a small task is full', () => {
  fc.assert(fc.property(fc.subarray(NAMES, { minLength: 3 }).filter((names) => !EXCLUSIVE.some((pair) => includes(names, pair))), (names) => {
    const found = problems(names);
    found.forEach((line) => expect(line).toMatch(/^[\w.[\]]+: got .+; allowed .+; .+$/));
    const clashes = CLASHES.filter((clash) => includes(names, clash.slice(0, 2)));
    clashes.forEach(([, , beginning]) => expect(found.some((line) => line.startsWith(beginning.slice(0, 8)))).toBe(true));
    if (clashes.length === 0 && !names.includes(SMALL)) expect(found).toEqual([]);
  }), { numRuns: tries(10) });
});
