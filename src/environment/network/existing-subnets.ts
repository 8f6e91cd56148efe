import * as ec2 from 'aws-cdk-lib/aws-ec2';
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
