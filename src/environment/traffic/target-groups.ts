import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { TargetSettings } from '../load-balancer/target-options';

type TargetGroupSettings = TargetSettings & { readonly vpc: ec2.IVpc; readonly targetGroupName?: string };

/** One of the two groups between which a release moves traffic; both are alike. */
export function createTargetGroup(scope: Construct, id: string, settings: TargetGroupSettings): elbv2.ApplicationTargetGroup {
  return new elbv2.ApplicationTargetGroup(scope, id, { port: 80, targetType: elbv2.TargetType.IP, ...settings });
}
