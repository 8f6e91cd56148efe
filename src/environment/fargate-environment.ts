import { CfnOutput, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codedeploy from 'aws-cdk-lib/aws-codedeploy';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct, IConstruct } from 'constructs';
import { Cluster } from './cluster';
import { FargateEnvironmentProps } from './fargate-environment-props';
import { inspectEnvironment, warnEnvironment } from './inspect-environment';
import { BoundLoadBalancer, LoadBalancer } from './load-balancer';
import { BoundNetwork } from './network';
import { defaultNetwork } from './network/default-network';
import { neededServices } from './network/needed-services';
import { publishPlace } from './publish-place';
import { ClusterCommandOptions } from './running/execute-command';
import { createService } from './running/service';
import { firstHealthyCode } from './task/container';
import { createTaskDefinition, programsOf, Task } from './task/task-definition';
import { appointMover, Mover } from './traffic/mover';
import { FargateEnvironmentAttributes, PublishedEnvironmentAttributes } from '../deploy/existing/attributes';
import { ExistingEnvironment } from '../deploy/existing/existing-environment';
import { PublishedEnvironment } from '../deploy/existing/published-environment';
import { createFirstImage } from '../deploy/first-image/create-first-image';
import { createPlaceRepository } from '../deploy/place-repository';
import { IReleaseTarget, ReleaseTargetParts } from '../deploy/release-target';
import { DeployStrategy } from '../deploy/strategy/deploy-strategy';
import { Dashboard } from '../observe/dashboard';
import { Foundation, layFoundation } from '../observe/foundation';
import { BoundServiceAlarm, ServiceAlarm, ServiceDimensions } from '../observe/service-alarm';
import { explicitName, LONGEST_ECS_NAME } from '../private/naming';
import { openRoles } from '../private/scoped-role';

/**
 * A place where the service runs: network, cluster, load balancer, service, alarms and its repository of released images. It knows nothing
 * of any pipeline; pipelines find it by the names of its release role and of one SSM parameter.
 */
export class FargateEnvironment extends Construct implements IReleaseTarget, iam.IGrantable, ec2.IConnectable {
  /**
   * An ECS service on Fargate that this library has not made, in whatever account and region. Nothing is made there and nothing is looked up: what is missing is found by
   * the release, and said. Write it in a stack of the pipeline's account.
   */
  static fromAttributes(scope: Construct, id: string, attributes: FargateEnvironmentAttributes): IReleaseTarget {
    return new ExistingEnvironment(scope, id, attributes);
  }

  /**
   * An environment that another CDK app has made, in whatever account and region, by two outputs of its stack. A pipeline of this app releases there as it would to an
   * environment of its own.
   */
  static fromPublished(scope: Construct, id: string, attributes: PublishedEnvironmentAttributes): IReleaseTarget {
    return new PublishedEnvironment(scope, id, attributes);
  }

  /** The network of the tasks. */
  readonly vpc: ec2.IVpc;
  /** The cluster of the service. */
  readonly cluster: ecs.ICluster;
  /** The service. */
  readonly service: ecs.FargateService;
  /**
   * The load balancer before the tasks: an `ApplicationLoadBalancer` where this place made it. Of one behind an imported listener only ARN and security group are known.
   */
  readonly loadBalancer: elbv2.IApplicationLoadBalancer;
  /** Where the load balancer finds the tasks at first. */
  readonly targetGroup: elbv2.ApplicationTargetGroup;
  /** Where it finds the tasks of every other release, unless the strategy is rolling. */
  readonly alternateTargetGroup: elbv2.ApplicationTargetGroup;
  /** The listener that leads to new tasks first, if the strategy has one. */
  readonly testListener?: elbv2.ApplicationListener;
  /** What releases by CodeDeploy go through; undefined with ECS's own strategies. */
  readonly deploymentGroup?: codedeploy.EcsDeploymentGroup;
  /** Where the service answers. */
  readonly url: string;
  /** Released images; only releases write here. */
  readonly repository: ecr.Repository;
  /** Logs of the container. */
  readonly logGroup: logs.ILogGroup;
  /** What the application may do. */
  readonly taskRole: iam.IRole;
  /** What a release may do here. */
  readonly releaseRole: iam.IRole;
  /** The alarms of the service. */
  readonly alarms: cloudwatch.Alarm[];
  /** Topics that the alarms notify. */
  readonly topics: sns.ITopic[];
  /** The dashboard, if this construct made one. */
  readonly dashboard?: cloudwatch.Dashboard;
  /** The task role: `table.grantReadWriteData(environment)` is for the application. */
  readonly grantPrincipal: iam.IPrincipal;
  /** The security groups of the tasks. */
  readonly connections: ec2.Connections;

