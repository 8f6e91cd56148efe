import { Duration } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import { FargateEnvironmentProps } from './fargate-environment-props';
import { BoundLoadBalancer } from './load-balancer';
import { BoundNetwork } from './network';
import { Scaling } from './scaling';
import { DeployStrategy } from '../deploy/deploy-strategy';
import { Foundation } from '../observe/foundation';

interface ServiceSettings {
  readonly foundation: Foundation;
  readonly network: BoundNetwork;
  readonly cluster: ecs.ICluster;
  readonly balancer: BoundLoadBalancer;
  readonly taskDefinition: ecs.FargateTaskDefinition;
}

export function createService(scope: Construct, props: FargateEnvironmentProps, settings: ServiceSettings): ecs.FargateService {
  const { foundation, network, cluster, balancer, taskDefinition } = settings;
  const { containerName = 'app', port = 80, healthCheck } = props.container ?? {};
  const strategy = (props.deployStrategy ?? DeployStrategy.rolling())._bind();
  const scaling = props.scaling ?? Scaling.fixed(2);
  const securityGroup = new ec2.SecurityGroup(scope, 'SecurityGroup', {
    vpc: network.vpc, description: `Tasks of ${scope.node.path}: only the load balancer gets in`,
  });
  const service = new ecs.FargateService(scope, 'Service', {
    cluster,
    taskDefinition,
    serviceName: foundation.names.name({ type: 'service', base: props.serviceName, prop: 'serviceName', maxLength: 255, within: cluster.clusterArn }),
    desiredCount: scaling._desiredCount,
    vpcSubnets: network.taskSubnets,
    securityGroups: [securityGroup],
    assignPublicIp: false,
    ...strategy,
    healthCheckGracePeriod: healthCheck?.gracePeriod ?? Duration.seconds(60),
    availabilityZoneRebalancing: strategy.maxHealthyPercent > 100 ? ecs.AvailabilityZoneRebalancing.ENABLED : undefined,
    propagateTags: ecs.PropagatedTagSource.SERVICE,
    enableECSManagedTags: true,
  });
  balancer.targetGroup.addTarget(service.loadBalancerTarget({ containerName, containerPort: port }));
  service.node.addDependency(balancer.listener);
  scaling._bind(service, balancer.targetGroup);
  return service;
}
