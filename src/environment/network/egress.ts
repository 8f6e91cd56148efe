import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { createEndpoints } from './vpc-endpoints';
import { Choice } from '../../private/problems';

/** Options of `Egress.vpcEndpoints`. */
export interface VpcEndpointsOptions {
  /**
   * Services that your application calls, beside those that the place itself needs: each is an interface endpoint in every zone.
   * @default - none
   */
  readonly interfaceEndpoints?: ec2.InterfaceVpcEndpointAwsService[];
  /** Services that your application reaches by routes, which cost nothing; S3 is always among them. @default - none */
  readonly gatewayEndpoints?: ec2.GatewayVpcEndpointAwsService[];
}

/** Services that something in the network calls, by the names of their endpoints. @internal */
export interface NeededServices {
  /** Called by ECS for a task, and by the application. */
  readonly byTasks: string[];
  /** Called by functions of ours that lie in the network, where nothing has a public address. */
  readonly byFunctions: string[];
  /** Names of the images of sidecars, as far as they are known. */
  readonly images: string[];
}

/** Whoever calls them. @internal */
export const allServices = ({ byTasks, byFunctions }: NeededServices): string[] => [...byTasks, ...byFunctions];

/** @internal */
export interface EgressParts {
  readonly vpc: ec2.IVpc;
  readonly needs: NeededServices;
}

/**
 * How tasks reach AWS and the internet: images, secrets and logs come and go this way. Prices are of us-east-1, for a month of 730 hours, read in November 2026; those of
 * data come on top.
 * @see https://aws.amazon.com/vpc/pricing
 * @see https://aws.amazon.com/privatelink/pricing
 */
export abstract class Egress extends Choice {
  /**
   * Tasks in private subnets reach the whole internet through NAT gateways. Each costs 36.50 USD a month: 32.85 for the gateway (0.045 an hour) and 3.65 for its
   * address (0.005 an hour); and 0.045 for each GB.
   * @param count 1 to the number of zones; with one for each zone the tasks of a zone do not depend on another zone. 1 when absent.
   */
  static natGateways(count: number = 1): Egress {
    return new NatGateways(count);
  }

  /**
   * Tasks in isolated subnets reach AWS through endpoints in the VPC, and nothing else. Made are those that the place needs: `ecr.api`, `ecr.dkr`, `logs` and S3, and by
   * what you choose `secretsmanager`, `ssm` (secrets), `monitoring` (metrics), `xray` (`Sidecar.adotCollector`), `ssmmessages`, `kms` (`ExecuteCommand`), `ec2`, `codedeploy` (hooks). An interface endpoint costs 7.30 USD a month and zone (0.01 an hour)
   * and 0.01 for each GB, S3 nothing: in two zones the first three cost 43.80 USD, and every further one 14.60. All admit principals of the own account only.
   * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html
   */
  static vpcEndpoints(options: VpcEndpointsOptions = {}): Egress {
    return new VpcEndpoints(options);
  }

  /**
   * Tasks in public subnets have public addresses of their own; security groups let in nobody but the load balancer. Each task costs 3.65 USD a month for its address
   * (0.005 an hour), data to the internet the usual price. The cheapest way for few tasks. A check by `DeployHook.httpCheck` adds an endpoint for `ec2` (7.30 USD a
   * month and zone), since functions get no public address.
   */
  static publicIp(): Egress {
    return new PublicIp();
  }

  /** @internal */
  readonly _natGateways?: number;
  /** @internal */
  readonly _assignPublicIp: boolean = false;
  /** Where tasks run. @internal */
  abstract readonly _taskSubnets: ec2.SubnetType;

  /** Of what is needed, what is reached through endpoints only. @internal */
  abstract _throughEndpoints(needs: NeededServices): string[];

  /** What must be there before the first task starts. @internal */
  abstract _bind(scope: Construct, parts: EgressParts): Construct[];
}

class NatGateways extends Egress {
  readonly _taskSubnets = ec2.SubnetType.PRIVATE_WITH_EGRESS;

  constructor(readonly _natGateways: number) {
    super();
    this._inspect((look) => look.literal('count', _natGateways, 'it decides what the template holds'));
  }

  _throughEndpoints(): string[] {
    return [];
  }

  _bind(): Construct[] {
    return [];
  }
}

class VpcEndpoints extends Egress {
  readonly _taskSubnets = ec2.SubnetType.PRIVATE_ISOLATED;

  constructor(private readonly options: VpcEndpointsOptions) {
    super();
    this._inspect((look) => {
      look.each('interfaceEndpoints', options.interfaceEndpoints, (path, service) =>
        look.kind(path, service ?? null, 'shortName', 'a service', 'take for example ec2.InterfaceVpcEndpointAwsService.STS'));
      look.each('gatewayEndpoints', options.gatewayEndpoints, (path, service) =>
        look.kind(path, service ?? null, 'name', 'a service', 'take for example ec2.GatewayVpcEndpointAwsService.DYNAMODB'));
    }, options);
  }

  _throughEndpoints(needs: NeededServices): string[] {
    return allServices(needs);
  }

  _bind(scope: Construct, { vpc, needs }: EgressParts): Construct[] {
    const { interfaceEndpoints = [], gatewayEndpoints = [] } = this.options;
    const needed = this._throughEndpoints(needs).map((name) => new ec2.InterfaceVpcEndpointAwsService(name));
    return createEndpoints(scope, vpc, [...needed, ...interfaceEndpoints], [ec2.GatewayVpcEndpointAwsService.S3, ...gatewayEndpoints]);
  }
}

class PublicIp extends Egress {
  readonly _taskSubnets = ec2.SubnetType.PUBLIC;
  readonly _assignPublicIp = true;

  _throughEndpoints({ byFunctions }: NeededServices): string[] {
    return byFunctions;
  }

  _bind(scope: Construct, { vpc, needs }: EgressParts): Construct[] {
    return createEndpoints(scope, vpc, this._throughEndpoints(needs).map((name) => new ec2.InterfaceVpcEndpointAwsService(name)), []);
  }
}