  private readonly target: ReleaseTargetParts;
  /** Where sessions of people go, if there may be any. */
  private readonly commands?: ClusterCommandOptions;
  private readonly balancer: BoundLoadBalancer;

  constructor(scope: Construct, id: string, props: FargateEnvironmentProps = {}) {
    super(scope, id);
    inspectEnvironment(props).throwFor(this);
    warnEnvironment(this, props);
    const foundation = layFoundation(this, props);
    const network = (props.network ?? defaultNetwork(props.cluster))._bind(this, { ...foundation, needs: neededServices(props, foundation.key) });
    [this.vpc, this.topics, this.commands] = [network.vpc, foundation.topics, props.executeCommand?._bind(this, foundation)];
    this.cluster = this.createCluster(props, foundation);
    this.repository = this.createRepository(props, foundation);
    const task = this.createTask(props, foundation);
    [this.taskRole, this.grantPrincipal, this.logGroup] = [task.taskRole, task.taskRole, task.logGroup];
    const balancer = this.balancer = this.createLoadBalancer(props, network, foundation);
    ({ loadBalancer: this.loadBalancer, targetGroups: [this.targetGroup, this.alternateTargetGroup], url: this.url } = balancer);
    this.service = createService(this, props, { foundation, network, balancer, task, cluster: this.cluster, commands: this.commands !== undefined });
    [this.testListener, this.connections] = [balancer.test?.listener, this.service.connections];
    const alarms = (props.alarms ?? ServiceAlarm._all()).map((choice) => choice._bind(this, this._dimensions(), foundation));
    this.alarms = alarms.map(({ alarm }) => alarm);
    const mover = this.appointMover(props, task, { foundation, network, balancer, alarms });
    this.deploymentGroup = mover.group;
    this.dashboard = (props.dashboard ?? Dashboard.standard())._bind(this, { names: foundation.names, services: [this._dimensions()] });
    ({ target: this.target, releaseRole: this.releaseRole } = publishPlace(this, props, { foundation, task, alarms, mover }));
    this.createOutputs();
    openRoles(this);
  }

  /** @internal */
  _releaseTarget(): ReleaseTargetParts {
    return this.target;
  }

  /** @internal */
  _dimensions(): ServiceDimensions {
    return {
      clusterName: this.cluster.clusterName,
      serviceName: this.service.serviceName,
      loadBalancer: this.balancer.fullName,
      sharedLoadBalancer: this.balancer.shared,
      targetGroups: [this.targetGroup, this.alternateTargetGroup].map(({ targetGroupFullName }) => targetGroupFullName),
    };
  }

  private createCluster({ cluster = Cluster.create(), clusterName }: FargateEnvironmentProps, { names }: Foundation): ecs.ICluster {
    return cluster._bind(this, { vpc: this.vpc, commands: this.commands, clusterName: names.name({ type: 'cluster', base: clusterName, prop: 'clusterName', maxLength: LONGEST_ECS_NAME }) });
  }

