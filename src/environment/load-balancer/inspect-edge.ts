import { Annotations, Duration } from 'aws-cdk-lib';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { TargetProtocol } from './target-protocol';
import { DeployStrategy } from '../../deploy/strategy/deploy-strategy';
import { Inspection } from '../../private/problems';
import { FargateEnvironmentProps } from '../fargate-environment-props';
import { LoadBalancer } from '../load-balancer';
import { Network } from '../network';
import { defaultNetwork } from '../network/default-network';

/** What the load balancer, the network and what stands around them cannot do together. @internal */
export function inspectEdge(look: Inspection, props: FargateEnvironmentProps): void {
  const { loadBalancer = LoadBalancer.internetFacing(), container, deployStrategy = DeployStrategy.rolling(), network = defaultNetwork(props.cluster) } = props;
  if (props.network === undefined) look.include('cluster', network._problems);
  const checks = deployStrategy instanceof DeployStrategy && deployStrategy._hooks.some((hook) => hook?._needsTestListener);
  look.that(!(checks && network instanceof Network && network._tasksInPublic), 'network.taskSubnets', 'public subnets beside DeployHook.httpCheck',
    'subnets in which a function has a way out', 'select private subnets, or leave the hook out: functions get no public address');
  // What is wrong by itself is reported already.
  if (!(loadBalancer instanceof LoadBalancer) || loadBalancer._problems.length > 0) return;
  if (network instanceof Network) inspectSubnets(look, loadBalancer, network);
  const { stickiness, protocol } = loadBalancer._targets;
  look.that(!stickiness || !(deployStrategy instanceof DeployStrategy) || deployStrategy._name === 'ROLLING', 'loadBalancer.stickiness',
    'Stickiness beside a strategy that moves traffic', 'Stickiness with DeployStrategy.rolling', 'leave one of them out: clients would stay with tasks that are taken away');
  if (protocol instanceof TargetProtocol) inspectProtocol(look, protocol, container, checks);
}

function inspectSubnets(look: Inspection, { _ipv6, _internetFacing }: LoadBalancer, { _creates, _lacksPublic }: Network): void {
  look.that(!(_ipv6 && _creates), 'loadBalancer.ipAddressType', 'IPv6 in a network of Network.create', 'elbv2.IpAddressType.IPV4',
    'use Network.fromVpc with a VPC that has IPv6, or leave it out');
  look.that(!(_internetFacing && _lacksPublic), 'network.loadBalancerSubnets', 'a VPC without public subnets', 'subnets that lead to the internet',
    'name them, or use LoadBalancer.internal');
}

function inspectProtocol(look: Inspection, protocol: TargetProtocol, container: FargateEnvironmentProps['container'], checks: boolean): void {
  const { _version: version, _plain: plain } = protocol;
  look.that(plain || container?.firstImage !== undefined, 'container.firstImage', 'nothing', 'an image that speaks what loadBalancer.protocol says',
    'give FirstImage.fromRepository: our page speaks plain HTTP/1.1 only, and the first deploy would never become healthy');
  look.that(version !== elbv2.ApplicationProtocolVersion.GRPC || container?.healthCheck?.healthyHttpCodes === undefined, 'container.healthCheck.healthyHttpCodes',
    container?.healthCheck?.healthyHttpCodes, 'nothing beside TargetProtocol.grpc', 'write TargetProtocol.grpc({ healthyGrpcCodes }) instead');
  look.that(version === elbv2.ApplicationProtocolVersion.HTTP1 || !checks, 'deployStrategy.hooks', 'DeployHook.httpCheck beside HTTP/2 or gRPC', 'hooks of your own',
    'take DeployHook.ecs with a function that speaks it: the check asks by HTTP/1.1, which such a target group refuses');
}

/** @internal */
export function warnEdge(scope: Construct, { loadBalancer, container }: FargateEnvironmentProps): void {
  const [delay, stop] = [loadBalancer?._targets.deregistrationDelay, container?.stopTimeout];
  if (!isLess(delay, stop)) return;
  Annotations.of(scope).addWarningV2('cdk-fargate-cicd:short-deregistration-delay',
    `loadBalancer.deregistrationDelay: connections are cut after ${delay!.toHumanString()}, although the container may take ${stop!.toHumanString()} to stop; lengthen it, or leave it out`);
}

const isLess = (one?: Duration, other?: Duration): boolean =>
  one !== undefined && other !== undefined && !one.isUnresolved() && !other.isUnresolved() && one.toMilliseconds() < other.toMilliseconds();
