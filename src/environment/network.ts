import { Fn, RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct, IDependable } from 'constructs';
import { inspectRange, overlapping, subnetRanges } from './network/address-range';
import { allServices, Egress, NeededServices } from './network/egress';
import { inspectSelection } from './network/existing-subnets';
import { lackingBelow, watchIsolatedSubnets } from './network/isolated-subnets';
import { createVpc } from './network/vpc';
import { Choice, inspect, Inspection } from '../private/problems';

/** Options of `Network.create`. */
export interface CreateNetworkOptions {
  /**
   * Address range of the VPC: its network address and a mask of /16 to /28, for example `10.0.0.0/16`.
   * @default '10.0.0.0/16'
   * @see https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
   */
  readonly cidr?: string;
  /**
   * Names of the availability zones, 2 to 6. Nothing is looked up.
   * @default - the first two zones of the region
   */
  readonly availabilityZones?: string[];
  /** Address ranges of the public subnets, one for each zone, inside `cidr`. @default - the first ranges of `cidr`, 16 times smaller */
  readonly publicSubnetCidrs?: string[];
  /** Address ranges of the private subnets, one for each zone, inside `cidr`. @default - the next ranges of `cidr`, 16 times smaller */
  readonly privateSubnetCidrs?: string[];
  /** How tasks reach AWS and the internet. @default Egress.natGateways(1) */
  readonly egress?: Egress;
}

/** Options of `Network.fromVpc`. */
export interface ExistingNetworkOptions {
  /**
   * Subnets of the tasks; they need a way out to ECR and CloudWatch Logs. In public ones tasks get public addresses, their only way out. Isolated ones need VPC endpoints.
   * @default - private subnets with a way out
   */
  readonly taskSubnets?: ec2.SubnetSelection;
  /** Subnets of the load balancer, in at least two zones. @default - public subnets, or those of the tasks for an internal one */
  readonly loadBalancerSubnets?: ec2.SubnetSelection;
}

/** @internal */
export interface NetworkParts {
  readonly key?: kms.IKey;
  readonly removalPolicy: RemovalPolicy;
  readonly needs: NeededServices;
}

/** @internal */
export interface BoundNetwork {
  readonly vpc: ec2.IVpc;
  readonly taskSubnets: ec2.SubnetSelection;
  readonly assignPublicIp: boolean;
  /** Of functions, which get no public address. */
  readonly functionSubnets: ec2.SubnetSelection;
  readonly loadBalancerSubnets?: ec2.SubnetSelection;
  /** What the way out consists of: a task that starts earlier finds no image. */
  readonly ready: IDependable[];
  /** Whether this app makes the VPC, so that all that it has is seen. */
  readonly own: boolean;
}

/** Where the service runs. */
export abstract class Network extends Choice {
  /** A VPC with public subnets for the load balancer and private ones, a way out for the tasks, and flow logs. */
  static create(options: CreateNetworkOptions = {}): Network {
    return new Created(options);
  }

  /** An existing VPC, made in this app or imported. */
  static fromVpc(vpc: ec2.IVpc, options: ExistingNetworkOptions = {}): Network {
    return new Existing(vpc, options);
  }

  /** A network that stands already, for further services: how it came about, all that is known of it, and what it was made for. @internal */
  static _of(origin: Network, bound: BoundNetwork, needs: NeededServices): Network {
    return new Bound(origin, bound, needs);
  }

  /** @internal */
  abstract readonly _creates: boolean;
  /** Whether tasks certainly reach AWS and nothing else. @internal */
  readonly _onlyAws: boolean = false;
  /** Whether tasks run in public subnets of a VPC that exists, and so functions of ours would. @internal */
  readonly _tasksInPublic: boolean = false;
  /** Whether an internet-facing load balancer finds no subnet. @internal */
  readonly _lacksPublic: boolean = false;

  /** @internal */
  abstract _bind(scope: Construct, parts: NetworkParts): BoundNetwork;

  /** That a further service finds what it needs in what was made of this. @internal */
  abstract _admit(scope: Construct, bound: BoundNetwork, needs: NeededServices): void;
}

class Created extends Network {
  readonly _creates = true;
  readonly _onlyAws: boolean;

  constructor(private readonly options: CreateNetworkOptions) {
    super();
    this._onlyAws = options?.egress?._taskSubnets === ec2.SubnetType.PRIVATE_ISOLATED;
    this._inspect((look) => inspectOptions(look, options), options);
  }

  _bind(scope: Construct, parts: NetworkParts): BoundNetwork {
    const { cidr = '10.0.0.0/16', egress = Egress.natGateways() } = this.options;
    const zones = this.options.availabilityZones ?? [0, 1].map((index) => Fn.select(index, Fn.getAzs()));
    const ranges = subnetRanges(cidr, zones.length * 2);
    const { vpc, ready } = createVpc(scope, {
      ...parts, cidr, zones, egress,
      publicRanges: this.options.publicSubnetCidrs ?? ranges.slice(0, zones.length),
      privateRanges: this.options.privateSubnetCidrs ?? ranges.slice(zones.length),
    });
    return {
      vpc, taskSubnets: { subnetType: egress._taskSubnets }, assignPublicIp: egress._assignPublicIp, ready, own: true,
      functionSubnets: { subnets: [...vpc.privateSubnets, ...vpc.isolatedSubnets] },
    };
  }

