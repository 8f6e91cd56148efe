import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { BoundHook } from './deploy-hook';
import { ScopedRole } from '../../private/scoped-role';

/** What ECS needs to move traffic by itself. @internal */
export interface EcsTrafficParts {
  readonly targetGroups: elbv2.ApplicationTargetGroup[];
  readonly productionRule: elbv2.ApplicationListenerRule;
  readonly testRule?: elbv2.ApplicationListenerRule;
  readonly listeners: elbv2.IApplicationListener[];
}

/**
 * AmazonECSInfrastructureRolePolicyForLoadBalancers, narrowed to exactly our target groups, listeners and rules. A trust of the service `ecs.amazonaws.com` has
 * no documented source conditions.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AmazonECSInfrastructureRolePolicyForLoadBalancers.html
 * @internal
 */
export function createTrafficRole(scope: Construct, { targetGroups, productionRule, testRule, listeners }: EcsTrafficParts): ScopedRole {
  const role = new ScopedRole(scope, 'TrafficRole', {
    description: `Moves traffic of ${scope.node.path}`,
    assumedBy: new iam.ServicePrincipal('ecs.amazonaws.com'),
  });
  return role.allow(
    {
      actions: ['DescribeListeners', 'DescribeRules', 'DescribeTargetGroups', 'DescribeTargetHealth'].map((action) => `elasticloadbalancing:${action}`),
      resources: ['*'],
      wildcard: 'describing load balancers has no resource level',
    },
    {
      actions: ['elasticloadbalancing:RegisterTargets', 'elasticloadbalancing:DeregisterTargets'],
      resources: targetGroups.map(({ targetGroupArn }) => targetGroupArn),
    },
    { actions: ['elasticloadbalancing:ModifyListener'], resources: listeners.map(({ listenerArn }) => listenerArn) },
    { actions: ['elasticloadbalancing:ModifyRule'], resources: [productionRule, testRule].flatMap((rule) => rule?.listenerRuleArn ?? []) },
  );
}

/** Both target groups from birth, whatever the strategy: so that one can become another in place. @internal */
export function alternateTarget(role: iam.IRole, { targetGroups, productionRule, testRule }: EcsTrafficParts): ecs.IAlternateTarget {
  return new ecs.AlternateTarget('Traffic', {
    role,
    alternateTargetGroup: targetGroups[1],
    productionListener: ecs.ListenerRuleConfiguration.applicationListenerRule(productionRule),
    testListener: testRule && ecs.ListenerRuleConfiguration.applicationListenerRule(testRule),
  });
}

/** The hooks of ECS, written as properties: aws-cdk-lib knows their time-out from a later version on. @internal */
export function addHooks(scope: Construct, service: ecs.FargateService, hooks: BoundHook[]): void {
  if (hooks.length === 0) return;
  const role = new ScopedRole(scope, 'HookRole', {
    description: `Asks the deploy hooks of ${scope.node.path}`,
    assumedBy: new iam.ServicePrincipal('ecs.amazonaws.com'),
  });
  role.allow({ actions: ['lambda:InvokeFunction'], resources: hooks.map(({ functionArn }) => functionArn) });
  (service.node.defaultChild as ecs.CfnService).addPropertyOverride('DeploymentConfiguration.LifecycleHooks', hooks.map((hook) => ({
    HookTargetArn: hook.functionArn,
    RoleArn: role.roleArn,
    LifecycleStages: hook.stages,
    TimeoutConfiguration: { TimeoutInMinutes: hook.timeoutMinutes, Action: 'ROLLBACK' },
  })));
  service.node.addDependency(...role._rights, ...hooks.flatMap(({ ready }) => ready));
}
