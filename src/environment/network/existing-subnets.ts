import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { NeededServices } from './egress';
import { Inspection } from '../../private/problems';

/** That a selection finds any subnet in the VPC; the CDK says no more than that it does not. */
export function inspectSelection(look: Inspection, prop: string, vpc: ec2.IVpc, selection: ec2.SubnetSelection): void {
  const cure = `name subnets that the VPC has: Network.fromVpc(vpc, { ${prop}: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } })`;
  try {
    look.that(vpc.selectSubnets(selection).subnets.length > 0, prop, 'a selection of no subnet', 'at least one subnet', cure);
  } catch (error) {
    look.report(prop, (error as Error).message, 'at least one subnet', cure);
  }
}

/** Whether one of the selected subnets has no way out by itself, as far as the VPC says. */
export function anyIsolated(vpc: ec2.IVpc, selection: ec2.SubnetSelection): boolean {
  // The VPC that stands in for one until `Vpc.fromLookup` has found it says of the same subnets that they are private and isolated.
  const ways = new Set(vpc.privateSubnets.map(({ subnetId }) => subnetId));
  const isolated = new Set(vpc.isolatedSubnets.map(({ subnetId }) => subnetId).filter((id) => !ways.has(id)));
  return vpc.selectSubnets(selection).subnetIds.some((id) => isolated.has(id));
}

/** Names of endpoints that are needed and that nobody has added to the VPC in this app. */
export function missingEndpoints(vpc: ec2.IVpc, { byTasks, byFunctions }: NeededServices): string[] {
  const names = vpc.node.findAll().filter((construct): construct is ec2.CfnVPCEndpoint => construct instanceof ec2.CfnVPCEndpoint)
    .map((endpoint) => JSON.stringify(Stack.of(endpoint).resolve(endpoint.serviceName)));
  return [...byTasks, ...byFunctions, 's3'].filter((service) => !names.some((name) => name.includes(`.${service}"`)));
}
