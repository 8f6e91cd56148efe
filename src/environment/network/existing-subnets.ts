import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { IConstruct } from 'constructs';
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
  const isolated = new Set(vpc.isolatedSubnets.map(({ subnetId }) => subnetId));
  return vpc.selectSubnets(selection).subnetIds.some((id) => isolated.has(id));
}

/** Which of these services have no endpoint below a construct: the VPC, or what a network of ours consists of. */
export function missingEndpoints(home: IConstruct, services: string[]): string[] {
  if (services.length === 0) return [];
  const names = home.node.findAll().filter((construct): construct is ec2.CfnVPCEndpoint => construct instanceof ec2.CfnVPCEndpoint)
    .map((endpoint) => JSON.stringify(Stack.of(endpoint).resolve(endpoint.serviceName)));
  return services.filter((service) => !names.some((name) => name.includes(`.${service}"`)));
}
