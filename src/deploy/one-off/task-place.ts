import { RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { oneOffRights } from './one-off-rights';
import { OneOffSettings } from './run/settings';
import { CONTAINER, createTaskModel, LOG_STREAM_PREFIX } from './task-model';
import { NameMaker } from '../../common/resource-names';
import { inspectTaskRole } from '../../common/task-role';
import { inspectTaskSize } from '../../common/task-size';
import { Choice, placeOf } from '../../private/problems';
import { Right } from '../../private/scoped-role';
import { IReleaseTarget, mayReadDescriptions } from '../release-target';

/** Options of `TaskPlace.inCluster`. */
export interface ClusterTaskOptions {
  /** The cluster, in the account and region of the pipeline, for example `ecs.Cluster.fromClusterArn(...)`. */
  readonly cluster: ecs.ICluster;
  /** Subnets of the task, 1 to 16, for example `vpc.selectSubnets().subnetIds`; each must lead to ECR and CloudWatch Logs. */
  readonly subnetIds: string[];
  /** Security groups of the task, 1 to 5. */
  readonly securityGroups: ec2.ISecurityGroup[];
  /** Whether the task gets a public address, which subnets without NAT gateway or endpoints need. @default false */
  readonly assignPublicIp?: boolean;
  /** What the task may do. @default - a role that may do nothing */
  readonly taskRole?: iam.IRole;
  /**
   * CPU units of the task: 256 to 16384.
   * @default 512
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
   */
  readonly cpu?: number;
  /** Memory of the task in MiB; which sizes go with which CPU is fixed by Fargate. @default 1024, or the least that goes with `cpu` */
  readonly memoryLimitMiB?: number;
}

/** @internal */
export interface TaskPlaceParts {
  readonly names: NameMaker;
  readonly key?: kms.IKey;
  readonly removalPolicy: RemovalPolicy;
  /** Where built images are. */
  readonly repository: ecr.IRepository;
  readonly architecture: ecs.CpuArchitecture;
}

/** @internal */
export interface BoundTaskPlace {
  /** In messages. */
  readonly name: string;
  readonly home: OneOffSettings['home'];
  /** Whose release role the function takes on. */
  readonly targets: IReleaseTarget[];
  /** Its region, when the task certainly reaches AWS and nothing else. */
  readonly onlyAwsIn?: string;
  /** What the function that runs the task may do. */
  readonly rights: Right[];
}

/** Where a one-off task runs, and what it is modelled on. */
export abstract class TaskPlace extends Choice {
  /** Beside the service of a place: in its network, with its roles, variables and secrets, modelled on the task definition that the service uses. */
  static ofService(target: IReleaseTarget): TaskPlace {
    return new OfService(target);
  }

  /** In a cluster that exists already, in the account and region of the pipeline, with a task definition of its own. */
  static inCluster(options: ClusterTaskOptions): TaskPlace {
    return new InCluster(options);
  }

  /** @internal */
  abstract _bind(scope: Construct, parts: TaskPlaceParts): BoundTaskPlace;
}

class OfService extends TaskPlace {
  constructor(private readonly target: IReleaseTarget) {
    super();
    this._inspect((look) => look.kind('target', target ?? null, '_releaseTarget', 'a place', 'hand over a FargateEnvironment'));
  }

  _bind(_: Construct, { repository }: TaskPlaceParts): BoundTaskPlace {
    const { placeName, roleArn, parameterName, region, onlyAws, externalId } = this.target._releaseTarget();
    return {
      name: placeName,
      home: { roleArn, parameterName, region, externalId },
      targets: [this.target],
      onlyAwsIn: onlyAws ? region : undefined,
      rights: [
        { actions: ['sts:AssumeRole'], resources: [roleArn] },
        ...mayReadDescriptions([this.target]),
        { actions: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'], resources: [repository.repositoryArn] },
      ],
    };
  }
}

class InCluster extends TaskPlace {
  constructor(private readonly options: ClusterTaskOptions) {
    super();
    this._inspect((look) => {
      look.kind('cluster', options.cluster ?? null, 'clusterArn', 'a cluster', "write for example ecs.Cluster.fromClusterArn(this, 'Cluster', arn)");
      look.own('cluster', 'a cluster', placeOf(options.cluster?.clusterArn));
      look.that(isFew(options.subnetIds, 16), 'subnetIds', options.subnetIds, '1 to 16', 'say in which subnets the task runs');
      look.each('subnetIds', options.subnetIds, (path, id) => look.matches(path, id ?? '', /^subnet-[0-9a-f]{8,17}$/, 'the id of a subnet', "write for example 'subnet-0123456789abcdef0'"));
      look.that(isFew(options.securityGroups, 5), 'securityGroups', options.securityGroups, '1 to 5', 'say which security groups the task has');
      look.each('securityGroups', options.securityGroups, (path, group) => look.kind(path, group ?? null, 'securityGroupId', 'a security group', 'hand over an ec2.ISecurityGroup'));
      look.oneOf('assignPublicIp', options.assignPublicIp, [true, false], 'say whether the task gets a public address');
      inspectTaskRole(look, 'taskRole', options.taskRole);
      inspectTaskSize(look, (name) => name, options);
    }, options ?? null);
  }

  _bind(scope: Construct, parts: TaskPlaceParts): BoundTaskPlace {
    const { cluster, subnetIds, securityGroups, assignPublicIp = false } = this.options;
    const { clusterArn, clusterName } = cluster;
    const { definition, logGroup, family } = createTaskModel(scope, { ...parts, ...this.options });
    return {
      name: clusterName,
      home: {
        clusterArn,
        family,
        subnets: subnetIds,
        securityGroups: securityGroups.map(({ securityGroupId }) => securityGroupId),
        assignPublicIp,
        taskDefinitionArn: definition.taskDefinitionArn,
        containerName: CONTAINER,
        logGroupName: logGroup.logGroupName,
        logStreamPrefix: LOG_STREAM_PREFIX,
        repositoryUri: parts.repository.repositoryUri,
      },
      targets: [],
      rights: [
        ...oneOffRights(Stack.of(scope), { clusterArn, clusterName, family }),
        ...lookingRights(Stack.of(scope), clusterArn, clusterName),
        {
          actions: ['iam:PassRole'],
          resources: [definition.taskRole.roleArn, definition.executionRole!.roleArn],
          conditions: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
        },
        { actions: ['logs:GetLogEvents'], resources: [logGroup.logGroupArn] },
      ],
    };
  }
}

const isFew = (list: unknown, most: number): boolean => Token.isUnresolved(list) || (Array.isArray(list) && list.length > 0 && list.length <= most);

/** A release role has these for its own sake. ECS checks ListTasks against the container instances of the cluster, also on Fargate. */
function lookingRights({ account, partition, region }: Stack, clusterArn: string, clusterName: string): Right[] {
  const arn = (resource: string) => `arn:${partition}:ecs:${region}:${account}:${resource}/${clusterName}/*`;
  const conditions = { ArnEquals: { 'ecs:cluster': clusterArn } };
  return [
    { actions: ['ecs:DescribeTaskDefinition'], resources: ['*'], wildcard: 'ecs:DescribeTaskDefinition has no resource level' },
    { actions: ['ecs:ListTasks'], resources: [arn('container-instance')], conditions, wildcard: 'ECS names what is in the cluster' },
    { actions: ['ecs:DescribeTasks'], resources: [arn('task')], conditions, wildcard: 'ECS names the tasks' },
  ];
}
