import { Annotations, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct, IConstruct } from 'constructs';

interface Subnets {
  readonly vpc: ec2.IVpc;
  readonly taskSubnets: ec2.SubnetSelection;
  /** Whether this app makes the VPC, so that all that it has is seen. */
  readonly own: boolean;
}

/** Looks when the app is synthesized whether isolated subnets have the endpoints that a place needs: until then they may be added, wherever they stand. */
export function watchIsolatedSubnets(scope: Construct, { vpc, taskSubnets, own }: Subnets, services: string[]): void {
  const isolated = services.length > 0 ? isolatedAmong(vpc, taskSubnets) : [];
  if (isolated.length === 0) return;
  scope.node.addValidation({
    validate: () => {
      const missing = missingIn(scope.node.root, vpc, isolated, services).join(', ');
      if (!missing) return [];
      if (own) {
        return [`network.taskSubnets: got isolated subnets without VPC endpoints for ${missing}; allowed isolated subnets with all endpoints that the place needs; add them to the VPC `
          + '(where the library made it, by Egress.vpcEndpoints({ interfaceEndpoints })), or select subnets with a way out'];
      }
      Annotations.of(scope).addWarningV2('cdk-fargate-cicd:isolated-subnets',
        `network.taskSubnets: tasks in isolated subnets need VPC endpoints, and of these none is seen here: ${missing}; add them to the VPC, or acknowledge this if they exist`);
      return [];
    },
  });
}

/** Those that have no way out by themselves, as far as the VPC says. */
function isolatedAmong(vpc: ec2.IVpc, selection: ec2.SubnetSelection): ec2.ISubnet[] {
  // The VPC that stands in for one until `Vpc.fromLookup` has found it says of the same subnets that they are private and isolated.
  const ways = new Set(vpc.privateSubnets.map(({ subnetId }) => subnetId));
  const isolated = new Set(vpc.isolatedSubnets.map(({ subnetId }) => subnetId).filter((id) => !ways.has(id)));
  return vpc.selectSubnets(selection).subnets.filter(({ subnetId }) => isolated.has(subnetId));
}

/** Names of endpoints that are needed and that the app does not show; none where routes of somebody's own lead somewhere, for example to a transit gateway. */
function missingIn(root: IConstruct, vpc: ec2.IVpc, isolated: ec2.ISubnet[], services: string[]): string[] {
  const parts = root.node.findAll();
  const routed = new Set(parts.flatMap((part) => part instanceof ec2.CfnRoute ? part.routeTableId : []));
  if (isolated.every(({ routeTable }) => routed.has(routeTable.routeTableId))) return [];
  return without(parts.filter((part): part is ec2.CfnVPCEndpoint => part instanceof ec2.CfnVPCEndpoint && part.vpcId === vpc.vpcId), services);
}

/** Which of these services have no endpoint below a construct. */
export function lackingBelow(home: IConstruct, services: string[]): string[] {
  return services.length === 0 ? [] : without(home.node.findAll().filter((part): part is ec2.CfnVPCEndpoint => part instanceof ec2.CfnVPCEndpoint), services);
}

function without(endpoints: ec2.CfnVPCEndpoint[], services: string[]): string[] {
  const names = endpoints.map((endpoint) => JSON.stringify(Stack.of(endpoint).resolve(endpoint.serviceName)));
  return services.filter((service) => !names.some((name) => name.includes(`.${service}"`)));
}
