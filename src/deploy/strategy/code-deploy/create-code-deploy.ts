import { Fn, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codedeploy from 'aws-cdk-lib/aws-codedeploy';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { CodeDeployGroupOptions, terminationWaitOf } from './code-deploy-options';
import { TrafficRouting } from './traffic-routing';
import { NameMaker } from '../../../common/resource-names';
import { guarded, ScopedRole } from '../../../private/scoped-role';
import { BoundHook } from '../deploy-hook';

/** @internal */
export interface CodeDeployParts {
  readonly names: NameMaker;
  /** Where the user wrote the options, with a full stop behind it. */
  readonly at: string;
  readonly service: ecs.IBaseService;
  /** Blue, which has the traffic at first, and green. */
  readonly targetGroups: elbv2.ITargetGroup[];
  readonly listener: elbv2.IListenerRef;
  readonly testListener?: elbv2.IListenerRef;
  /** Alarms that roll back. */
  readonly alarms: cloudwatch.IAlarm[];
  readonly hooks: Pick<BoundHook, 'functionArn'>[];
  readonly passableRoleArns: string[];
}

/** One application and one deployment group: what releases by CodeDeploy go through. @internal */
export function createCodeDeploy(scope: Construct, options: CodeDeployGroupOptions, parts: CodeDeployParts): codedeploy.EcsDeploymentGroup {
  const { at, names, service, targetGroups: [blueTargetGroup, greenTargetGroup], listener, testListener, alarms } = parts;
  const application = new codedeploy.EcsApplication(scope, 'CodeDeployApplication', {
    applicationName: names.name({ type: 'codedeploy', base: options.applicationName, prop: `${at}applicationName`, maxLength: 100 }),
  });
  const role = createServiceRole(scope, parts);
  const group = new codedeploy.EcsDeploymentGroup(scope, 'DeploymentGroup', {
    application,
    deploymentGroupName: names.name({
      type: 'deployment-group', base: options.deploymentGroupName, prop: `${at}deploymentGroupName`, maxLength: 100, within: application.applicationName,
    }),
    role,
    service,
    blueGreenDeploymentConfig: { blueTargetGroup, greenTargetGroup, listener, testListener, terminationWaitTime: terminationWaitOf(options) },
    deploymentConfig: (options.trafficRouting ?? TrafficRouting.allAtOnce())._bind(scope),
    alarms,
    autoRollback: { failedDeployment: true, stoppedDeployment: true, deploymentInAlarm: alarms.length > 0 },
  });
  group.node.addDependency(...role._rights);
  return group;
}

/**
 * AWSCodeDeployRoleForECS, narrowed to this service and load balancer; without topics and S3, which our releases do not use.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/codedeploy_IAM_role.html
 */
function createServiceRole(scope: Construct, { service, listener, testListener, alarms, hooks, passableRoleArns }: CodeDeployParts): ScopedRole {
  const { account, partition, region } = Stack.of(scope);
  const listeners = [listener, testListener].flatMap((one) => one?.listenerRef.listenerArn ?? []);
  const rules = listeners.map((arn) => `${Fn.join(':listener-rule/', Fn.split(':listener/', arn, 2))}/*`);
  const role = new ScopedRole(scope, 'CodeDeployRole', {
    description: `Moves traffic of ${scope.node.path}`,
    assumedBy: guarded(scope, 'codedeploy.amazonaws.com'),
  });
  return role.allow(
    { actions: ['ecs:DescribeServices', 'ecs:UpdateServicePrimaryTaskSet'], resources: [service.serviceArn] },
    {
      actions: ['ecs:CreateTaskSet', 'ecs:DeleteTaskSet'],
      resources: [`arn:${partition}:ecs:${region}:${account}:task-set/${service.cluster.clusterName}/${service.serviceName}/*`],
      wildcard: 'ECS names the task sets of the service',
    },
    {
      actions: ['elasticloadbalancing:DescribeTargetGroups', 'elasticloadbalancing:DescribeListeners', 'elasticloadbalancing:DescribeRules'],
      resources: ['*'],
      wildcard: 'describing load balancers has no resource level',
    },
    { actions: ['elasticloadbalancing:ModifyListener'], resources: listeners },
    { actions: ['elasticloadbalancing:ModifyRule'], resources: rules, wildcard: 'rules of these listeners' },
    { actions: ['iam:PassRole'], resources: passableRoleArns, conditions: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } } },
    ...(alarms.length > 0 ? [{ actions: ['cloudwatch:DescribeAlarms'], resources: alarms.map(({ alarmArn }) => alarmArn) }] : []),
    ...(hooks.length > 0 ? [{ actions: ['lambda:InvokeFunction'], resources: hooks.map(({ functionArn }) => functionArn) }] : []),
  );
}
