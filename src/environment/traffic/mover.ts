import * as codedeploy from 'aws-cdk-lib/aws-codedeploy';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import { createCodeDeploy } from '../../deploy/strategy/code-deploy/create-code-deploy';
import { BoundHook } from '../../deploy/strategy/deploy-hook';
import { DeployStrategy } from '../../deploy/strategy/deploy-strategy';
import { addHooks } from '../../deploy/strategy/ecs-traffic';
import { Foundation } from '../../observe/foundation';
import { BoundServiceAlarm } from '../../observe/service-alarm';
import { BoundLoadBalancer } from '../load-balancer';
import { BoundNetwork } from '../network';

interface MoverSettings {
  readonly foundation: Foundation;
  readonly network: BoundNetwork;
  readonly balancer: BoundLoadBalancer;
  readonly service: ecs.FargateService;
  readonly alarms: BoundServiceAlarm[];
  readonly passableRoleArns: string[];
}

/** Who moves the traffic, and what it asks and looks at on the way. */
export interface Mover {
  readonly hooks: BoundHook[];
  /** With CodeDeploy only. */
  readonly group?: codedeploy.EcsDeploymentGroup;
}

/** Appoints ECS or CodeDeploy: hooks to ask, alarms that roll back. */
export function appointMover(scope: Construct, strategy: DeployStrategy, settings: MoverSettings): Mover {
  const { service, balancer: { targetGroups, production, test } } = settings;
  const hooks = bindHooks(scope, strategy, settings);
  const rollingBack = settings.alarms.filter(({ rollsBack }) => rollsBack);
  if (strategy._codeDeploy) {
    const group = createCodeDeploy(scope, strategy._codeDeploy, {
      ...settings, ...settings.foundation, at: 'deployStrategy.', hooks, targetGroups, listener: production.listener, testListener: test?.listener, alarms: rollingBack.map(({ alarm }) => alarm),
    });
    return { hooks, group };
  }
  addHooks(scope, service, hooks);
  if (rollingBack.length > 0) {
    // By names that are known before the alarms exist: they need the service in turn.
    service.enableDeploymentAlarms(rollingBack.map(({ alarmName }) => alarmName), { behavior: ecs.AlarmBehavior.ROLLBACK_ON_ALARM });
  }
  return { hooks };
}

function bindHooks(scope: Construct, { _hooks }: DeployStrategy, { foundation, network, balancer }: MoverSettings): BoundHook[] {
  const { loadBalancer, fullName, testUrl } = balancer;
  return _hooks.map((hook, index) => hook._bind(new Construct(scope, `DeployHook${index + 1}`), {
    ...foundation,
    vpc: network.vpc,
    subnets: network.functionSubnets,
    loadBalancer: { connections: loadBalancer.connections, fullName },
    // A hook that asks through the test listener is refused where there is none.
    testUrl: testUrl!,
    owner: scope,
  }));
}
