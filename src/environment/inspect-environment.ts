import { Annotations } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { Cluster } from './cluster';
import { FargateEnvironmentProps } from './fargate-environment-props';
import { LoadBalancer } from './load-balancer';
import { inspectEdge, warnEdge } from './load-balancer/inspect-edge';
import { Network } from './network';
import { Capacity } from './running/capacity';
import { ExecuteCommand } from './running/execute-command';
import { Scaling } from './running/scaling';
import { ServiceConnect } from './running/service-connect';
import { ServiceDiscovery } from './running/service-discovery';
import { inspectContainer } from './task/container';
import { isOutsideEcr } from '../common/image-name';
import { ReleaseTrust } from '../deploy/release-trust';
import { DeployStrategy } from '../deploy/strategy/deploy-strategy';
import { Dashboard } from '../observe/dashboard';
import { inspectFoundation } from '../observe/foundation';
import { ServiceAlarm } from '../observe/service-alarm';
import { LONGEST_ECS_NAME } from '../private/naming';
import { Inspection } from '../private/problems';

const ECS_NAME: [RegExp, string, string] = [new RegExp(`^[A-Za-z0-9_-]{1,${LONGEST_ECS_NAME}}$`), `1 to ${LONGEST_ECS_NAME} of A-Z a-z 0-9 _ -`, 'leave out spaces and other characters, or shorten it'];

/** Everything that is wrong with an environment, by itself and in combination. @internal */
export function inspectEnvironment(props: FargateEnvironmentProps, look: Inspection = new Inspection()): Inspection {
  if (!look.struct('props', props)) return look;
  inspectFoundation(look, props);
  look.choice('network', props.network, Network);
  look.choice('cluster', props.cluster, Cluster);
  look.choice('loadBalancer', props.loadBalancer, LoadBalancer);
  look.choice('scaling', props.scaling, Scaling);
  look.choice('capacity', props.capacity, Capacity);
  look.choice('serviceDiscovery', props.serviceDiscovery, ServiceDiscovery);
  look.choice('serviceConnect', props.serviceConnect, ServiceConnect);
  look.choice('executeCommand', props.executeCommand, ExecuteCommand);
  look.choice('deployStrategy', props.deployStrategy, DeployStrategy);
  look.choice('releaseTrust', props.releaseTrust, ReleaseTrust);
  look.choice('dashboard', props.dashboard, Dashboard);
  look.choices('alarms', props.alarms, ServiceAlarm);
  if (props.container !== undefined) inspectContainer(look, 'container', props.container);
  look.literal('releasedImageCount', props.releasedImageCount, 'it stands inside a text, the lifecycle policy');
  look.integer('releasedImageCount', props.releasedImageCount, 2, 1000, 'take at least 2: one runs, one is there to go back to');
  inspectNames(look, props);
  inspectPairs(look, props);
  inspectEdge(look, props);
  inspectReach(look, props);
  inspectPulls(look, props);
  return look;
}

