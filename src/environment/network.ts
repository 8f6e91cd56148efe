import { Fn, RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { inspectRange, overlapping, subnetRanges } from './address-range';
import { createVpc } from './vpc';
import { Choice, Inspection } from '../private/problems';

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
  /**
   * How many NAT gateways give the tasks a way out, 1 to the number of zones. One costs about 33 USD a month and its traffic; with one for each
   * zone the tasks of a zone do not depend on another zone.
   * @default 1
   */
  readonly natGateways?: number;
}

/** Options of `Network.fromVpc`. */
export interface ExistingNetworkOptions {
  /** Subnets of the tasks; they need a way out to ECR and CloudWatch Logs. @default - private subnets with a way out */
  readonly taskSubnets?: ec2.SubnetSelection;
  /** Subnets of the load balancer, in at least two zones. @default - public subnets, or those of the tasks for an internal one */
  readonly loadBalancerSubnets?: ec2.SubnetSelection;
}

/** @internal */
export interface NetworkParts {
  readonly key?: kms.IKey;
  readonly removalPolicy: RemovalPolicy;
}

/** @internal */
export interface BoundNetwork {
  readonly vpc: ec2.IVpc;
  readonly taskSubnets: ec2.SubnetSelection;
  readonly loadBalancerSubnets?: ec2.SubnetSelection;
}

/** Where the service runs. */
export abstract class Network extends Choice {
  /** A VPC with public subnets for the load balancer and private ones for the tasks, NAT and flow logs. */
  static create(options: CreateNetworkOptions = {}): Network {
    return new Created(options);
  }

  /** An existing VPC, made in this app or imported. */
  static fromVpc(vpc: ec2.IVpc, options: ExistingNetworkOptions = {}): Network {
    return new Existing(vpc, options);
  }

  /** A network that stands already, with all that is known of it. @internal */
  static _of(bound: BoundNetwork): Network {
    return new Bound(bound);
  }

  /** @internal */
  abstract readonly _creates: boolean;

  /** @internal */
  abstract _bind(scope: Construct, parts: NetworkParts): BoundNetwork;
}

class Created extends Network {
  readonly _creates = true;

  constructor(private readonly options: CreateNetworkOptions) {
    super();
    this._inspect((look) => inspectOptions(look, options), options);
  }

  _bind(scope: Construct, parts: NetworkParts): BoundNetwork {
    const { cidr = '10.0.0.0/16', natGateways = 1 } = this.options;
    const zones = this.options.availabilityZones ?? [0, 1].map((index) => Fn.select(index, Fn.getAzs()));
    const ranges = subnetRanges(cidr, zones.length * 2);
    const vpc = createVpc(scope, {
      ...parts, cidr, zones, natGateways,
      publicRanges: this.options.publicSubnetCidrs ?? ranges.slice(0, zones.length),
      privateRanges: this.options.privateSubnetCidrs ?? ranges.slice(zones.length),
    });
    return { vpc, taskSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS }, loadBalancerSubnets: undefined };
  }
}

class Existing extends Network {
  readonly _creates = false;

  constructor(private readonly existing: ec2.IVpc, private readonly options: ExistingNetworkOptions) {
    super();
    this._inspect((look) => {
      look.kind('', existing ?? null, 'vpcId', 'a VPC', 'hand over an ec2.IVpc');
      look.own('', 'a VPC', existing?.env);
      for (const prop of ['taskSubnets', 'loadBalancerSubnets'] as const) {
        if (options[prop] !== undefined) look.struct(prop, options[prop], 'a selection of subnets', 'write for example { subnetType: ec2.SubnetType.PUBLIC }');
      }
    }, options);
  }

  _bind(): BoundNetwork {
    const { taskSubnets = { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS }, loadBalancerSubnets } = this.options;
    return { vpc: this.existing, taskSubnets, loadBalancerSubnets };
  }
}

class Bound extends Network {
  readonly _creates = false;

  constructor(private readonly bound: BoundNetwork) {
    super();
  }

  _bind(): BoundNetwork {
    return this.bound;
  }
}

/** @internal */
export const defaultNetwork = (vpc?: ec2.IVpc): Network => vpc ? Network.fromVpc(vpc) : Network.create();

function inspectOptions(look: Inspection, options: CreateNetworkOptions): void {
  const { cidr = '10.0.0.0/16', availabilityZones, natGateways, publicSubnetCidrs, privateSubnetCidrs } = options;
  const zones = Array.isArray(availabilityZones) ? availabilityZones.length : 2;
  // A /24 is the smallest range whose subnets, 16 times smaller, are still large enough.
  inspectRange(look, 'cidr', cidr, [16, publicSubnetCidrs && privateSubnetCidrs ? 28 : 24]);
  look.that(zones >= 2 && zones <= 6, 'availabilityZones', availabilityZones, '2 to 6 zones', 'a load balancer needs two: name at least two zones');
  look.each('availabilityZones', availabilityZones, (path, zone) => {
    look.matches(path, zone ?? '', /^[a-z0-9-]+$/, 'the name of a zone', "write for example 'eu-west-1a'");
    look.that(path === `availabilityZones[${availabilityZones!.indexOf(zone)}]`, path, zone, 'each zone once', 'name another zone');
  });
  look.literal('natGateways', natGateways, 'it decides what the template holds');
  look.integer('natGateways', natGateways, 1, zones, 'the tasks need a way out: take at least 1 and at most one for each zone');
  for (const [prop, cidrs] of Object.entries({ publicSubnetCidrs, privateSubnetCidrs })) {
    look.each(prop, cidrs, (path, range) => inspectRange(look, path, range, [16, 28], cidr));
    if (Array.isArray(cidrs)) look.that(cidrs.length === zones, prop, `${cidrs.length} ranges`, `${zones}, one for each zone`, 'give one range for each zone');
  }
  look.that(!publicSubnetCidrs === !privateSubnetCidrs, publicSubnetCidrs ? 'privateSubnetCidrs' : 'publicSubnetCidrs', 'nothing',
    'ranges for public and private subnets, or for neither', 'give both lists');
  const clash = overlapping([publicSubnetCidrs, privateSubnetCidrs].filter(Array.isArray).flat());
  look.that(!clash, 'privateSubnetCidrs', clash?.join(' and '), 'ranges that do not overlap', 'move one of them');
}
