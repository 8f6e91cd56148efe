import { CfnOutput } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { Encryption } from '../../common/encryption';
import { Foundation, FoundationProps, layFoundation } from '../../observe/foundation';
import { LONGEST_ECS_NAME } from '../../private/naming';
import { openRoles } from '../../private/scoped-role';
import { Cluster } from '../cluster';
import { inspectEnvironment, warnEnvironment } from '../inspect-environment';
import { BoundLoadBalancer, LoadBalancer } from '../load-balancer';
import { BoundNetwork, Network } from '../network';
import { defaultNetwork } from '../network/default-network';
import { neededServices } from '../network/needed-services';
import { ListenerRuleOptions } from '../traffic/listener-rule';

/** What several services share. Nothing is required. */
export interface FargatePlatformProps extends FoundationProps {
  /** The network. One with `Egress.vpcEndpoints` needs the endpoints of all its services: one that lacks something is refused. @default Network.create() */
  readonly network?: Network;
  /** The cluster. @default Cluster.create() */
  readonly cluster?: Cluster;
  /** The load balancer: internet-facing or internal. @default LoadBalancer.internetFacing(), with a warning about plain HTTP */
  readonly loadBalancer?: LoadBalancer;
  /** Base name of the cluster, 1 to 160 of A-Z a-z 0-9 _ -. @default - by `resourceNames` */
  readonly clusterName?: string;
  /** Base name of the load balancer, at most 32 of A-Z a-z 0-9 -, not beginning with `internal-`. @default - by `resourceNames` */
  readonly loadBalancerName?: string;
}

/**
 * What several services share: one VPC with its NAT gateway, one cluster, one load balancer, one key. One service more costs its tasks. Services of the same stack or of other
 * stacks of the app and the same region stand on it: the platform knows none of them, so that adding one changes nothing of it.
 */
export class FargatePlatform extends Construct {
  /** For `network` of a service. */
  readonly network: Network;
  /** For `cluster` of a service. */
  readonly cluster: Cluster;
  /** For `encryption` of a service: with the key of the platform, a service costs no key of its own. */
  readonly encryption: Encryption;
  /** The VPC. */
  readonly vpc: ec2.IVpc;
  /** The cluster itself. */
  readonly ecsCluster: ecs.ICluster;
  /** The load balancer. */
  readonly loadBalancer: elbv2.IApplicationLoadBalancer;
  /** Where requests come in; what no service takes is answered with 404. */
  readonly listener: elbv2.IApplicationListener;
  /** Where the load balancer answers. */
  readonly url: string;
  /** The key of everything at rest; undefined with `Encryption.awsManaged()`. */
  readonly encryptionKey?: kms.IKey;

  constructor(scope: Construct, id: string, props: FargatePlatformProps = {}) {
    super(scope, id);
    const look = inspectEnvironment(props);
    look.that(!props?.loadBalancer?._shared, 'loadBalancer', 'LoadBalancer.fromListener', 'a load balancer of the platform itself',
      'hand LoadBalancer.fromListener to the services, or take LoadBalancer.internetFacing()');
    look.throwFor(this);
    warnEnvironment(this, props);
    // Nothing of a platform has an alarm: services and pipelines have topics of their own.
    const foundation = layFoundation(this, { ...props, notifications: [] });
    const origin = props.network ?? defaultNetwork(props.cluster);
    const needs = neededServices(props, foundation.key);
    const network = origin._bind(this, { ...foundation, needs });
    this.vpc = network.vpc;
    this.ecsCluster = this.createCluster(props, foundation);
    const balancer = this.createLoadBalancer(props, network, foundation);
    ({ loadBalancer: this.loadBalancer, url: this.url, production: { listener: this.listener } } = balancer);
    this.network = Network._of(origin, network, needs);
    this.cluster = Cluster.fromCluster(this.ecsCluster);
    this.encryptionKey = foundation.key;
    this.encryption = foundation.key ? Encryption.fromKey(foundation.key) : Encryption.awsManaged();
    new CfnOutput(this, 'PlatformUrl', { value: this.url, description: 'Where the load balancer answers' });
    openRoles(this);
  }

  /** A rule on the listener, for `loadBalancer` of a service. Each service has its own. */
  route(options: ListenerRuleOptions): LoadBalancer {
    return LoadBalancer.fromListener(this.listener, options);
  }

  private createCluster({ cluster = Cluster.create(), clusterName }: FargatePlatformProps, { names }: Foundation): ecs.ICluster {
    return cluster._bind(this, { vpc: this.vpc, clusterName: names.name({ type: 'cluster', base: clusterName, prop: 'clusterName', maxLength: LONGEST_ECS_NAME }) });
  }

  private createLoadBalancer(props: FargatePlatformProps, network: BoundNetwork, foundation: Foundation): BoundLoadBalancer {
    return (props.loadBalancer ?? LoadBalancer.internetFacing())._bind(this, {
      ...foundation,
      vpc: network.vpc,
      subnets: network.loadBalancerSubnets,
      taskSubnets: network.taskSubnets,
      loadBalancerName: foundation.names.name({ type: 'alb', base: props.loadBalancerName, prop: 'loadBalancerName', maxLength: 32 }),
      // Services bring their own.
      targetGroupNames: [],
      movedBy: 'ECS',
      healthCheck: {},
    });
  }
}
