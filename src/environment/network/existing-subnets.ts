import { Annotations, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { NeededServices } from './egress';
import { isOutsideEcr } from '../../common/image-name';
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

/** What may be missing in isolated subnets; endpoints and ways of others cannot be seen. */
export function warnIsolated(scope: Construct, vpc: ec2.IVpc, needs: NeededServices): void {
  const missing = missingEndpoints(vpc, needs);
  if (missing.length > 0) {
    Annotations.of(scope).addWarningV2('cdk-fargate-cicd:isolated-subnets',
      `network.taskSubnets: tasks in isolated subnets need VPC endpoints, and of these none is seen here: ${missing.join(', ')}; add them to the VPC, or acknowledge this if they exist`);
  }
  const outside = needs.images.filter((name) => isOutsideEcr(name, Stack.of(scope).region));
  if (outside.length > 0) {
    Annotations.of(scope).addWarningV2('cdk-fargate-cicd:isolated-images',
      `container.sidecars: tasks in isolated subnets pull ${outside.join(', ')}, and endpoints reach private repositories of ECR in their region only; copy the images there, or acknowledge this if another way leads to them`);
  }
}

/** Names of endpoints that are needed and that nobody has added to the VPC in this app. */
function missingEndpoints(vpc: ec2.IVpc, { byTasks, byFunctions }: NeededServices): string[] {
  const names = vpc.node.findAll().filter((construct): construct is ec2.CfnVPCEndpoint => construct instanceof ec2.CfnVPCEndpoint)
    .map((endpoint) => JSON.stringify(Stack.of(endpoint).resolve(endpoint.serviceName)));
  return [...byTasks, ...byFunctions, 's3'].filter((service) => !names.some((name) => name.includes(`.${service}"`)));
}