  private createRepository({ releasedRepositoryName, releasedImageCount = 20 }: FargateEnvironmentProps, foundation: Foundation): ecr.Repository {
    return createPlaceRepository(this, {
      ...foundation,
      maxImageCount: releasedImageCount,
      repositoryName: foundation.names.name({
        type: 'repository', detail: 'released', base: releasedRepositoryName, prop: 'releasedRepositoryName', maxLength: 256,
      }),
    });
  }

  /** The task definition waits for an image under its tag: without one the service of a new stack could never start. */
  private createTask({ container = {}, taskFamily, serviceConnect }: FargateEnvironmentProps, foundation: Foundation): Task {
    const family = foundation.names.name({ type: 'task', base: taskFamily, prop: 'taskFamily', maxLength: LONGEST_ECS_NAME }) ?? explicitName(this, 'task', LONGEST_ECS_NAME);
    const task = createTaskDefinition(this, {
      foundation, container, family, repository: this.repository, commands: this.commands, connected: serviceConnect !== undefined,
    });
    task.definition.node.addDependency(createFirstImage(this, {
      ...foundation,
      repository: this.repository,
      ports: [container.port ?? 80],
      status: firstHealthyCode(container),
      commands: programsOf(container),
      users: container.user === undefined ? [] : [container.user],
      chosen: container.firstImage?._image(),
      architecture: container.cpuArchitecture ?? ecs.CpuArchitecture.X86_64,
    }));
    return task;
  }

  private createLoadBalancer(props: FargateEnvironmentProps, network: BoundNetwork, { names, ...foundation }: Foundation): BoundLoadBalancer {
    return (props.loadBalancer ?? LoadBalancer.internetFacing())._bind(this, {
      vpc: network.vpc,
      subnets: network.loadBalancerSubnets,
      taskSubnets: network.taskSubnets,
      loadBalancerName: names.name({ type: 'alb', base: props.loadBalancerName, prop: 'loadBalancerName', maxLength: 32 }),
      targetGroupNames: [
        names.name({ type: 'tg', base: props.targetGroupName, prop: 'targetGroupName', maxLength: 32 }),
        names.name({ type: 'tg', detail: 'alternate', base: props.alternateTargetGroupName, prop: 'alternateTargetGroupName', maxLength: 32 }),
      ],
      movedBy: props.deployStrategy?._codeDeploy ? 'CODE_DEPLOY' : 'ECS',
      testListener: props.deployStrategy?._testListener,
      healthCheck: props.container?.healthCheck ?? {},
      stopTimeout: props.container?.stopTimeout,
      ...foundation,
    });
  }

  private appointMover({ deployStrategy = DeployStrategy.rolling() }: FargateEnvironmentProps, { roleArns }: Task,
    parts: { foundation: Foundation; network: BoundNetwork; balancer: BoundLoadBalancer; alarms: BoundServiceAlarm[] }): Mover {
    return appointMover(this, deployStrategy, { ...parts, service: this.service, passableRoleArns: roleArns });
  }

  private createOutputs(): void {
    const output = (id: string, value: string, description: string) => new CfnOutput(this, id, { value, description });
    // What belongs to another stack is its output.
    const isHere = (part: IConstruct) => Stack.of(part) === Stack.of(this);
    output('ServiceUrl', this.url, 'Where the service answers');
    if (!this.balancer.shared) output('AlbDnsName', this.loadBalancer.loadBalancerDnsName, 'Name of the load balancer');
    if (isHere(this.cluster)) output('EcsClusterArn', this.cluster.clusterArn, 'The cluster');
    output('EcsServiceArn', this.service.serviceArn, 'The service');
    if (isHere(this.vpc)) output('VpcId', this.vpc.vpcId, 'The network');
    output('ReleasedImagesUri', this.repository.repositoryUri, 'Repository of released images');
    output('ReleaseRoleArn', this.target.roleArn, 'For a pipeline of another CDK app');
    output('PlaceParameterName', this.target.parameterName, 'For a pipeline of another CDK app');
  }
}
