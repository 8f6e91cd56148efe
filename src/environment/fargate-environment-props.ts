import { Cluster } from './cluster';
import { LoadBalancer } from './load-balancer';
import { Network } from './network';
import { Capacity } from './running/capacity';
import { ExecuteCommand } from './running/execute-command';
import { Scaling } from './running/scaling';
import { ServiceConnect } from './running/service-connect';
import { ServiceDiscovery } from './running/service-discovery';
import { ContainerOptions } from './task/container';
import { ReleaseTrust } from '../deploy/release-trust';
import { DeployStrategy } from '../deploy/strategy/deploy-strategy';
import { Dashboard } from '../observe/dashboard';
import { NotifyingProps } from '../observe/foundation';
import { ServiceAlarm } from '../observe/service-alarm';

/** Where and how the service runs. Nothing is required. */
export interface FargateEnvironmentProps extends NotifyingProps {
  /** The network. @default Network.create(), or the VPC of an existing cluster */
  readonly network?: Network;
  /** The cluster. @default Cluster.create() */
  readonly cluster?: Cluster;
  /** What stands before the tasks. @default LoadBalancer.internetFacing(), with a warning about plain HTTP */
  readonly loadBalancer?: LoadBalancer;
  /** The container that is built and released. @default - see each option */
  readonly container?: ContainerOptions;
  /** How many tasks run. @default Scaling.fixed(2) */
  readonly scaling?: Scaling;
  /** What the tasks run on. @default Capacity.fargate() */
  readonly capacity?: Capacity;
  /** Name under which other services find the tasks. @default - none */
  readonly serviceDiscovery?: ServiceDiscovery;
  /** Part in ECS Service Connect. @default - none */
  readonly serviceConnect?: ServiceConnect;
  /** Whether people may run commands in the containers. @default ExecuteCommand.none() */
  readonly executeCommand?: ExecuteCommand;
  /** How a new image replaces the old one. @default DeployStrategy.rolling() */
  readonly deployStrategy?: DeployStrategy;
  /** Alarms of the service; an empty list: none. @default - cpu, memory, http5xx, latency and unhealthyHosts */
  readonly alarms?: ServiceAlarm[];
  /** The dashboard. @default Dashboard.standard() */
  readonly dashboard?: Dashboard;
  /**
   * Name of the place in actions, messages, the history and direct calls, 1 to 80 of A-Z a-z 0-9 . @ _ -. For places that one stack class makes in several stacks.
   * @default - the id of the construct
   */
  readonly placeName?: string;
  /** Who may release here. @default - pipelines of the place's own account */
  readonly releaseTrust?: ReleaseTrust;
  /** How many released images the place keeps, 2 to 1000: what you want to be able to go back to. @default 20 */
  readonly releasedImageCount?: number;
  /** Base name of the cluster, 1 to 160 of A-Z a-z 0-9 _ -. @default - by `resourceNames` */
  readonly clusterName?: string;
  /** Base name of the service, 1 to 160 of A-Z a-z 0-9 _ -. @default - by `resourceNames` */
  readonly serviceName?: string;
  /** Base name of the family of task definitions, 1 to 160 of A-Z a-z 0-9 _ -. @default - by `resourceNames`, else made from the construct's path */
  readonly taskFamily?: string;
  /** Base name of the repository of released images, 2 to 256 of a-z 0-9 . _ / -. @default - by `resourceNames` */
  readonly releasedRepositoryName?: string;
  /** Base name of the load balancer, at most 32 of A-Z a-z 0-9 -, not beginning with `internal-`. @default - by `resourceNames` */
  readonly loadBalancerName?: string;
  /** Base name of the target group, at most 32 of A-Z a-z 0-9 -. @default - by `resourceNames` */
  readonly targetGroupName?: string;
  /** Base name of the other target group, to which releases move traffic and back: at most 32 of A-Z a-z 0-9 -. @default - by `resourceNames` */
  readonly alternateTargetGroupName?: string;
}
