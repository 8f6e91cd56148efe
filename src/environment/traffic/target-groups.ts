import { Duration } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { HealthCheckOptions } from '../container';

interface TargetGroupSettings {
  readonly vpc: ec2.IVpc;
  readonly targetGroupName?: string;
  readonly healthCheck: HealthCheckOptions;
  readonly deregistrationDelay?: Duration;
}

/** One of the two groups between which a release moves traffic; both are alike. */
export function createTargetGroup(scope: Construct, id: string, { vpc, targetGroupName, healthCheck, deregistrationDelay }: TargetGroupSettings): elbv2.ApplicationTargetGroup {
  return new elbv2.ApplicationTargetGroup(scope, id, {
    vpc,
    targetGroupName,
    protocol: elbv2.ApplicationProtocol.HTTP,
    port: 80,
    targetType: elbv2.TargetType.IP,
    deregistrationDelay: deregistrationDelay ?? Duration.seconds(30),
    healthCheck: {
      path: healthCheck.path ?? '/',
      healthyHttpCodes: healthCheck.healthyHttpCodes ?? '200',
      interval: healthCheck.interval ?? Duration.seconds(10),
      timeout: healthCheck.timeout ?? Duration.seconds(5),
      healthyThresholdCount: healthCheck.healthyThresholdCount ?? 2,
      unhealthyThresholdCount: healthCheck.unhealthyThresholdCount ?? 3,
    },
  });
}
