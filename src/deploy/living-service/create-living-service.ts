import { Aws, CustomResource, Duration, RemovalPolicy, Tokenization } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { LivingServiceFunction } from './living-service-function';
import { createFunction } from '../../private/function';
import { shortPath } from '../../private/naming';

/** @internal */
export interface LivingServiceParts {
  readonly service: ecs.FargateService;
  readonly desiredCount?: number;
  readonly gracePeriod: Duration;
  readonly loadBalancer: elbv2.IApplicationLoadBalancer;
  /** Production's; to be wrong for a while does no harm to a test listener. */
  readonly listener: elbv2.IApplicationListener;
  /** The one that the listener names in the template. */
  readonly targetGroup: elbv2.ApplicationTargetGroup;
  readonly tls?: { readonly certificateArn: string; readonly sslPolicy: string };
  readonly key?: kms.IKey;
  readonly removalPolicy: RemovalPolicy;
}

/** What stands beside CloudFormation when CodeDeploy owns service and listener: settings that are applied one by one, and a guard before the listener. @internal */
export function createLivingService(scope: Construct, parts: LivingServiceParts): void {
  const { service, key, removalPolicy } = parts;
  const { function: handler, role } = createFunction(scope, 'LivingServiceFunction', LivingServiceFunction, {
    description: `Settings of the service of ${shortPath(scope)}, and a guard before its listener`,
    timeout: Duration.minutes(2),
    memorySize: 256,
    key,
    removalPolicy,
    owner: scope,
  });
  role.allow({ actions: ['elasticloadbalancing:DescribeListeners'], resources: ['*'], wildcard: 'describing load balancers has no resource level' });
  guardListener(scope, handler.functionArn, role, parts);
  // Apart from the other rights: the guard stands before the listener, and the service behind it.
  const rights = new iam.ManagedPolicy(scope, 'ServiceSettingsRights', {
    description: 'Rights of a function made by cdk-fargate-cicd', roles: [role],
    statements: [new iam.PolicyStatement({ actions: ['ecs:UpdateService'], resources: [service.serviceArn] })],
  });
  const settings = new CustomResource(scope, 'ServiceSettings', {
    serviceToken: handler.functionArn,
    resourceType: 'Custom::ServiceSettings',
    properties: {
      Cluster: service.cluster.clusterName,
      Service: service.serviceName,
      DesiredCount: parts.desiredCount === undefined ? Aws.NO_VALUE : Tokenization.stringifyNumber(parts.desiredCount),
      HealthCheckGracePeriodSeconds: Tokenization.stringifyNumber(parts.gracePeriod.toSeconds()),
    },
  });
  settings.node.addDependency(rights);
}

function guardListener(scope: Construct, serviceToken: string, role: Construct, { loadBalancer, listener, targetGroup, tls }: LivingServiceParts): void {
  const guard = new CustomResource(scope, 'TrafficGuard', {
    serviceToken,
    resourceType: 'Custom::TrafficGuard',
    properties: {
      LoadBalancerArn: loadBalancer.loadBalancerArn,
      TargetGroupArn: targetGroup.targetGroupArn,
      CertificateArn: tls?.certificateArn ?? Aws.NO_VALUE,
      SslPolicy: tls?.sslPolicy ?? Aws.NO_VALUE,
    },
  });
  guard.node.addDependency(role);
  listener.node.defaultChild!.node.addDependency(guard);
}