function inspectNames(look: Inspection, props: FargateEnvironmentProps): void {
  look.matches('placeName', props.placeName, /^[A-Za-z0-9.@_-]{1,80}$/, '1 to 80 of A-Z a-z 0-9 . @ _ -', 'leave out spaces and other characters');
  look.matches('clusterName', props.clusterName, ...ECS_NAME);
  look.matches('serviceName', props.serviceName, ...ECS_NAME);
  look.matches('taskFamily', props.taskFamily, ...ECS_NAME);
  look.matches('releasedRepositoryName', props.releasedRepositoryName, /^[a-z0-9]+([._/-][a-z0-9]+)*$/, 'a-z 0-9, divided by . _ / or -', 'write it in lower case');
  look.matches('loadBalancerName', props.loadBalancerName, /^(?!internal-)[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?$/,
    "1 to 32 of A-Z a-z 0-9 -, not beginning with 'internal-'", 'shorten it');
  for (const prop of ['targetGroupName', 'alternateTargetGroupName'] as const) {
    look.matches(prop, props[prop], /^[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?$/, '1 to 32 of A-Z a-z 0-9 -', 'shorten it');
  }
  look.that(props.targetGroupName === undefined || props.targetGroupName !== props.alternateTargetGroupName, 'alternateTargetGroupName', props.alternateTargetGroupName,
    'another name than targetGroupName', 'change one of them');
}

/** Choices that are right by themselves and cannot work together. */
function inspectPairs(look: Inspection, { network, cluster, loadBalancer, scaling, deployStrategy, alarms }: FargateEnvironmentProps): void {
  if (loadBalancer instanceof LoadBalancer && loadBalancer._shared) inspectSharing(look, { deployStrategy, alarms });
  look.that(!(network instanceof Network && network._creates && cluster instanceof Cluster && cluster._vpc), 'network', 'Network.create beside Cluster.fromCluster',
    "the cluster's own VPC", 'leave network out or use Network.fromVpc');
  const sound = [scaling ?? Scaling.fixed(2), deployStrategy].every((choice) => choice?._problems?.length === 0);
  const deadlock = sound ? deployStrategy!._deadlock(scaling?._fewest ?? 2) : undefined;
  look.that(!deadlock, 'deployStrategy', deadlock, 'percentages that let a release make progress', 'raise maximumHealthyPercent or lower minimumHealthyPercent');
  const ids = (Array.isArray(alarms) ? alarms : []).map((alarm) => alarm?._id);
  const twice = ids.find((id, index) => id !== undefined && ids.indexOf(id) !== index);
  look.that(!twice, 'alarms', `${twice} twice`, 'each alarm once', 'leave one out');
}

/** Ways past the load balancer, and into the container. */
function inspectReach(look: Inspection, { cluster, container, deployStrategy, executeCommand, serviceConnect, serviceDiscovery }: FargateEnvironmentProps): void {
  look.that(serviceDiscovery === undefined || !deployStrategy || deployStrategy._name === 'ROLLING', 'serviceDiscovery', `${deployStrategy?._name} beside it`, 'DeployStrategy.rolling',
    'callers would reach tasks that are not proven yet: use serviceConnect, or the rolling strategy');
  look.that(serviceConnect === undefined || !deployStrategy?._codeDeploy, 'serviceConnect', 'CodeDeploy beside it', 'strategies of ECS itself',
    'use DeployStrategy.rolling, blueGreen, linear or canary');
  const needed = executeCommand?._cluster;
  look.that(!needed || (needed === 'existing') === (cluster?._vpc !== undefined), 'executeCommand', `a choice for ${needed === 'new' ? 'a new' : 'an existing'} cluster`,
    needed === 'new' ? 'ExecuteCommand.ofCluster beside Cluster.fromCluster' : 'ExecuteCommand.audited beside Cluster.create', 'the cluster says where sessions are written: use the other one');
  look.that(!needed || !container?.readonlyRootFilesystem, 'executeCommand', 'beside container.readonlyRootFilesystem', 'a file system that can be written',
    'leave out one of both: the agent of sessions writes files');
}

/** What needs a load balancer or a listener of its own. */
function inspectSharing(look: Inspection, { deployStrategy, alarms }: Pick<FargateEnvironmentProps, 'deployStrategy' | 'alarms'>): void {
  const cure = 'give this place a load balancer of its own, or';
  look.that(!deployStrategy?._codeDeploy, 'deployStrategy', 'DeployStrategy.codeDeploy on a shared listener',
    'the other strategies, since CodeDeploy moves the default action of a whole listener, which is not for this service alone', `${cure} take DeployStrategy.blueGreen`);
  look.that(!deployStrategy?._testListener, 'deployStrategy.testListener', 'a test listener on a shared load balancer',
    'none, since ports and security group of the load balancer belong to all who share it', `${cure} leave it out`);
  look.each('alarms', alarms, (path, alarm) => look.that(!alarm?._blamesLoadBalancer, path, 'Http5xxOrigin.LOAD_BALANCER on a shared load balancer',
    'alarms that do not roll this service back for what others do', 'write rollsBack: false, or take Http5xxOrigin.CONTAINERS'));
}

/** Registries of others, and the public one of ECR, have no endpoint in a VPC. */
function inspectPulls(look: Inspection, { container, network }: FargateEnvironmentProps): void {
  if (!network?._onlyAws || !Array.isArray(container?.sidecars)) return;
  look.inPlace((later, { region }) => container!.sidecars!.forEach((sidecar, index) => later.that(!isOutsideEcr(sidecar?._imageName, region), `container.sidecars[${index}].image`,
    `${sidecar?._imageName}, beside Egress.vpcEndpoints`, 'images of a private repository in ECR, in the region of the stack',
    'copy the image there and write image: ecs.ContainerImage.fromEcrRepository(...)')));
}

/** What is suspicious and allowed. @internal */
export function warnEnvironment(scope: Construct, props: FargateEnvironmentProps): void {
  warnEdge(scope, props);
  const { capacity, loadBalancer, scaling = Scaling.fixed(2) } = props;
  if (capacity?._onDemandBase === 0 && scaling._fewest <= 1) {
    Annotations.of(scope).addWarningV2('cdk-fargate-cicd:single-spot-task',
      'capacity: a single task on Fargate Spot is gone whenever AWS takes it back; give Capacity.fargateSpot({ onDemandBase: 1 }), or more tasks');
  }
  if (loadBalancer === undefined) {
    Annotations.of(scope).addWarningV2('cdk-fargate-cicd:plain-http',
      'loadBalancer: passwords cross the internet in clear text; give LoadBalancer.internetFacing({ certificate }), or write LoadBalancer.internetFacing() if that is what you want');
  }
}
