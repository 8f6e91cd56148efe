import { Aws, CustomResource, Duration, RemovalPolicy, Tokenization } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { LivingServiceFunction } from './living-service-function';
import { createFunction, MadeFunction } from '../../private/function';
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
  const { service } = parts;
  const { function: handler, role } = createGuard(scope, `Settings of the service of ${shortPath(scope)}, and a guard before its listener`, 'DescribeListeners', parts);
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

/** What a rule on a shared listener has besides its weights. @internal */
export interface GuardedRuleParts {
  readonly rule: elbv2.ApplicationListenerRule;
  readonly listener: elbv2.IApplicationListener;
  /** The one that has all the traffic in the template. */
  readonly targetGroup: elbv2.ApplicationTargetGroup;
  readonly key?: kms.IKey;
  readonly removalPolicy: RemovalPolicy;
}

/** What stands before the rule of a service on a shared listener when ECS moves its weights: on such a rule users change conditions and priority. @internal */
export function createRuleGuard(scope: Construct, parts: GuardedRuleParts): void {
  const { function: handler, role } = createGuard(scope, `A guard before the listener rule of ${shortPath(scope)}`, 'DescribeRules', parts);
  const rule = parts.rule.node.defaultChild as elbv2.CfnListenerRule;
  const guard = new CustomResource(scope, 'TrafficGuard', {
    serviceToken: handler.functionArn,
    resourceType: 'Custom::TrafficGuard',
    properties: {
      ListenerArn: parts.listener.listenerArn,
      TargetGroupArn: parts.targetGroup.targetGroupArn,
      Priority: Tokenization.stringifyNumber(rule.priority!),
      Conditions: rule.conditions,
    },
  });
  guard.node.addDependency(role);
  rule.node.addDependency(guard);
}

/** A function that may look at load balancers. */
function createGuard(scope: Construct, description: string, look: string, { key, removalPolicy }: Pick<LivingServiceParts, 'key' | 'removalPolicy'>): MadeFunction {
  const made = createFunction(scope, 'LivingServiceFunction', LivingServiceFunction, { description, timeout: Duration.minutes(2), memorySize: 256, key, removalPolicy, owner: scope });
  made.role.allow({ actions: [`elasticloadbalancing:${look}`], resources: ['*'], wildcard: 'describing load balancers has no resource level' });
  return made;
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
