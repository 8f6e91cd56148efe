import { Annotations, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct, IConstruct } from 'constructs';
import { isOutsideEcr } from '../../common/image-name';

interface Subnets {
  readonly vpc: ec2.IVpc;
  readonly taskSubnets: ec2.SubnetSelection;
  /** Whether this app makes the VPC, so that all that it has is seen. */
  readonly own: boolean;
}

/**
 * Looks when the app is synthesized whether isolated subnets have the endpoints that a place needs: until then they may be added, wherever they stand. Subnets with routes of
 * somebody's own, which lead somewhere, for example to a transit gateway, are left alone.
 */
export function watchIsolatedSubnets(scope: Construct, { vpc, taskSubnets, own }: Subnets, services: string[], images: string[]): void {
  const isolated = services.length + images.length > 0 ? isolatedAmong(vpc, taskSubnets) : [];
  if (isolated.length === 0) return;
  scope.node.addValidation({
    validate: () => {
      const parts = scope.node.root.node.findAll();
      if (areRouted(parts, isolated)) return [];
      warnOfImages(scope, images);
      const missing = without(endpointsAmong(parts).filter(({ vpcId }) => vpcId === vpc.vpcId), services).join(', ');
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

/** Which of these services have no endpoint below a construct. */
export const lackingBelow = (home: IConstruct, services: string[]): string[] => services.length === 0 ? [] : without(endpointsAmong(home.node.findAll()), services);

/** Those that have no way out by themselves, as far as the VPC says. */
function isolatedAmong(vpc: ec2.IVpc, selection: ec2.SubnetSelection): ec2.ISubnet[] {
  // The VPC that stands in for one until `Vpc.fromLookup` has found it says of the same subnets that they are private and isolated.
  const ways = new Set(vpc.privateSubnets.map(({ subnetId }) => subnetId));
  const isolated = new Set(vpc.isolatedSubnets.map(({ subnetId }) => subnetId).filter((id) => !ways.has(id)));
  return vpc.selectSubnets(selection).subnets.filter(({ subnetId }) => isolated.has(subnetId));
}

function areRouted(parts: IConstruct[], isolated: ec2.ISubnet[]): boolean {
  const routed = new Set(parts.flatMap((part) => part instanceof ec2.CfnRoute ? part.routeTableId : []));
  return isolated.every(({ routeTable }) => routed.has(routeTable.routeTableId));
}

function warnOfImages(scope: Construct, images: string[]): void {
  const outside = images.filter((name) => isOutsideEcr(name, Stack.of(scope).region));
  if (outside.length === 0) return;
  Annotations.of(scope).addWarningV2('cdk-fargate-cicd:isolated-images',
    `container.sidecars: tasks in isolated subnets pull ${outside.join(', ')}, and endpoints reach private repositories of ECR in their region only; copy the images there, or acknowledge this if another way leads to them`);
}

const endpointsAmong = (parts: IConstruct[]): ec2.CfnVPCEndpoint[] => parts.filter((part) => part instanceof ec2.CfnVPCEndpoint);

function without(endpoints: ec2.CfnVPCEndpoint[], services: string[]): string[] {
  const names = endpoints.map((endpoint) => JSON.stringify(Stack.of(endpoint).resolve(endpoint.serviceName)));
  return services.filter((service) => !names.some((name) => name.includes(`.${service}"`)));
}