  /** An endpoint that came with a service would change the network of all others, and go with that service. */
  _admit(scope: Construct, { vpc }: BoundNetwork, needs: NeededServices): void {
    const { egress = Egress.natGateways() } = this.options;
    const missing = lackingBelow(vpc.node.scope!, egress._throughEndpoints(needs));
    const services = missing.map((name) => `new ec2.InterfaceVpcEndpointAwsService('${name}')`);
    inspect((look) => look.that(missing.length === 0, 'network', `a platform without a VPC endpoint of ${missing.join(', ')}`, 'one with whatever its services need',
      `make the platform with ${this._onlyAws ? `Egress.vpcEndpoints({ interfaceEndpoints: [${services.join(', ')}] })` : 'Egress.natGateways(): functions get no public address'}`)).throwFor(scope);
  }
}

class Existing extends Network {
  readonly _creates = false;
  readonly _tasksInPublic: boolean;
  readonly _lacksPublic: boolean;

  constructor(private readonly existing: ec2.IVpc, private readonly options: ExistingNetworkOptions) {
    super();
    this._inspect((look) => {
      look.kind('', existing ?? null, 'vpcId', 'a VPC', 'hand over an ec2.IVpc');
      look.own('', 'a VPC', existing?.env);
      for (const [prop, selection] of Object.entries({ taskSubnets: this.taskSubnets, loadBalancerSubnets: options.loadBalancerSubnets })) {
        if (selection === undefined || !look.struct(prop, selection, 'a selection of subnets', 'write for example { subnetType: ec2.SubnetType.PUBLIC }')) continue;
        if (look.problems.length === 0) inspectSelection(look, prop, existing, selection);
      }
    }, options);
    const sound = this._problems.length === 0;
    this._tasksInPublic = sound && existing.selectSubnets(this.taskSubnets).hasPublic;
    this._lacksPublic = sound && options.loadBalancerSubnets === undefined && existing.publicSubnets.length === 0;
  }

  _bind(scope: Construct, { needs }: NetworkParts): BoundNetwork {
    const { existing: vpc, taskSubnets } = this;
    const own = vpc instanceof ec2.Vpc;
    watchIsolatedSubnets(scope, { vpc, taskSubnets, own }, [...allServices(needs), 's3'], needs.images);
    return { vpc, taskSubnets, assignPublicIp: this._tasksInPublic, functionSubnets: taskSubnets, loadBalancerSubnets: this.options.loadBalancerSubnets, ready: [], own };
  }

  _admit(scope: Construct, bound: BoundNetwork, needs: NeededServices): void {
    watchIsolatedSubnets(scope, bound, allServices(needs), needs.images);
  }

  private get taskSubnets(): ec2.SubnetSelection {
    const { taskSubnets = { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS } } = this.options;
    return taskSubnets;
  }
}

class Bound extends Network {
  readonly _creates = false;
  readonly _onlyAws: boolean;
  readonly _tasksInPublic: boolean;
  readonly _lacksPublic: boolean;

  constructor(private readonly origin: Network, private readonly bound: BoundNetwork, private readonly known: NeededServices) {
    super();
    ({ _onlyAws: this._onlyAws, _tasksInPublic: this._tasksInPublic, _lacksPublic: this._lacksPublic } = origin);
  }

  _bind(scope: Construct, { needs }: NetworkParts): BoundNetwork {
    this._admit(scope, this.bound, needs);
    return this.bound;
  }

  _admit(scope: Construct, bound: BoundNetwork, { byTasks, byFunctions, images }: NeededServices): void {
    const isNew = (service: string) => !allServices(this.known).includes(service);
    this.origin._admit(scope, bound, { byTasks: byTasks.filter(isNew), byFunctions: byFunctions.filter(isNew), images });
  }
}

function inspectOptions(look: Inspection, options: CreateNetworkOptions): void {
  const { cidr = '10.0.0.0/16', availabilityZones, egress, publicSubnetCidrs, privateSubnetCidrs } = options;
  const zones = Array.isArray(availabilityZones) ? availabilityZones.length : 2;
  // A /24 is the smallest range whose subnets, 16 times smaller, are still large enough.
  inspectRange(look, 'cidr', cidr, [16, publicSubnetCidrs && privateSubnetCidrs ? 28 : 24]);
  look.that(zones >= 2 && zones <= 6, 'availabilityZones', availabilityZones, '2 to 6 zones', 'a load balancer needs two: name at least two zones');
  look.each('availabilityZones', availabilityZones, (path, zone) => {
    look.matches(path, zone ?? '', /^[a-z0-9-]+$/, 'the name of a zone', "write for example 'eu-west-1a'");
    look.that(path === `availabilityZones[${availabilityZones!.indexOf(zone)}]`, path, zone, 'each zone once', 'name another zone');
  });
  look.choice('egress', egress, Egress);
  look.integer('egress.count', egress?._natGateways, 1, zones, 'take at least 1 and at most one for each zone, or another way out');
  for (const [prop, cidrs] of Object.entries({ publicSubnetCidrs, privateSubnetCidrs })) {
    look.each(prop, cidrs, (path, range) => inspectRange(look, path, range, [16, 28], cidr));
    if (Array.isArray(cidrs)) look.that(cidrs.length === zones, prop, `${cidrs.length} ranges`, `${zones}, one for each zone`, 'give one range for each zone');
  }
  look.that(!publicSubnetCidrs === !privateSubnetCidrs, publicSubnetCidrs ? 'privateSubnetCidrs' : 'publicSubnetCidrs', 'nothing',
    'ranges for public and private subnets, or for neither', 'give both lists');
  const clash = overlapping([publicSubnetCidrs, privateSubnetCidrs].filter(Array.isArray).flat());
  look.that(!clash, 'privateSubnetCidrs', clash?.join(' and '), 'ranges that do not overlap', 'move one of them');
}
