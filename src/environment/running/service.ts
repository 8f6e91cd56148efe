import { Duration } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import { FargateEnvironmentProps } from '../fargate-environment-props';
import { BoundLoadBalancer } from '../load-balancer';
import { BoundNetwork } from '../network';
import { Capacity } from './capacity';
import { Scaling } from './scaling';
import { createLivingService, createRuleGuard } from '../../deploy/living-service/create-living-service';
import { DeployStrategy } from '../../deploy/strategy/deploy-strategy';
import { alternateTarget, createTrafficRole, EcsTrafficParts } from '../../deploy/strategy/ecs-traffic';
import { Foundation } from '../../observe/foundation';
import { acknowledge } from '../../private/acknowledge';
import { LONGEST_ECS_NAME, shortPath } from '../../private/naming';
import { Task } from '../task/task-definition';

const DEFAULT_GRACE_PERIOD = Duration.seconds(60);

interface ServiceSettings {
  readonly foundation: Foundation;
  readonly network: BoundNetwork;
  readonly cluster: ecs.ICluster;
  readonly balancer: BoundLoadBalancer;
  readonly task: Task;
  /** Whether people may run commands in the containers. */
  readonly commands: boolean;
}

export function createService(scope: Construct, props: FargateEnvironmentProps, settings: ServiceSettings): ecs.FargateService {
  const { foundation, network, cluster, balancer, task } = settings;
  const { containerName = 'app', port = 80, healthCheck: { gracePeriod = DEFAULT_GRACE_PERIOD } = {} } = props.container ?? {};
  const strategy = props.deployStrategy ?? DeployStrategy.rolling();
  const { service: settled, overrides } = strategy._bind();
  const scaling = props.scaling ?? Scaling.fixed(2);
  const securityGroup = new ec2.SecurityGroup(scope, 'SecurityGroup', {
    vpc: network.vpc, description: `Tasks of ${shortPath(scope)}: only the load balancer gets in`,
  });
  const service = new ecs.FargateService(scope, 'Service', {
    cluster,
    taskDefinition: task.definition,
    serviceName: foundation.names.name({ type: 'service', base: props.serviceName, prop: 'serviceName', maxLength: LONGEST_ECS_NAME, within: cluster.clusterArn }),
    // Under CodeDeploy both are set beside CloudFormation, which can change nothing of such a service.
    desiredCount: strategy._codeDeploy ? undefined : scaling._desiredCount,
    vpcSubnets: network.taskSubnets,
    securityGroups: [securityGroup],
    assignPublicIp: network.assignPublicIp,
    capacityProviderStrategies: (props.capacity ?? Capacity.fargate())._bind(scope, cluster, props.cluster?._vpc === undefined),
    cloudMapOptions: props.serviceDiscovery?._bind(scope, network),
    serviceConnectConfiguration: props.serviceConnect?._bind(task.logGroup, port),
    ...settled,
    healthCheckGracePeriod: strategy._codeDeploy ? DEFAULT_GRACE_PERIOD : gracePeriod,
    availabilityZoneRebalancing: settled.maxHealthyPercent! > 100 && !strategy._codeDeploy ? ecs.AvailabilityZoneRebalancing.ENABLED : undefined,
    propagateTags: ecs.PropagatedTagSource.SERVICE,
    enableECSManagedTags: true,
  });
  task.fileSystems.forEach((fileSystem) => {
    // From this side, so that the rule stands in our stack wherever the file system is.
    fileSystem.connections.securityGroups.forEach((group) => group.addIngressRule(securityGroup, ec2.Port.tcp(2049), `Tasks of ${scope.node.path}`, true));
    service.node.addDependency(fileSystem.mountTargetsAvailable);
  });
  if (settings.commands) (service.node.defaultChild as ecs.CfnService).enableExecuteCommand = true;
  const providers = scope.node.tryFindChild('CapacityProviders');
  if (providers) service.node.addDependency(providers);
  Object.entries(overrides).forEach(([path, value]) => (service.node.defaultChild as ecs.CfnService).addPropertyOverride(path, value));
  const role = strategy._codeDeploy ? undefined : createTrafficRole(scope, trafficOf(balancer));
  service.node.addDependency(...network.ready);
  if (network.assignPublicIp) acknowledge(service, { 'PUBLIC-TASK': 'chosen by the user: network = tasks with public addresses; only the load balancer gets in' });
  balancer.targetGroups[0].addTarget(service.loadBalancerTarget({
    containerName, containerPort: port, alternateTarget: role && alternateTarget(role, trafficOf(balancer)),
  }));
  // ECS refuses a role without its rights, and target groups without a load balancer; the rules stand in the service's own properties.
  if (role) service.node.addDependency(...role._rights);
  if (strategy._codeDeploy) {
    service.node.addDependency(...[balancer.production, balancer.test].flatMap((entrance) => entrance?.listener ?? []));
    createLivingService(scope, {
      ...foundation, service, gracePeriod, desiredCount: scaling._desiredCount, loadBalancer: balancer.loadBalancer, targetGroup: balancer.targetGroups[0], tls: balancer.tls,
      listener: balancer.production.listener,
    });
  }
  if (balancer.shared && strategy._name !== 'ROLLING') createRuleGuard(scope, { ...foundation, rule: balancer.production.rule!, listener: balancer.production.listener, targetGroup: balancer.targetGroups[0] });
  scaling._bind(service, balancer.targetGroups);
  // CDK lets a service wait for whatever leads to its target group, also where the service names it.
  acknowledge(service, { 'cfn-lint::W3005': 'explicit order made by CDK', 'CloudFormation-Validate::W3005': 'explicit order made by CDK' });
  return service;
}

const trafficOf = ({ targetGroups, production, test }: BoundLoadBalancer): EcsTrafficParts => ({
  targetGroups, productionRule: production.rule!, testRule: test?.rule, listeners: [production, test].flatMap((entrance) => entrance?.listener ?? []),
});
